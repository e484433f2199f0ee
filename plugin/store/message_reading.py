"""Archived messages as people search for them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import or_

from plugin.domain.archive import ArchivedMessage, Direction, MessageState
from plugin.domain.listing import Listing, Page
from plugin.store.codec import to_us
from plugin.store.link import given
from plugin.store.paging import Where, read_page, there
from plugin.store.tables.messages import messages
from plugin.store.unit_of_work import SqlUnitOfWork

m = messages.c


def list_messages(
    uow: SqlUnitOfWork,
    page: Page,
    *,
    state: MessageState | None,
    text: str,
    kind: str,
    direction: Direction | None,
    since: datetime | None,
    until: datetime | None,
) -> Listing[ArchivedMessage]:
    """Newest first; `kind` is ``ORU^R01`` or ``ORU``, `text` one of the numbers it is known by."""
    where = Where()
    if state is not None:
        where.add(m.state == given("of_state"), of_state=state.value)
    if kind:
        where.add(
            or_(m.message_type == given("of_kind"), m.message_type.like(given("of_code"))),
            of_kind=kind,
            of_code=f"{kind}^%",
        )
    if direction is not None:
        where.add(m.direction == given("of_direction"), of_direction=direction.value)
    if since is not None:
        where.add(m.received_at >= given("since"), since=to_us(since))
    if until is not None:
        where.add(m.received_at < given("until"), until=to_us(until))
    if text:
        known_by = (m.accession_number, m.patient_id, m.control_id)
        where.add(or_(*(column == given("text") for column in known_by)), text=text)
    return read_page(
        uow, page, (m.id,), (m.received_at, m.id), lambda row: there(uow.messages.get(row[0]))[0], where
    )
