"""JSON ↔ SignEvent and the answers; strict about the form, so that no two readers differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

from plugin.domain.critical import Alert
from plugin.domain.errors import InvalidInput
from plugin.domain.exchange import case_from_json, critical_to_json, issue_to_json
from plugin.domain.gate import SIGNING, Decision, Gate, GateState, SignAction, Signer, SignEvent
from plugin.workflow.decide_sign import SignAnswer

ROLES = frozenset({"resident", "attending", "senior", "technician"})


def text_of(data: Mapping[str, Any], key: str, *, needed: bool = True, limit: int = 2000) -> str:
    """Text of `key`.

    Raises
    ------
    InvalidInput
        `where` is the JSON pointer: not a text, missing though needed, or too long.
    """
    value = data.get(key)
    if value is None:
        value = ""
    if not isinstance(value, str):
        raise InvalidInput(f"/{key}", "must be text")
    if needed and not value.strip():
        raise InvalidInput(f"/{key}", "is missing")
    if len(value) > limit:
        raise InvalidInput(f"/{key}", f"is longer than {limit} characters")
    return value.strip()


@contextmanager
def within(pointer: str) -> Iterator[None]:
    """Of what is read inside the object at `pointer`, errors name the whole way to the value."""
    try:
        yield
    except InvalidInput as error:
        raise InvalidInput(pointer + error.where, error.text) from None


def sign_event(data: Mapping[str, Any], caller: str) -> SignEvent:
    """Read the body of ``POST /hooks/report-sign``.

    Raises
    ------
    InvalidInput
        Naming the JSON pointer that is wrong.
    """
    action = text_of(data, "action")
    if action not in set(SIGNING):
        raise InvalidInput("/action", f"{action!r} is not one of submit, verify")
    accession_number = text_of(data, "accession_number", limit=64)
    report = None
    if (raw := data.get("report")) is not None:
        if not isinstance(raw, dict):
            raise InvalidInput("/report", "must be an object as check-reports reads it")
        numbered = with_accession_number(raw, accession_number)
        with within("/report"):
            report = case_from_json(numbered).report
    return SignEvent(
        event_id=text_of(data, "event_id", limit=200),
        action=SignAction(action),
        accession_number=accession_number,
        signer=_signer(data),
        report=report,
        caller=caller,
        outcome_known=_flag(data, "outcome_known"),
    )


def _flag(data: Mapping[str, Any], key: str) -> bool:
    value = data.get(key, False)
    if not isinstance(value, bool):
        raise InvalidInput(f"/{key}", "is true or false")
    return value


def with_accession_number(raw: Mapping[str, Any], accession_number: str) -> dict[str, Any]:
    """`raw` with ``exam.accession_number`` filled in; another one there is a mistake.

    Raises
    ------
    InvalidInput
        When the report is of another examination than the call.
    """
    exam = raw.get("exam") or {}
    if not isinstance(exam, dict):
        raise InvalidInput("/report/exam", "must be an object")
    if exam.get("accession_number") not in (None, "", accession_number):
        raise InvalidInput("/report/exam/accession_number", "differs from the call's accession_number")
    return {**raw, "exam": {**exam, "accession_number": accession_number}}


def _signer(data: Mapping[str, Any]) -> Signer:
    raw = data.get("signer")
    if not isinstance(raw, dict):
        raise InvalidInput("/signer", "must be an object with id, name and role")
    with within("/signer"):
        role = text_of(raw, "role", needed=False)
        if role and role not in ROLES:
            raise InvalidInput("/role", f"{role!r} is not one of {', '.join(sorted(ROLES))}")
        return Signer(
            id=text_of(raw, "id", limit=64), name=text_of(raw, "name", needed=False, limit=64), role=role
        )


def answer_to_json(answer: SignAnswer, base_url: str) -> dict[str, Any]:
    """Write what the RIS is told; keys that do not apply are ``null``.

    A gate that was held and has let the report go meanwhile answers ``release``.
    """
    gate = answer.gate
    held = gate.state is GateState.HELD
    gone = gate.state is not None and not held
    draw = gate.draw
    return {
        "decision": (Decision.RELEASE if gone else gate.decision).value,
        "gate_id": gate.gate_id,
        "popup_url": f"{base_url}/qc/{answer.ticket}" if held and answer.ticket else None,
        "expires_at": iso(gate.expires_at) if held else None,
        "issues": [issue_to_json(issue) for issue in answer.issues],
        "critical": [critical_to_json(finding) for finding in answer.critical],
        "reason": gate.state.value if gone and gate.state else gate.reason,
        "policy_version": draw.policy_version if draw else None,
        "draw": {"p": draw.p, "u": draw.u, "rule": draw.rule} if draw else None,
    }


def gate_to_json(gate: Gate) -> dict[str, Any]:
    """Write a gate's state; a decision that never held anything is ``released``."""
    state = gate.state or (GateState.RELEASED if gate.decision is Decision.RELEASE else None)
    return {
        "gate_id": gate.gate_id,
        "accession_number": gate.accession_number,
        "action": gate.action.value,
        "decision": gate.decision.value,
        "reason": gate.reason,
        "state": state.value if state else gate.decision.value,
        "released": state in {GateState.RELEASED, GateState.EXPIRED, GateState.OVERRIDDEN},
        "owed": gate.owed,
        "forms": list(gate.forms),
        "decided_at": iso(gate.decided_at),
        "expires_at": iso(gate.expires_at),
    }


def alert_to_json(alert: Alert) -> dict[str, Any]:
    """Write an alert."""
    return {
        "alert_id": alert.alert_id,
        "accession_number": alert.accession_number,
        "finding": critical_to_json(alert.finding),
        "state": alert.state.value,
        "detected_at": iso(alert.detected_at),
        "due_at": iso(alert.due_at),
        "target_minutes": alert.target_minutes,
        "escalation_level": alert.escalation_level,
        "acknowledged_by": alert.acknowledged_by,
        "acknowledged_at": iso(alert.acknowledged_at),
        "stands": alert.stands,
        "drill": alert.is_drill,
    }


def iso(at: datetime | None) -> str | None:
    """ISO 8601 with offset, to the second; ``None`` stays so."""
    return at.isoformat(timespec="seconds") if at else None


def jsonable(value: Any) -> Any:
    """`value` in JSON's words: dataclasses as objects, times ISO 8601, sets sorted."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: jsonable(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, Set):
        return sorted(jsonable(item) for item in value)
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [jsonable(item) for item in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value.value if isinstance(value, Enum) else value
