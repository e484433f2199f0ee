"""How fast critical values were told and read back: by department, tier and month.

Pure functions of cases.  Every figure carries the alerts behind it, so that a number that
is doubted can be opened.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from plugin.domain.critical import AlertState
from plugin.domain.listing import AlertCase

UNNAMED = "—"

Limits = Callable[[AlertCase], float]
"""Minutes within which a case must be read back: ``AlertDesk.minutes_of``."""

_TOLD = frozenset({AlertState.SENT, AlertState.DELIVERED})


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertTimes:
    """Minutes of one alert; ``None``: it has not come to that.

    Parameters
    ----------
    to_notice
        Detection to the first channel that took the notice.
    to_read_back
        That notice to the read-back.
    in_time
        Read back before it was due, as it stood at the first notice; ``None`` while it can
        still come in time, and for what nobody is chased for.
    """

    to_notice: float | None
    to_read_back: float | None
    in_time: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFigures:
    """One row: a department, tier and month; times are medians and 90th percentiles in minutes.

    Parameters
    ----------
    in_time
        Per cent of those whose time is over or that were read back.
    alert_ids
        The cases behind the row, oldest first.
    late_ids
        Those of them that were not in time.
    """

    department: str
    tier: str
    month: str
    number: int
    to_notice: float | None
    to_notice_p90: float | None
    to_read_back: float | None
    to_read_back_p90: float | None
    in_time: float | None
    escalated: int
    open: int
    alert_ids: tuple[str, ...]
    late_ids: tuple[str, ...]


def times_of(case: AlertCase, minutes: float, now: datetime) -> AlertTimes:
    """The times of one case, whose read-back is wanted within `minutes`."""
    alert = case.row.alert
    told = next((step.at for step in case.trail if step.state in _TOLD), None)
    read = alert.acknowledged_at
    began = next((step.at for step in case.trail if step.state is AlertState.CONFIRMED), alert.detected_at)
    # The clinician's time starts when the alert goes out; a confirmation alongside moves nothing.
    start = min(began, told) if told else began
    limit = start + timedelta(minutes=minutes)
    in_time = read <= limit if read else (False if now > limit else None)
    return AlertTimes(
        to_notice=_minutes(alert.detected_at, told),
        to_read_back=_minutes(told or alert.detected_at, read),
        in_time=in_time if alert.due_at is not None else None,
    )


def counted(case: AlertCase) -> bool:
    """Exercises, false alarms and what nobody was called for are in no figure."""
    alert = case.row.alert
    silent = bool(case.trail) and case.trail[0].note in {"shadow", "switched off"}
    return not alert.is_drill and alert.state is not AlertState.REVOKED and not silent


def alert_figures(
    cases: Iterable[AlertCase], limits: Limits, now: datetime, zone: tzinfo
) -> list[AlertFigures]:
    """A row for each department, tier and month that has a case, then for each tier over all."""
    groups: dict[tuple[str, str, str], list[tuple[AlertCase, AlertTimes]]] = defaultdict(list)
    for case in sorted(cases, key=lambda each: each.row.alert.detected_at):
        if not counted(case):
            continue
        alert = case.row.alert
        month = alert.detected_at.astimezone(zone).strftime("%Y-%m")
        timed = (case, times_of(case, limits(case), now))
        for department in (case.row.department or case.row.ward or UNNAMED, "合计"):
            groups[department, alert.finding.tier.value, month].append(timed)
    order = {"red": 0, "orange": 1, "yellow": 2}
    keys = sorted(groups, key=lambda key: (key[0] == "合计", key[0], order[key[1]], key[2]))
    return [_figures(key, groups[key]) for key in keys]


def _figures(key: tuple[str, str, str], timed: Sequence[tuple[AlertCase, AlertTimes]]) -> AlertFigures:
    notice = [t.to_notice for _, t in timed if t.to_notice is not None]
    read = [t.to_read_back for _, t in timed if t.to_read_back is not None]
    judged = [t.in_time for _, t in timed if t.in_time is not None]
    department, tier, month = key
    return AlertFigures(
        department=department,
        tier=tier,
        month=month,
        number=len(timed),
        to_notice=_median(notice),
        to_notice_p90=_p90(notice),
        to_read_back=_median(read),
        to_read_back_p90=_p90(read),
        in_time=round(100 * sum(judged) / len(judged), 1) if judged else None,
        escalated=sum(any(s.state is AlertState.ESCALATED for s in case.trail) for case, _ in timed),
        open=sum(case.row.alert.acknowledged_at is None for case, _ in timed),
        alert_ids=tuple(case.row.alert.alert_id for case, _ in timed),
        late_ids=tuple(case.row.alert.alert_id for case, t in timed if t.in_time is False),
    )


def _minutes(since: datetime, until: datetime | None) -> float | None:
    return None if until is None else (until - since).total_seconds() / 60


def _median(values: Sequence[float]) -> float | None:
    return round(statistics.median(values), 1) if values else None


def _p90(values: Sequence[float]) -> float | None:
    return round(sorted(values)[min(len(values) - 1, int(0.9 * len(values)))], 1) if values else None
