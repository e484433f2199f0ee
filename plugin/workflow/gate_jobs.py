"""The jobs of a gate: its end when nobody fills the form, and the RIS's call-back."""

from __future__ import annotations

from datetime import datetime

from plugin.domain.delivery import JobKind, NewJob
from plugin.domain.gate import GateState


def call_back_job(gate_id: str, state: GateState) -> NewJob:
    """Tell the RIS that the gate has let the report go."""
    return NewJob(
        kind=JobKind.CALL_BACK,
        lane=f"gate:{gate_id}",
        key=f"callback:{gate_id}:{state.value}",
        payload={"gate_id": gate_id, "state": state.value},
    )


def expiry_job(gate_id: str, at: datetime) -> NewJob:
    """Release the report at the end of its hold time (decisions 3)."""
    return NewJob(
        kind=JobKind.EXPIRE_GATE,
        lane=f"timer:gate:{gate_id}",
        key=expiry_key(gate_id),
        payload={"gate_id": gate_id},
        due_at=at,
    )


def expiry_key(gate_id: str) -> str:
    return f"expire:{gate_id}"
