"""``signgate doctor``: try every connection of this site, its clock, its disk and its database."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from plugin.analysers.panel import Declared, declared_in
from plugin.bootstrap.analysers import panel_of
from plugin.bootstrap.outbound import outbound_of
from plugin.bootstrap.surroundings import surroundings, utc_now
from plugin.commands.options import config_option, data_option
from plugin.configuration import locate
from plugin.domain.analysis import AnalysisRequest
from plugin.domain.errors import PluginError
from plugin.pacs.scu import Scu
from plugin.rules.critical.catalogue import ROSTER_FILE
from plugin.rules.roster_file import RosterPen, unreached
from plugin.site.gate import load_gate
from plugin.site.settings import Site, load_site
from plugin.store import schema
from plugin.store.engine import Database
from plugin.store.inspection import inspect

FREE_BYTES = 1 << 30
"""Less room than this on the data folder's disk is a fault."""

OLDEST_CLOCK = datetime(2025, 1, 1, tzinfo=UTC)
"""A clock before this release was built is wrong."""

SLOW_SYNC_S = 0.1
"""An fsync that takes longer keeps every acknowledgement waiting."""

Check = Callable[[], str]
"""What was found, in words; raises :class:`PluginError` or OSError when it is wrong."""


@click.command("doctor")
@config_option
@data_option
def command(config_dir: Path | None, data_dir: Path) -> None:
    """Try every PACS (C-ECHO), HL7 receiver (an MLLP question) and outside analyser, clock, disk and database.

    Changes nothing, and may run beside `signgate serve`.  Exits 1 when anything is wrong.
    """
    folder = locate(config_dir)
    site = load_site(folder)
    load_gate(folder)
    click.echo(f"ok     configuration: {folder}")
    if todo := _roster(folder):
        click.echo(f"todo   {todo}")
    wrong = 0
    for name, check in _checks(site, folder, data_dir):
        try:
            click.echo(f"ok     {name}: {check()}")
        except (PluginError, OSError) as error:
            wrong += 1
            click.echo(f"wrong  {name}: {error}")
    if wrong:
        click.echo(f"signgate: {wrong} things are wrong", err=True)
        sys.exit(1)


def _checks(site: Site, config_dir: Path, data_dir: Path) -> Iterator[tuple[str, Check]]:
    yield "clock", lambda: _clock(site)
    yield "disk", lambda: _disk(data_dir)
    yield "database", lambda: _database(site, data_dir)
    for name, node in site.pacs.items():
        yield f"pacs {name}", lambda node=node: _echo(Scu(node))  # type: ignore[misc]  # bound at once
    for name in site.hl7_out:
        yield f"hl7_out {name}", lambda name=name: _ping(site, name)  # type: ignore[misc]  # bound at once
    declared = declared_in(config_dir / "analysers.toml")
    for name in (each.settings.name for each in declared if each.settings.enabled):
        yield f"analyser {name}", lambda name=name: _ask(declared, data_dir, site, name)  # type: ignore[misc]  # bound at once


def _roster(folder: Path) -> str:
    """Whom nobody could call; the alerts themselves go out all the same."""
    _, slots = RosterPen(folder / "critical" / ROSTER_FILE).slots()
    if not slots:
        return "roster: it names nobody, so a critical value reaches nobody (config/critical/roster.toml)"
    nobody = unreached(slots)
    return (
        f"roster: no telephone number for {'、'.join(nobody)}; fill them in on the console's page 值班表"
        if nobody
        else ""
    )


def _clock(site: Site) -> str:
    now = utc_now()
    if now < OLDEST_CLOCK:
        raise OSError(f"it says {now:%Y-%m-%d %H:%M}Z; set it, or let NTP do so")
    return f"{now.astimezone(site.zone):%Y-%m-%d %H:%M:%S %Z}"


def _disk(data_dir: Path) -> str:
    """Room, and how long a synced write takes: every acknowledgement waits for one."""
    if not data_dir.is_dir():
        raise OSError(f"no folder {data_dir}; `signgate serve` makes it")
    free = shutil.disk_usage(data_dir).free
    if free < FREE_BYTES:
        raise OSError(f"{free >> 20} MiB are free under {data_dir}; make room")
    probe = data_dir / f".doctor-{os.getpid()}"
    try:
        with probe.open("wb") as file:
            file.write(bytes(4096))
            file.flush()
            started = time.perf_counter()
            os.fsync(file.fileno())
            took_s = time.perf_counter() - started
    finally:
        probe.unlink(missing_ok=True)
    if took_s > SLOW_SYNC_S:
        raise OSError(f"a synced write takes {took_s * 1000:.0f} ms under {data_dir}")
    return f"{free >> 30} GiB free, a synced write takes {took_s * 1000:.1f} ms"


def _database(site: Site, data_dir: Path) -> str:
    with contextlib.closing(Database(site.store, data_dir)) as database:
        if database.file and not database.file.exists():
            raise OSError(f"no database at {database.file}; `signgate serve` makes it")
        schema.check(database)
        found = inspect(database)
    if found.problems:
        raise OSError("; ".join(found.problems))
    return f"{database.name} is whole"


def _echo(scu: Scu) -> str:
    started = time.perf_counter()
    try:
        scu.echo()
    finally:
        scu.close()
    return f"{scu.node} answers C-ECHO in {(time.perf_counter() - started) * 1000:.0f} ms"


def _ping(site: Site, name: str) -> str:
    outbound = outbound_of(site)
    try:
        started = time.perf_counter()
        answer = outbound.ping(name)
    finally:
        outbound.close()
    return f"answers {answer.code or 'without MSA'} in {(time.perf_counter() - started) * 1000:.0f} ms"


def _ask(declared: Sequence[Declared], data_dir: Path, site: Site, name: str) -> str:
    """Put an invented report to an analyser, and check its answer as if it were about a real one."""
    panel = panel_of([each for each in declared if each.settings.name == name], data_dir, surroundings(site))
    question = AnalysisRequest(
        request_id="doctor",
        modality="CT",
        exam_item="胸部CT平扫",
        findings="双肺未见异常。",
        impression="胸部CT平扫未见明显异常。",
    )
    answer = panel.ask(name, question)
    (state,) = panel.states()
    return f"version {answer.version} answers in {1000 * (state.took_s or 0):.0f} ms"
