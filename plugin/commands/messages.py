"""``signgate messages``: search, show, process again, set aside and prune what the archive holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import click

from plugin.bootstrap.hl7 import build_dispatcher
from plugin.bootstrap.journeys import build_journeys
from plugin.bootstrap.surroundings import surroundings, utc_now
from plugin.commands import message_merges
from plugin.commands.actor import actor
from plugin.commands.message_filter import filter_of, filters, found
from plugin.commands.options import config_option, data_option
from plugin.configuration import locate
from plugin.domain.archive import ArchivedMessage, Direction, Envelope, MessageFilter, MessageState
from plugin.domain.errors import InvalidInput, StoreUnavailable
from plugin.hl7.replay import Replayer
from plugin.hl7.tree import tree
from plugin.site.gate import load_gate
from plugin.site.settings import Site, load_site
from plugin.store.job_listing import SqlJobListing
from plugin.store.process_lock import FolderInUse
from plugin.store.reading import SqlReading
from plugin.store.store import SqlReader, SqlStore, open_beside, open_store
from plugin.workflow.inbox import set_aside

PRUNE_STEP = 500
"""Messages deleted in one commit, so that nothing waits long behind it."""


_EVERY = 1 << 62
"""A limit that no archive reaches."""
_SHOWN_BYTES = 400
"""Of a message that is none, as much as tells what it is."""


@click.group("messages")
def command() -> None:
    """The archive of HL7 messages, received and sent.

    `list`, `show` and `merges` may run beside `signgate serve`; what changes something needs the
    database for itself, on SQLite.  Beside a running `serve` use the console: /console/messages
    processes single messages and all that a filter finds again, sets messages aside and deletes
    old ones; and `keep_days` under [hl7] of site.toml prunes hour by hour.
    """


@command.command("list")
@filters
@config_option
@data_option
def list_(config_dir: Path | None, data_dir: Path, **asked: Any) -> None:
    """Print number, time, direction, state, type, sender, control ID, accession number, patient and error."""
    site = load_site(locate(config_dir))
    with open_beside(site.store, data_dir, utc_now) as store:
        reading = SqlReading(store, SqlJobListing(store))
        for message in found(reading, filter_of(site, asked), asked["limit"]):
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
    with open_beside(site.store, data_dir, utc_now) as store:
        kept, envelope = _kept(store, number)
    if raw:
        click.echo(envelope.raw, nl=False)
        return
    click.echo(_line(site, kept))
    segments = tree(envelope.raw, charset or envelope.charset)
    if not segments:
        click.echo(f"no MSH that can be read; {len(envelope.raw)} bytes (--raw gives them all)")
        click.echo("  " + repr(envelope.raw[:_SHOWN_BYTES]))
    for segment in segments:
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

    Of what a filter finds, messages that were accepted are passed over (but for --again).  Exits 1 when one of them is refused again.
    """
    folder = locate(config_dir)
    site = load_site(folder)
    with _to_change(site, data_dir) as store:
        replayer = _replayer(site, folder, store)
        chosen = list(numbers)
        if not chosen:
            among = filter_of(site, {**asked, "direction": Direction.RECEIVED.value})
            if among == MessageFilter(direction=Direction.RECEIVED):
                raise InvalidInput("NUMBERS", "name messages, or filter them; nothing was processed")
            reading = SqlReading(store, SqlJobListing(store))
            to_do = (
                each.message_id
                for each in found(reading, among, _EVERY)
                if again or each.state is not MessageState.ACCEPTED
            )
            chosen = list(islice(to_do, asked["limit"]))[::-1]
        refused = 0
        for number in chosen:
            state = replayer.replay(number, charset=charset, profile=profile, again=again)
            refused += state is not MessageState.ACCEPTED
            kept, _ = _kept(store, number)
            click.echo(_line(site, kept))
            store.write(
                lambda uow, number=number: uow.audit.append(  # type: ignore[misc]  # bound at once
                    utc_now(), actor(), "message.replayed", str(number), {}
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
    with _to_change(site, data_dir) as store:
        store.write(lambda uow: set_aside(uow, number, reason, actor(), utc_now()))
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
    with _to_change(site, data_dir) as store:
        while step := store.write(lambda uow: uow.messages.forget_before(before, PRUNE_STEP)):
            done += step
        detail = {"before": before.isoformat(), "count": str(done)}
        store.write(lambda uow: uow.audit.append(utc_now(), actor(), "messages.pruned", "archive", detail))
    click.echo(f"{done} messages deleted")


@contextmanager
def _to_change(site: Site, data_dir: Path) -> Iterator[SqlStore]:
    """The database for itself, on SQLite.

    Raises
    ------
    StoreUnavailable
        When another process has it: what to do then.
    """
    try:
        opened = open_store(site.store, data_dir, utc_now)
    except FolderInUse as error:
        raise StoreUnavailable(
            f"{error}; or, while it runs, open its page /console/messages, which processes again, sets aside and prunes"
        ) from None
    with opened as store:
        yield store


def _replayer(site: Site, folder: Path, store: SqlStore) -> Replayer:
    around = surroundings(site)
    journeys = build_journeys(site, load_gate(folder), folder, around)
    return Replayer(store, build_dispatcher(site, folder, store, journeys, around).interpreter)


def _kept(store: SqlReader, number: int) -> tuple[ArchivedMessage, Envelope]:
    kept = store.read(lambda uow: uow.messages.get(number))
    if kept is None:
        raise InvalidInput("NUMBER", f"no message {number} in the archive")
    return kept


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


for each in (message_merges.merges, message_merges.undo):
    command.add_command(each)
