"""What nobody needs any more: answered calls, dead tickets and form tokens, ended sessions, done jobs, peers that knock no longer.

Reports, sheets, verdicts, alerts and the audit trail are records and are never purged here.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, delete, select, tuple_

from plugin.domain.delivery import JobState
from plugin.store.codec import to_us
from plugin.store.link import Link, Prepared, given
from plugin.store.tables.access import seen_calls, sessions
from plugin.store.tables.gates import form_tokens, tickets
from plugin.store.tables.jobs import jobs
from plugin.store.tables.turned_away import turned_away

BATCH = 2000
"""Rows a statement: the one writer is never held up for longer than some milliseconds."""


def _purge(key: Column[Any], where: ColumnElement[bool]) -> Prepared:
    """Delete at most :data:`BATCH` rows, by key: SQLite's DELETE has no limit of its own."""
    return Prepared(delete(key.table).where(key.in_(select(key).where(where).limit(BATCH))))


_CALLS = Prepared(
    delete(seen_calls).where(
        tuple_(seen_calls.c.caller, seen_calls.c.call_id).in_(
            select(seen_calls.c.caller, seen_calls.c.call_id)
            .where(seen_calls.c.at < given("before"))
            .limit(BATCH)
        )
    )
)
_TURNED_AWAY = Prepared(
    delete(turned_away).where(
        tuple_(*turned_away.primary_key.columns).in_(
            select(*turned_away.primary_key.columns)
            .where(turned_away.c.last_at < given("before"))
            .limit(BATCH)
        )
    )
)
_TICKETS = _purge(tickets.c.digest, tickets.c.expires_at < given("before"))
_TOKENS = _purge(form_tokens.c.digest, form_tokens.c.expires_at < given("before"))
_SESSIONS = _purge(
    sessions.c.token_digest,
    (sessions.c.seen_at < given("idle_before")) | (sessions.c.created_at < given("created_before")),
)
_JOBS = _purge(
    jobs.c.id,
    jobs.c.state.in_([JobState.DONE.value, JobState.CANCELLED.value]) & (jobs.c.settled_at < given("before")),
)


class SqlHousekeeping:
    """Implements ``Housekeeping``.  Each method returns how many rows went; fewer than a batch is the end."""

    batch = BATCH

    def __init__(self, link: Link) -> None:
        self._link = link

    def purge_calls(self, before: datetime) -> int:
        """Answers older than any retry that is still let in."""
        return self._link.run(_CALLS, {"before": to_us(before)})

    def purge_tickets(self, before: datetime) -> int:
        return self._link.run(_TICKETS, {"before": to_us(before)})

    def purge_form_tokens(self, before: datetime) -> int:
        return self._link.run(_TOKENS, {"before": to_us(before)})

    def purge_sessions(self, idle_before: datetime, created_before: datetime) -> int:
        return self._link.run(
            _SESSIONS, {"idle_before": to_us(idle_before), "created_before": to_us(created_before)}
        )

    def purge_jobs(self, before: datetime) -> int:
        """Done and cancelled jobs; parked ones wait for a person however long."""
        return self._link.run(_JOBS, {"before": to_us(before)})

    def purge_turned_away(self, before: datetime) -> int:
        """Peers that have not been refused since."""
        return self._link.run(_TURNED_AWAY, {"before": to_us(before)})
