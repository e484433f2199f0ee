"""``signgate messages``: search, show, process again, set aside and prune what the archive holds."""

from __future__ import annotations

import contextlib
import getpass
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import click

from plugin.bootstrap.hl7 import build_dispatcher
from plugin.bootstrap.journeys import build_journeys
from plugin.bootstrap.surroundings import surroundings, utc_now
from plugin.commands.options import config_option, data_option
from plugin.configuration import locate
from plugin.domain.archive import ArchivedMessage, Direction, Envelope, MessageState
from plugin.domain.errors import InvalidInput
from plugin.domain.listing import Page
from plugin.hl7.dispatch import Dispatcher
from plugin.hl7.tree import tree
from plugin.site.gate import load_gate
from plugin.site.settings import Site, load_site
from plugin.store import schema
from plugin.store.engine import Database
from plugin.store.jobs import SqliteJobStore
from plugin.store.reading import SqlReading
from plugin.store.store import SqlStore, open_store
from plugin.workflow.receive_patient import undo_merge

F = TypeVar("F", bound=Callable[..., Any])

PRUNE_STEP = 500
"""Messages deleted in one commit, so that nothing waits long behind it."""


@click.group("messages")
def command() -> None:
    """The archive of HL7 messages, received and sent.

    `list`, `show` and `merges` may run beside `signgate serve`; what changes something needs the
    database for itself: on SQLite stop `serve` first, or use the console's page of the message.
    """


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
        return found is not None and self.text in _text(found[1])


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


@command.command("list")
@filters
@config_option
@data_option
def list_(config_dir: Path | None, data_dir: Path, **asked: Any) -> None:
    """Print number, time, direction, state, type, sender, control ID, accession number, patient and error."""
    site = load_site(locate(config_dir))
    with _looking(site, data_dir) as store:
        reading = SqlReading(store, SqliteJobStore(store, utc_now))
        for message in _filter(site, asked).among(reading, store):
            click.echo(_line(site, message))


@command.command("show")
@click.argument("number", type=int)
@click.option("--charset", default="", help="Read the bytes in another character set.")
@click.option("--raw", is_flag=True, help="The bytes alone, as received or sent.")
@config_option
@data_option
def show(number: int, charset: str, raw: bool, config_dir: Path | None, data_dir: Path) -> None:
    """Show one message: what became of it, and each field with its name."""
    site = load_site(locate(config_dir))
    with _looking(site, data_dir) as store:
        kept, envelope = _kept(store, number)
    if raw:
        click.echo(envelope.raw, nl=False)
        return
    click.echo(_line(site, kept))
    for segment in tree(envelope.raw, charset or envelope.charset):
        click.echo(segment.name)
        for field in segment.fields:
            click.echo(f"  {field.path:<8} {field.name}: {field.value}")
    click.echo("acknowledgement")
    click.echo(
        "  " + kept.ack.decode(envelope.charset or "utf-8", "backslashreplace").strip().replace("\r", "\n  ")
    )


@command.command("replay")
@click.argument("numbers", type=int, nargs=-1)
@filters
@click.option("--charset", default="", help="Decode with this character set instead.")
@click.option("--profile", default="", help="Read by this profile of config/hl7 instead.")
@click.option("--again", is_flag=True, help="Also messages that were accepted and had their effect.")
@config_option
@data_option
def replay(
    numbers: tuple[int, ...],
    charset: str,
    profile: str,
    again: bool,
    config_dir: Path | None,
    data_dir: Path,
    **asked: Any,
) -> None:
    """Process messages again: the given NUMBERS, or all that a filter finds, oldest first.

    Exits 1 when one of them is refused again.
    """
    folder = locate(config_dir)
    site = load_site(folder)
    with contextlib.closing(open_store(site.store, data_dir, utc_now)) as store:
        dispatcher = _dispatcher(site, folder, store)
        chosen = list(numbers)
        if not chosen:
            if not any(asked[name] for name in ("find", "kind", "state", "since", "until", "text")):
                raise InvalidInput("NUMBERS", "name messages, or filter them; nothing was processed")
            reading = SqlReading(store, SqliteJobStore(store, utc_now))
            found = _filter(site, {**asked, "direction": Direction.RECEIVED.value}).among(reading, store)
            chosen = [each.message_id for each in found][::-1]
        refused = 0
        for number in chosen:
            state = dispatcher.replay(number, charset=charset, profile=profile, again=again)
            refused += state is not MessageState.ACCEPTED
            kept, _ = _kept(store, number)
            click.echo(_line(site, kept))
            store.write(
                lambda uow, number=number: uow.audit.append(  # type: ignore[misc]  # bound at once
                    utc_now(), _actor(), "message.replayed", str(number), {}
                )
            )
    if refused:
        click.echo(f"signgate: {refused} of {len(chosen)} were refused again", err=True)
        raise SystemExit(1)


@command.command("quarantine")
@click.argument("number", type=int)
@click.option("--reason", required=True, help="Why it is looked into; kept with the message.")
@config_option
@data_option
def quarantine(number: int, reason: str, config_dir: Path | None, data_dir: Path) -> None:
    """Set a refused message aside for inspection: pruning passes it over."""
    site = load_site(locate(config_dir))
    with contextlib.closing(open_store(site.store, data_dir, utc_now)) as store:
        kept, _ = _kept(store, number)
        if kept.state is MessageState.ACCEPTED:
            raise InvalidInput("NUMBER", f"message {number} was accepted and had its effect")
        store.write(
            lambda uow: uow.messages.settle(
                number,
                MessageState.QUARANTINED,
                kept.ack,
                error=f"{kept.error}; {reason}" if kept.error else reason,
                accession_number=kept.accession_number,
                patient_id=kept.patient_id,
            )
        )
    click.echo(f"message {number} is set aside")


@command.command("prune")
@click.option("--older-than", "days", type=click.IntRange(1), required=True, metavar="DAYS")
@click.option("--yes", is_flag=True, help="Do not ask.")
@config_option
@data_option
def prune(days: int, yes: bool, config_dir: Path | None, data_dir: Path) -> None:
    """Delete messages older than DAYS; those under inspection (quarantined) stay."""
    site = load_site(locate(config_dir))
    before = utc_now() - timedelta(days=days)
    if not yes:
        click.confirm(
            f"delete messages received before {before.astimezone(site.zone):%Y-%m-%d %H:%M}?", abort=True
        )
    done = 0
    with contextlib.closing(open_store(site.store, data_dir, utc_now)) as store:
        while step := store.write(lambda uow: uow.messages.forget_before(before, PRUNE_STEP)):
            done += step
        detail = {"before": before.isoformat(), "count": str(done)}
        store.write(lambda uow: uow.audit.append(utc_now(), _actor(), "messages.pruned", "archive", detail))
    click.echo(f"{done} messages deleted")


@command.command("merges")
@config_option
@data_option
def merges(config_dir: Path | None, data_dir: Path) -> None:
    """List merges of patients that stand, newest first: number, time, prior, surviving, examinations moved."""
    site = load_site(locate(config_dir))
    with _looking(site, data_dir) as store:
        for record in store.read(lambda uow: uow.patients.merges(200)):
            prior, surviving = record.merge.prior, record.merge.surviving
            fields = (
                str(record.merge_id),
                f"{record.merged_at.astimezone(site.zone):%Y-%m-%d %H:%M:%S}",
                f"{prior.patient_id}^{prior.assigning_authority}",
                f"{surviving.patient_id}^{surviving.assigning_authority}",
                " ".join(record.exams),
            )
            click.echo("\t".join(fields))


@command.command("undo-merge")
@click.argument("number", type=int)
@click.option("--reason", required=True, help="Why; kept in the audit trail.")
@config_option
@data_option
def undo(number: int, reason: str, config_dir: Path | None, data_dir: Path) -> None:
    """Move back what merge NUMBER moved, and what arrived under the prior identifier since."""
    site = load_site(locate(config_dir))
    with contextlib.closing(open_store(site.store, data_dir, utc_now)) as store:
        moved = store.write(lambda uow: undo_merge(uow, number, surroundings(site), _actor(), reason))
    click.echo(f"merge {number} undone; {moved} examinations went back")


@contextlib.contextmanager
def _looking(site: Site, data_dir: Path) -> Iterator[SqlStore]:
    """A store that is only read, beside a process that writes."""
    database = Database(site.store, data_dir)
    schema.check(database)
    with contextlib.closing(SqlStore(database, utc_now)) as store:
        yield store


def _dispatcher(site: Site, folder: Path, store: SqlStore) -> Dispatcher:
    around = surroundings(site)
    journeys = build_journeys(site, load_gate(folder), folder, around)
    return build_dispatcher(site, folder, store, journeys, around)


def _filter(site: Site, asked: dict[str, Any]) -> Filter:
    times = {
        name: value.replace(tzinfo=site.zone).astimezone(UTC) if isinstance(value, datetime) else None
        for name, value in asked.items()
        if name in {"since", "until"}
    }
    return Filter(**{**asked, **times})


def _kept(store: SqlStore, number: int) -> tuple[ArchivedMessage, Envelope]:
    found = store.read(lambda uow: uow.messages.get(number))
    if found is None:
        raise InvalidInput("NUMBER", f"no message {number} in the archive")
    return found


def _text(envelope: Envelope) -> str:
    try:
        return envelope.raw.decode(envelope.charset or "utf-8", "backslashreplace")
    except LookupError:
        return envelope.raw.decode("ascii", "backslashreplace")


def _line(site: Site, message: ArchivedMessage) -> str:
    return "\t".join(
        (
            str(message.message_id),
            f"{message.received_at.astimezone(site.zone):%Y-%m-%d %H:%M:%S}",
            message.direction.value,
            message.state.value,
            message.message_type,
            message.sender,
            message.control_id,
            message.accession_number,
            message.patient_id,
            message.error,
        )
    )


def _actor() -> str:
    return f"{getpass.getuser()}@cli"
