"""A person raises an alert: a critical value that no text says yet, or an exercise (演练).

Whoever raises it has looked at it, so it waits for no confirmation and goes out at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from plugin.domain.critical import (
    DRILL_CODE,
    Alert,
    AlertState,
    CriticalFinding,
    CriticalState,
    Tier,
)
from plugin.domain.errors import InvalidInput, UnknownReport
from plugin.domain.issue import Section
from plugin.workflow.held_names import held_names
from plugin.workflow.ports.unit_of_work import UnitOfWork
from plugin.workflow.raise_alert import BY_HAND, RaiseAlert

OTHER_CODE = "OTHER"
"""Code of a finding that the catalogue does not know; its name is the person's words."""

DRILL_PREFIX = "DRILL-"
DRILL_NAME = "演练：危急值通知流程"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandAlert:
    """What a person says.

    Parameters
    ----------
    code
        Of the catalogue; empty for a finding that it does not hold, which needs `text` and `tier`.
    text
        The value that is told and read back; empty: the entry's name.
    tier
        ``None``: the entry's.
    """

    accession_number: str
    code: str = ""
    text: str = ""
    tier: Tier | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RaiseByHand:
    """Raises what people see.

    Parameters
    ----------
    names
        Code to name and tier, from the catalogue of this site.
    """

    raise_alert: RaiseAlert
    names: Mapping[str, tuple[str, Tier]]

    def __call__(self, uow: UnitOfWork, said: HandAlert, who: str, means: str) -> Alert:
        """Raise it; an open or answered alert of the same finding is returned instead.

        Raises
        ------
        UnknownReport
            Nothing is known of the examination: nobody could be told whose value it is.
        InvalidInput
            The catalogue has no such code, or what it does not hold is not described.
        """
        accession = said.accession_number
        uow.hold(*held_names("", accession))
        report, known = uow.reports.latest(accession), uow.exams.order(accession)
        if report is None and known is None:
            raise UnknownReport("no examination is known under this accession number")
        finding = self._finding(said)
        for alert in uow.alerts.find(accession):
            same = alert.finding.code == finding.code
            if finding.code == OTHER_CODE:
                same = same and alert.finding.text == finding.text
            if same and alert.state is not AlertState.REVOKED:
                return alert
        department = known[0].department if known else report.department if report else ""
        raised = self.raise_alert.raise_(
            uow, accession, finding, department=department, actor=who, means=BY_HAND
        )
        self._audit(uow, who, "alert.raised", raised, means)
        return raised

    def drill(self, uow: UnitOfWork, who: str, means: str) -> Alert:
        """Exercise the chain: an alert about nobody, told, escalated and read back like any other.

        It ignores no switch: where alerts are off or in shadow mode, nobody is called, and
        that is what the exercise shows.
        """
        number = DRILL_PREFIX + self.raise_alert.around.mint.id()[:8]
        finding = _hand_finding(DRILL_CODE, DRILL_NAME, Tier.RED, DRILL_NAME)
        raised = self.raise_alert.raise_(uow, number, finding, actor=who, means=BY_HAND)
        self._audit(uow, who, "alert.drill", raised, means)
        return raised

    def _finding(self, said: HandAlert) -> CriticalFinding:
        if said.code:
            if said.code not in self.names:
                raise InvalidInput("code", f"{said.code!r} is not in the catalogue of critical values")
            name, tier = self.names[said.code]
            return _hand_finding(said.code, name, said.tier or tier, said.text or name)
        if not said.text.strip() or said.tier is None:
            raise InvalidInput(
                "text", "name a code of the catalogue, or describe the finding and give its tier"
            )
        return _hand_finding(OTHER_CODE, said.text, said.tier, said.text)

    def _audit(self, uow: UnitOfWork, who: str, action: str, alert: Alert, means: str) -> None:
        detail = {"code": alert.finding.code, "means": means}
        uow.audit.append(self.raise_alert.around.clock(), who, action, alert.alert_id, detail)


def _hand_finding(code: str, name: str, tier: Tier, text: str) -> CriticalFinding:
    return CriticalFinding(
        code=code,
        name=name,
        tier=tier,
        state=CriticalState.NEW,
        section=Section.RECORD,
        start=0,
        end=len(text),
        text=text,
    )
