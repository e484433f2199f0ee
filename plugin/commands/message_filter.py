"""How messages of the archive are searched for on the command line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, TypeVar

import click

from plugin.domain.archive import ArchivedMessage, Direction, Envelope, MessageState
from plugin.domain.listing import Page
from plugin.site.settings import Site
from plugin.store.reading import SqlReading
from plugin.store.store import SqlStore

F = TypeVar("F", bound=Callable[..., Any])


class Filter:
    """What ``list``, ``replay`` and their kin search by."""

    def __init__(
        self,
        find: str,
        kind: str,
        state: str | None,
        since: datetime | None,
        until: datetime | None,
        text: str,
        direction: str | None,
        limit: int,
    ) -> None:
        self.find, self.kind, self.text, self.limit = find, kind, text, limit
        self.state = MessageState(state) if state else None
        self.direction = Direction(direction) if direction else None
        self.since, self.until = since, until

    def among(self, reading: SqlReading, store: SqlStore) -> Iterator[ArchivedMessage]:
        """Matching messages, newest first."""
        cursor, given = "", 0
        while True:
            listing = reading.messages(
                Page(limit=200, cursor=cursor),
                state=self.state,
                text=self.find,
                kind=self.kind,
                direction=self.direction,
                since=self.since,
                until=self.until,
            )
            for message in listing.rows:
                if self.text and not self._holds(store, message):
                    continue
                yield message
                given += 1
                if given >= self.limit:
                    return
            cursor = listing.next_cursor
            if not cursor:
                return

    def _holds(self, store: SqlStore, message: ArchivedMessage) -> bool:
        found = store.read(lambda uow: uow.messages.get(message.message_id))
        return found is not None and self.text in text_of(found[1])


def filters(function: F) -> F:
    """The options of :class:`Filter`, for every command that searches."""
    for option in (
        click.option("--limit", type=click.IntRange(1), default=50, show_default=True),
        click.option("--direction", type=click.Choice([each.value for each in Direction])),
        click.option("--text", default="", help="Text anywhere in the message (reads each one)."),
        click.option("--until", type=click.DateTime(), help="Before this time, the hospital's clock."),
        click.option("--since", type=click.DateTime(), help="From this time on, the hospital's clock."),
        click.option("--state", type=click.Choice([each.value for each in MessageState])),
        click.option("--type", "kind", default="", metavar="TYPE", help="ORU^R01, or ORU."),
        click.option("--find", default="", help="Accession number, patient ID or control ID."),
    ):
        function = option(function)
    return function


def filter_of(site: Site, asked: dict[str, Any]) -> Filter:
    """What was asked for; times are those of the hospital's clock."""
    times = {
        name: value.replace(tzinfo=site.zone).astimezone(UTC) if isinstance(value, datetime) else None
        for name, value in asked.items()
        if name in {"since", "until"}
    }
    return Filter(**{**asked, **times})


def text_of(envelope: Envelope) -> str:
    """The message, with bytes that its character set cannot read spelt out."""
    try:
        return envelope.raw.decode(envelope.charset or "utf-8", "backslashreplace")
    except LookupError:
        return envelope.raw.decode("ascii", "backslashreplace")
