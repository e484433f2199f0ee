"""Signed calls that were answered."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from plugin.store.codec import to_us
from plugin.store.link import Link, Prepared, given, insert_into
from plugin.store.tables.access import seen_calls

c = seen_calls.c

_FIND = Prepared(
    select(c.digest, c.status, c.answer).where(c.caller == given("of_caller"), c.call_id == given("of_call"))
)
_ADD = Prepared(insert_into(seen_calls))


class SqlSeenCalls:
    """Implements ``SeenCalls``; two answers to one call cannot both be kept."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def find(self, caller: str, call_id: str) -> tuple[str, int, str] | None:
        row = self._link.row(_FIND, {"of_caller": caller, "of_call": call_id})
        return None if row is None else (row[0], row[1], row[2])

    def add(self, caller: str, call_id: str, digest: str, status: int, answer: str, at: datetime) -> None:
        self._link.run(
            _ADD,
            {
                "caller": caller,
                "call_id": call_id,
                "digest": digest,
                "status": status,
                "answer": answer,
                "at": to_us(at),
            },
        )
