"""``POST /hooks/review``: the RIS menu opens a form for an examination at any time (T/CSBME 7.2.1.2)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from plugin.domain.errors import InvalidInput
from plugin.domain.gate import Signer
from plugin.hooks.asking import answered, json_body
from plugin.hooks.calls import SignedCalls, Work
from plugin.hooks.payload import text_of, within
from plugin.workflow.held_gates import HeldGates
from plugin.workflow.modes import Modes
from plugin.workflow.ports.unit_of_work import UnitOfWork


def routes(hooks: Blueprint, calls: SignedCalls, held: HeldGates, modes: Modes, base_url: str) -> None:
    """Add the route of this file."""

    @hooks.post("/review")
    def review() -> Response:
        def prepare(caller: str) -> Work:
            data = json_body()
            number, told = text_of(data, "accession_number", limit=64), data.get("reader")
            if not isinstance(told, dict):
                raise InvalidInput("/reader", "is an object of id, name and role")
            with within("/reader"):
                person = Signer(
                    id=text_of(told, "id", limit=64),
                    name=text_of(told, "name", needed=False, limit=64),
                    role=text_of(told, "role", needed=False, limit=30),
                )
            forms = data.get("forms", ["report"])
            if not isinstance(forms, list) or not all(isinstance(each, str) for each in forms):
                raise InvalidInput("/forms", "is a list of form IDs")

            def work(uow: UnitOfWork) -> dict[str, Any]:
                reader = modes.reader(uow, person)
                reading = modes.assign.active(uow, number, reader, forms)
                ticket = held.new_ticket(uow, reading.gate_id, reader.id)
                return {"gate_id": reading.gate_id, "popup_url": f"{base_url}/qc/{ticket}"}

            return work

        return answered(calls, prepare)
