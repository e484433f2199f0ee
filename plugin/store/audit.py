"""The audit trail: append-only, each entry sealed with the one before it.

An entry's hash is SHA-256 over the previous hash and the entry's canonical JSON, and
``audit_head`` repeats the last number and hash, so that a row that was changed, taken out
or cut off at the end shows.  Whoever can rewrite the whole table can rewrite the chain;
against that the numbers and hashes also go to the log, and from there to another machine.

Entries of one commit are sealed at its end.  The head is then locked for the shortest
time and always last, so that two nodes on PostgreSQL cannot deadlock over it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import structlog
from sqlalchemy import select

from plugin.domain.errors import InvalidInput
from plugin.domain.listing import AuditRow
from plugin.store.codec import from_json, from_us, to_json, to_us
from plugin.store.link import Link, Prepared, given, insert_into, upsert
from plugin.store.storable import storable
from plugin.store.tables.audit import audit, audit_head

a, h = audit.c, audit_head.c

GENESIS: Final = "0" * 64
"""What stands for the hash before the first entry."""

_log = structlog.get_logger(__name__)

_HEAD = Prepared(select(h.number, h.hash).where(h.id == 1).with_for_update(), writes=True)
_SET_HEAD = Prepared(upsert(audit_head))
_ADD = Prepared(insert_into(audit))
_READ_HEAD = Prepared(select(h.number, h.hash).where(h.id == 1))
_PAGE = Prepared(select(audit).where(a.number > given("after")).order_by(a.number).limit(given("at_most")))


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry that waits for its seal; `at_us` is the actor's time."""

    at_us: int
    actor: str
    action: str
    subject: str
    detail: str


def digest(previous: str, number: int, kept_at_us: int, entry: Entry) -> str:
    """Hash of an entry in the chain, hex."""
    canonical = to_json(
        [number, entry.at_us, kept_at_us, entry.actor, entry.action, entry.subject, entry.detail]
    )
    return hashlib.sha256(f"{previous}\n{canonical}".encode()).hexdigest()


class SqlAudit:
    """Implements ``AuditTrail``: collects; :func:`seal` writes when the unit of work has succeeded."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self.entries: list[Entry] = []

    def append(self, at: datetime, actor: str, action: str, subject: str, detail: Mapping[str, str]) -> None:
        if not self._link.writable:
            raise RuntimeError("a query must not write; use store.write")
        entry = Entry(to_us(at), actor, action, subject, to_json(dict(sorted(detail.items()))))
        for name in ("actor", "action", "subject", "detail"):
            if not storable(getattr(entry, name)):
                raise InvalidInput(f"audit.{name}", "holds a character that cannot be stored")
        self.entries.append(entry)

    def last_number(self) -> int:
        head = self._link.row(_READ_HEAD, {})
        return int(head[0]) if head else 0

    def after(self, number: int, most: int) -> Sequence[AuditRow]:
        return [
            AuditRow(
                number=row[0],
                at=from_us(row[1]),
                actor=row[3],
                action=row[4],
                subject=row[5],
                detail=from_json(dict[str, str], row[6]),
                digest=row[7],
            )
            for row in self._link.rows(_PAGE, {"after": number, "at_most": most})
        ]


def seal(link: Link, entries: Sequence[Entry], clock: Callable[[], datetime]) -> None:
    """Append `entries` to the chain; the last thing before COMMIT."""
    if not entries:
        return
    head = link.row(_HEAD, {})
    number, previous = (head[0], head[1]) if head else (0, GENESIS)
    kept_at = to_us(clock())
    rows: list[dict[str, Any]] = []
    for entry in entries:
        number += 1
        previous = digest(previous, number, kept_at, entry)
        rows.append(
            {
                "number": number,
                "at": entry.at_us,
                "kept_at": kept_at,
                "actor": entry.actor,
                "action": entry.action,
                "subject": entry.subject,
                "detail": entry.detail,
                "hash": previous,
            }
        )
    link.run_many(_ADD, rows)
    link.run(_SET_HEAD, {"id": 1, "number": number, "hash": previous})
    _log.info("audit.sealed", number=number, hash=previous)


def breaks(link: Link, page: int = 1000) -> Iterator[str]:
    """Walk the chain and say what does not hold, in order; nothing when it is whole."""
    number, previous, kept_before = 0, GENESIS, 0
    while rows := link.rows(_PAGE, {"after": number, "at_most": page}):
        for found, at, kept_at, actor, action, subject, detail, stored in rows:
            if found != number + 1:
                yield f"audit entries {number + 1} to {found - 1} are missing"
            if stored != digest(previous, found, kept_at, Entry(at, actor, action, subject, detail)):
                yield f"audit entry {found} has been changed, or what stood before it was taken out"
            if kept_at < kept_before:
                yield f"audit entry {found} was kept {(kept_before - kept_at) / 1e6:.0f} s before its predecessor: the clock was set back"
            number, previous, kept_before = found, stored, kept_at
    head = link.row(_READ_HEAD, {})
    if (head[0], head[1]) != (number, previous) if head else number:
        yield f"the audit trail ends at entry {number}, but its head says {head[0] if head else 0}"
