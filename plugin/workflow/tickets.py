"""The popup's links: single-use tickets that the database knows by their digest alone (decisions 6)."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from plugin.domain.gate import Gate
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import UnitOfWork

TICKET_TIME = timedelta(seconds=60)
"""A popup link is opened within this time, or asked for again (decisions 6)."""


def new_ticket(uow: UnitOfWork, around: Surroundings, gate: Gate) -> str:
    """The secret of a link that opens the gate's form once, for its signer."""
    secret = around.mint.secret()
    uow.gates.add_ticket(digest_of(secret), gate.gate_id, gate.signer.id, around.clock() + TICKET_TIME)
    return secret


def digest_of(secret: str) -> str:
    """SHA-256 (hex): the database never holds a secret that opens anything."""
    return hashlib.sha256(secret.encode()).hexdigest()
