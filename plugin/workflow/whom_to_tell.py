"""Whom an alert is for: the people on duty for the patient's department, at the alert's level.

The catalogue says which roles an entry wants (``tell``), the roster who holds them now.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from plugin.domain.critical import NOBODY_LEFT, Alert, CriticalFinding, Tier
from plugin.domain.duty import Contact, Duty, Level
from plugin.domain.order import ImagingOrder
from plugin.domain.report import Report
from plugin.workflow.ports.surroundings import Clock
from plugin.workflow.ports.unit_of_work import UnitOfWork

ORDERER = "申请医师"
"""The role in ``tell`` that the order fills, and no roster."""


class Roster(Protocol):
    """What is asked of :class:`plugin.rules.roster.Roster`."""

    def knows(self, department: str) -> bool: ...
    def on_duty(self, department: str, at: datetime, level: Level) -> Duty: ...
    def staffed(self, department: str, at: datetime, level: int) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What the catalogue, or its tier, says of telling an entry.

    Parameters
    ----------
    minutes
        From detection to read-back; ``None``: the tier's.
    tell
        Roles, the one who is called first first.
    """

    minutes: int | None = None
    tell: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WhomToTell:
    """Answers for one alert.

    Parameters
    ----------
    roster
        The roster as it stands now.
    entries, tiers
        Code, and tier of a code that the catalogue does not hold, to how it is told.
    last_level
        Levels above it do not exist.
    """

    roster: Callable[[], Roster]
    clock: Clock
    entries: Mapping[str, Telling] = field(default_factory=dict)
    tiers: Mapping[Tier, Telling] = field(default_factory=dict)
    last_level: int = int(Level.FINAL)

    def telling(self, finding: CriticalFinding) -> Telling:
        """How this finding is told."""
        return self.entries.get(finding.code) or self.tiers.get(finding.tier) or Telling()

    def now(self, uow: UnitOfWork, alert: Alert) -> Duty:
        """Who is to be told of `alert` at this moment, the order's physician among them."""
        report, order = facts(uow, alert)
        department, now = self._department(order, report), self.clock()
        level = self._level(alert, department, now)
        duty = self.roster().on_duty(department, now, level)
        contacts = list(duty.contacts)
        tell = self.telling(alert.finding).tell
        if ORDERER in tell and order and order.ordering_provider and level is Level.PRIMARY:
            contacts.append(Contact(level=level, role=ORDERER, person=order.ordering_provider))
        wanted = {role: place for place, role in enumerate(tell)}
        contacts.sort(key=lambda each: wanted.get(each.role, len(wanted)))
        # A physician who may be off duty is told as well, but is nobody to rely upon.
        return replace(duty, contacts=tuple(contacts)) if duty.contacts else duty

    def _level(self, alert: Alert, department: str, now: datetime) -> Level:
        """The alert's level; of one that nobody was left for, the first that has somebody by now."""
        if alert.escalation_level <= Level.FINAL:
            return Level(alert.escalation_level)
        staffed = (level for level in Level if self.roster().staffed(department, now, level))
        return next(staffed, Level.FINAL)

    def next_level(self, uow: UnitOfWork, alert: Alert) -> int:
        """The next level with somebody on duty; :data:`NOBODY_LEFT` when there is none."""
        report, order = facts(uow, alert)
        department, at = self._department(order, report), self.clock()
        for level in range(alert.escalation_level + 1, self.last_level + 1):
            if self.roster().staffed(department, at, level):
                return level
        return NOBODY_LEFT

    def _department(self, order: ImagingOrder | None, report: Report | None) -> str:
        """The first name of the patient's whereabouts that the roster knows; a ward is nearer than a department."""
        named = [order.ward, order.department] if order else []
        named += [report.ward, report.department] if report else []
        known = self.roster().knows
        return next((name for name in named if known(name)), next((name for name in named if name), ""))


def facts(uow: UnitOfWork, alert: Alert) -> tuple[Report | None, ImagingOrder | None]:
    """Report and order of the alert's examination, as far as they are known."""
    known = uow.exams.order(alert.accession_number)
    return uow.reports.latest(alert.accession_number), known[0] if known else None
