"""The RIS is told that the gate has let its report go."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from plugin.delivery.ports import Effect, Reader
from plugin.domain.delivery import Job
from plugin.domain.errors import DeliveryFailed
from plugin.domain.gate import Gate, GateState

Post = Callable[[str, str, bytes], None]
"""``post(caller, call_id, body)``: sends a signed call to that caller's call-back address.

Raises :class:`DeliveryFailed`.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBack:
    """Posts what the popup posts to its opener, signed (interfaces: HTTP).

    Parameters
    ----------
    listeners
        Callers that have a call-back address; the others ask ``GET /hooks/report-sign/{id}``.
    """

    read: Reader
    post: Post
    listeners: Mapping[str, str]

    def __call__(self, job: Job) -> Effect | None:
        gate_id = str(job.payload["gate_id"])
        gate: Gate | None = self.read(lambda uow: uow.gates.get(gate_id))
        if gate is None:
            raise DeliveryFailed(f"no gate {gate_id}", retry=False)
        if gate.caller not in self.listeners:
            return None
        # The job's key is the call's ID: a retry is the same call to the RIS.
        self.post(gate.caller, job.key, call_body(gate, str(job.payload["state"])))
        return None


def call_body(gate: Gate, state: str) -> bytes:
    """The JSON of the call: identifiers only, since it may cross the hospital's network in the clear."""
    return json.dumps(
        {
            "type": "signgate.qc.completed",
            "gate_id": gate.gate_id,
            "event_id": gate.event_id,
            "accession_number": gate.accession_number,
            "action": gate.action.value,
            "state": state,
            "released": state in {GateState.RELEASED, GateState.EXPIRED, GateState.OVERRIDDEN},
        },
        ensure_ascii=False,
    ).encode()
