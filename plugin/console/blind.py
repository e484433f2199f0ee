"""Closes to a blind reader the pages that name whom he judges, and who judged before him."""

from __future__ import annotations

from plugin.console.desk import ConsoleDesk
from plugin.console.gatekeeper import signed_in, speak
from plugin.domain.errors import NotAllowed
from plugin.workflow.ports.unit_of_work import UnitOfWork


def closed_to_me(desk: ConsoleDesk) -> frozenset[str]:
    """Accession numbers that the signed-in person reads blind now."""
    account = signed_in().account

    def read(uow: UnitOfWork) -> frozenset[str]:
        return desk.modes.blind.closed(uow, desk.modes.person(uow, account))

    return desk.store.read(read)


def not_blind(desk: ConsoleDesk, accession_number: str) -> None:
    """Let nobody onto a page about an examination that he reads blind.

    Raises
    ------
    NotAllowed
        Until his reading is filed.
    """
    if accession_number and accession_number in closed_to_me(desk):
        raise NotAllowed(speak()("review.closed_blind"))
