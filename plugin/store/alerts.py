"""Critical alerts and their append-only trails."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import or_, select, update

from plugin.domain.critical import ALERT_TRANSITIONS, Alert, AlertState, AlertStep, CriticalFinding
from plugin.domain.errors import GateConflict
from plugin.store.codec import from_json, from_us, from_us_or_none, to_json, to_us, to_us_or_none
from plugin.store.link import Link, Prepared, given, insert_into
from plugin.store.tables.alerts import alert_steps, alerts

a, s = alerts.c, alert_steps.c
_COLUMNS = (
    a.alert_id, a.accession_number, a.finding, a.state, a.detected_at, a.due_at,
    a.escalation_level, a.acknowledged_by, a.acknowledged_at, a.target_minutes,
)  # fmt: skip

_FIND = Prepared(
    select(*_COLUMNS).where(a.accession_number == given("of_accession")).order_by(a.detected_at, a.alert_id)
)
_GET = Prepared(select(*_COLUMNS).where(a.alert_id == given("of_id")))
_ADD = Prepared(insert_into(alerts))
_MOVED = {
    name: given(name)
    for name in ("state", "due_at", "escalation_level", "acknowledged_by", "acknowledged_at")
}
_MOVE_FROM_READ = Prepared(
    update(alerts)
    .where(
        a.alert_id == given("of_id"),
        a.state == given("was_state"),
        a.escalation_level == given("was_level"),
    )
    .values(_MOVED)
)
_MOVE_IF_ALLOWED = {
    after: Prepared(
        update(alerts)
        .where(
            a.alert_id == given("of_id"),
            a.escalation_level <= given("escalation_level"),
            or_(*(a.state == before.value for before, then in ALERT_TRANSITIONS.items() if after in then)),
        )
        .values(_MOVED)
    )
    for after in AlertState
    if any(after in then for then in ALERT_TRANSITIONS.values())
}
_ADD_STEP = Prepared(insert_into(alert_steps, "id"))
_TRAIL = Prepared(
    select(s.alert_id, s.at, s.state, s.actor, s.means, s.note, s.recipient, s.phone)
    .where(s.alert_id == given("of_id"))
    .order_by(s.id)
)


class SqlAlerts:
    """Implements ``AlertRepository``.

    `move` compares with what this unit of work has read; of an alert that was read earlier
    it asks that the stored state still allows the step.  Either way one conditional update
    decides every race.
    """

    def __init__(self, link: Link) -> None:
        self._link = link
        self._read: dict[str, tuple[str, int]] = {}

    def find(self, accession_number: str) -> Sequence[Alert]:
        return [
            self._seen(_alert(*row)) for row in self._link.rows(_FIND, {"of_accession": accession_number})
        ]

    def get(self, alert_id: str) -> Alert | None:
        row = self._link.row(_GET, {"of_id": alert_id})
        return None if row is None else self._seen(_alert(*row))

    def add(self, alert: Alert, step: AlertStep) -> None:
        self._link.put(
            _ADD,
            {
                "alert_id": alert.alert_id,
                "accession_number": alert.accession_number,
                "code": alert.finding.code,
                "tier": alert.finding.tier.value,
                "finding": to_json(alert.finding),
                "detected_at": to_us(alert.detected_at),
                "target_minutes": alert.target_minutes,
                **_changing(alert),
            },
        )
        self._append(step)
        self._seen(alert)

    def move(self, alert: Alert, step: AlertStep) -> None:
        if was := self._read.get(alert.alert_id):
            met = self._link.run(
                _MOVE_FROM_READ,
                {"of_id": alert.alert_id, "was_state": was[0], "was_level": was[1], **_changing(alert)},
            )
        elif statement := _MOVE_IF_ALLOWED.get(alert.state):
            met = self._link.run(statement, {"of_id": alert.alert_id, **_changing(alert)})
        else:
            met = 0
        if not met:
            raise GateConflict(
                f"alert {alert.alert_id} has changed meanwhile; it cannot become {alert.state}"
            )
        self._append(step)
        self._seen(alert)

    def trail(self, alert_id: str) -> Sequence[AlertStep]:
        return [_step(*row) for row in self._link.rows(_TRAIL, {"of_id": alert_id})]

    def _append(self, step: AlertStep) -> None:
        self._link.put(
            _ADD_STEP,
            {
                "alert_id": step.alert_id,
                "at": to_us(step.at),
                "state": step.state.value,
                "actor": step.actor,
                "means": step.means,
                "note": step.note,
                "recipient": step.recipient,
                "phone": step.phone,
            },
        )

    def _seen(self, alert: Alert) -> Alert:
        self._read[alert.alert_id] = (alert.state.value, alert.escalation_level)
        return alert


def _changing(alert: Alert) -> dict[str, object]:
    return {
        "state": alert.state.value,
        "due_at": to_us_or_none(alert.due_at),
        "escalation_level": alert.escalation_level,
        "acknowledged_by": alert.acknowledged_by,
        "acknowledged_at": to_us_or_none(alert.acknowledged_at),
    }


def _step(
    alert_id: str, at: int, state: str, actor: str, means: str, note: str, recipient: str, phone: str
) -> AlertStep:
    return AlertStep(
        alert_id=alert_id,
        at=from_us(at),
        state=AlertState(state),
        actor=actor,
        means=means,
        note=note,
        recipient=recipient,
        phone=phone,
    )


def _alert(
    alert_id: str,
    accession_number: str,
    finding: str,
    state: str,
    detected_at: int,
    due_at: int | None,
    escalation_level: int,
    acknowledged_by: str,
    acknowledged_at: int | None,
    target_minutes: int | None,
) -> Alert:
    return Alert(
        alert_id=alert_id,
        accession_number=accession_number,
        finding=from_json(CriticalFinding, finding),
        state=AlertState(state),
        detected_at=from_us(detected_at),
        due_at=from_us_or_none(due_at),
        escalation_level=escalation_level,
        acknowledged_by=acknowledged_by,
        acknowledged_at=from_us_or_none(acknowledged_at),
        target_minutes=target_minutes,
    )
