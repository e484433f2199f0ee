"""Archived messages as people search for them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, or_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from plugin.domain.archive import ArchivedMessage, MessageFilter
from plugin.domain.listing import Listing, Page
from plugin.store.codec import to_us
from plugin.store.link import given
from plugin.store.paging import Where, pattern_of, read_page, there
from plugin.store.tables.messages import messages
from plugin.store.unit_of_work import SqlUnitOfWork

m = messages.c

_ENCODINGS = ("utf-8", "gb18030", "utf-16-le", "utf-16-be", "big5hkscs")
"""In which bytes a text may stand in a message; half a character that happens to fit is a hit too many, no more."""


class _Holds(FunctionElement[bool]):
    """Whether bytes hold other bytes; each database has a word of its own for it."""

    type = Boolean()
    inherit_cache = True


@compiles(_Holds, "sqlite")
def _on_sqlite(element: _Holds, compiler: SQLCompiler, **how: Any) -> str:
    whole, part = (compiler.process(each, **how) for each in element.clauses)
    return f"instr({whole}, {part}) > 0"


@compiles(_Holds, "postgresql")
def _on_postgresql(element: _Holds, compiler: SQLCompiler, **how: Any) -> str:
    whole, part = (compiler.process(each, **how) for each in element.clauses)
    return f"position({part} in {whole}) > 0"


def list_messages(uow: SqlUnitOfWork, page: Page, asked: MessageFilter) -> Listing[ArchivedMessage]:
    """Newest first."""
    return read_page(
        uow,
        page,
        (m.id,),
        (m.received_at, m.id),
        lambda row: there(uow.messages.get(row[0]))[0],
        _where(asked),
    )


def _where(asked: MessageFilter) -> Where:
    where = Where()
    if asked.state is not None:
        where.add(m.state == given("of_state"), of_state=asked.state.value)
    if asked.kind:
        of_code = m.message_type.like(given("of_code"), escape="\\")
        where.add(
            or_(m.message_type == given("of_kind"), of_code),
            of_kind=asked.kind,
            of_code=pattern_of(asked.kind) + "^%",
        )
    if asked.direction is not None:
        where.add(m.direction == given("of_direction"), of_direction=asked.direction.value)
    if asked.sender:
        of_application = m.sender.like(given("of_application"), escape="\\")
        where.add(
            or_(m.sender == given("of_sender"), of_application),
            of_sender=asked.sender,
            of_application=pattern_of(asked.sender) + "|%",
        )
    if asked.since is not None:
        where.add(m.received_at >= given("since"), since=to_us(asked.since))
    if asked.until is not None:
        where.add(m.received_at < given("until"), until=to_us(asked.until))
    if asked.number:
        known_by = (m.accession_number, m.patient_id, m.control_id)
        where.add(or_(*(column == given("number") for column in known_by)), number=asked.number)
    if asked.words:
        forms = dict.fromkeys(asked.words.encode(codec, "ignore") for codec in _ENCODINGS)
        named = {f"words_{number}": form for number, form in enumerate(forms) if form}
        where.add(or_(*(_Holds(m.raw, given(name)) for name in named)), **named)
    return where
