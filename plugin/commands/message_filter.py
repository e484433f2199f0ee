"""How messages of the archive are searched for on the command line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, TypeVar

import click

from plugin.domain.archive import ArchivedMessage, Direction, MessageFilter, MessageState
from plugin.domain.listing import MAX_PAGE, Page
from plugin.site.settings import Site
from plugin.store.reading import SqlReading

F = TypeVar("F", bound=Callable[..., Any])


def filters(function: F) -> F:
    """The options that make a :class:`MessageFilter`, for every command that searches."""
    for option in (
        click.option("--limit", type=click.IntRange(1), default=50, show_default=True),
        click.option("--direction", type=click.Choice([each.value for each in Direction])),
        click.option("--text", "words", default="", help="Text anywhere in the message (reads each one)."),
        click.option("--until", type=click.DateTime(), help="Before this time, the hospital's clock."),
        click.option("--since", type=click.DateTime(), help="From this time on, the hospital's clock."),
        click.option("--state", type=click.Choice([each.value for each in MessageState])),
        click.option("--type", "kind", default="", metavar="TYPE", help="ORU^R01, or ORU."),
        click.option("--sender", default="", metavar="MSH-3", help="RIS, or RIS|H001 with MSH-4."),
        click.option("--find", "number", default="", help="Accession number, patient ID or control ID."),
    ):
        function = option(function)
    return function


def filter_of(site: Site, asked: dict[str, Any]) -> MessageFilter:
    """What was asked for; times are those of the hospital's clock."""
    times = {
        name: value.replace(tzinfo=site.zone).astimezone(UTC) if isinstance(value, datetime) else None
        for name, value in asked.items()
        if name in {"since", "until"}
    }
    return MessageFilter(
        number=asked["number"],
        words=asked["words"],
        kind=asked["kind"],
        sender=asked["sender"],
        state=MessageState(asked["state"]) if asked["state"] else None,
        direction=Direction(asked["direction"]) if asked["direction"] else None,
        **times,
    )


def found(reading: SqlReading, asked: MessageFilter, limit: int) -> Iterator[ArchivedMessage]:
    """Matching messages, newest first, at most `limit`."""
    cursor, left = "", limit
    while left > 0:
        listing = reading.messages(Page(limit=min(left, MAX_PAGE), cursor=cursor), asked)
        yield from listing.rows
        left -= len(listing.rows)
        cursor = listing.next_cursor
        if not cursor:
            return
