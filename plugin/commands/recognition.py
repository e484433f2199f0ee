"""``signgate recognition``: results of the QC centre, item names, verification codes."""

from __future__ import annotations

import csv
import io
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from plugin.bootstrap.journeys import build_journeys
from plugin.bootstrap.surroundings import surroundings
from plugin.commands.options import config_option, data_option
from plugin.commands.recognition_codes import codes
from plugin.configuration import locate
from plugin.domain.errors import InvalidInput, NotAuthentic
from plugin.rules.recognition.code import check_code, corner_text, verification_code
from plugin.rules.recognition.eligibility import Regions
from plugin.rules.recognition.items import Coverage
from plugin.site.gate import load_gate
from plugin.site.private_files import write_private
from plugin.site.settings import Site, load_site
from plugin.store.store import SqlReader, SqlStore, open_beside, open_store
from plugin.workflow.keep_recognition import KeepRecognition

KEY_FILE = Path("secrets") / "label-code"


@click.group("recognition")
def command() -> None:
    """Mutual recognition: evaluations, item names, codes.

    `coverage` of the archive, the list of `map`, `codes` and `corner` may run beside `signgate
    serve`; what changes something needs the database for itself: on SQLite stop `serve` first, or
    use the recognition page of the console.
    """


@command.command("evaluations")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--author", required=True, help="Who takes the table over.")
@config_option
@data_option
def evaluations(file: Path, author: str, config_dir: Path | None, data_dir: Path) -> None:
    """Take over a QC centre's table FILE (CSV), whole or not at all."""
    with _desk(config_dir, data_dir) as (store, desk):
        done = store.write(lambda uow: desk.take_evaluations(uow, file.read_bytes(), author))
    click.echo(f"{done.added} added, {done.changed} changed, {done.unchanged} known already")


@command.command("coverage")
@click.argument("file", required=False, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--region", "region_id", required=True, metavar="ID")
@config_option
@data_option
def coverage(file: Path | None, region_id: str, config_dir: Path | None, data_dir: Path) -> None:
    """How much of the archive's items, or of FILE (CSV: name, modality, count), is mapped."""
    if file is None:
        with _looking_on(config_dir, data_dir) as (beside, desk):
            result = beside.read(lambda uow: desk.coverage(uow, region_id))
    else:
        rows = _rows(file)
        # A list can be tried before there is any archive.
        with _desk(config_dir, data_dir) as (store, desk):
            result = store.read(lambda uow: desk.coverage_of(uow, region_id, rows))
    click.echo("\n".join(_told(result)))


@command.command("map")
@click.argument("name", required=False)
@click.argument("number", required=False, type=int)
@click.option("--region", "region_id", required=True, metavar="ID")
@click.option("--author", default="", help="Who answers.")
@config_option
@data_option
def map_names(
    name: str | None,
    number: int | None,
    region_id: str,
    author: str,
    config_dir: Path | None,
    data_dir: Path,
) -> None:
    """List open names with the nearest items; or answer: NAME is item NUMBER (0: none of the list)."""
    if name is None or number is None:
        with _looking_on(config_dir, data_dir) as (beside, desk):
            for each in beside.read(lambda uow: desk.open_names(uow, region_id)):
                click.echo(f"{each.exam_item} ({each.modality or '-'}, {each.count}): {each.match.text}")
                for near in each.suggestions:
                    click.echo(f"    {near.item.number:>4}  {near.item.name}  {near.score:.0f}")
        return
    if not author:
        raise InvalidInput("--author", "say who answers")
    with _desk(config_dir, data_dir) as (store, desk):
        store.write(lambda uow: desk.confirm(uow, region_id, name, number, author))
    click.echo(f"{name} is item {number} of {region_id}" if number else f"{name} is no item of {region_id}")


@command.command("verify")
@click.argument("code")
@config_option
@data_option
def verify(code: str, config_dir: Path | None, data_dir: Path) -> None:
    """Check a verification CODE without any database; exit 1 when it is none of ours."""
    folder = locate(config_dir)
    site, regions = load_site(folder), Regions.load(folder)
    file = data_dir / KEY_FILE
    if not file.is_file():
        raise InvalidInput(
            str(file), "is not there: this hospital has issued no code, or --data is another's"
        )
    key = bytes.fromhex(file.read_text("ascii").strip())
    try:
        region_id, number, on = check_code(key, site.hospital.institution_id, regions.ids, code)
    except NotAuthentic as error:
        click.echo(f"not valid: {error}")
        sys.exit(1)
    region = regions.region(region_id, on)
    mark = region.mark if region else region_id
    click.echo(f"valid: {site.hospital.name} gave examination {number} the mark {mark} on {on.isoformat()}")


@command.command("corner")
@click.argument("accession_number")
@config_option
@data_option
def corner(accession_number: str, config_dir: Path | None, data_dir: Path) -> None:
    """The text for the corner of a labelled examination's report: name, mark and verification code."""
    folder = locate(config_dir)
    site = load_site(folder)
    around = surroundings(site)
    with open_beside(site.store, data_dir, around.clock) as store:
        borne = store.read(lambda uow: list(uow.labels.for_exam(accession_number)))
    label = next((each for each in borne if each.withdrawn_at is None), None)
    if label is None:
        raise InvalidInput(accession_number, "bears no label")
    file = data_dir / KEY_FILE
    if not file.is_file():
        write_private(file, secrets.token_hex(32) + "\n")
    key = bytes.fromhex(file.read_text("ascii").strip())
    on = label.decided_at.astimezone(site.zone).date()
    code = verification_code(
        key, site.hospital.institution_id, label.decision.region_id, accession_number, on
    )
    click.echo(corner_text(site.hospital.name, label.decision.mark, code))


@contextmanager
def _desk(config_dir: Path | None, data_dir: Path) -> Iterator[tuple[SqlStore, KeepRecognition]]:
    """To change something: the database for itself, on SQLite."""
    site, recognition = _recognition(config_dir)
    with open_store(site.store, data_dir, recognition.around.clock) as store:
        yield store, recognition


@contextmanager
def _looking_on(config_dir: Path | None, data_dir: Path) -> Iterator[tuple[SqlReader, KeepRecognition]]:
    """To read: beside a running `serve`."""
    site, recognition = _recognition(config_dir)
    with open_beside(site.store, data_dir, recognition.around.clock) as store:
        yield store, recognition


def _recognition(config_dir: Path | None) -> tuple[Site, KeepRecognition]:
    folder = locate(config_dir)
    site = load_site(folder)
    return site, build_journeys(site, load_gate(folder), folder, surroundings(site)).recognition


def _rows(file: Path) -> list[tuple[str, str, int]]:
    """Name, modality, examinations; the count may be left out and is 1 then."""
    rows = []
    for line, row in enumerate(csv.reader(io.StringIO(file.read_text("utf-8-sig"))), 1):
        if not row or not row[0].strip():
            continue
        count = row[2].strip() if len(row) > 2 else "1"
        if not count.isdecimal():
            if line == 1:
                continue
            raise InvalidInput(f"{file}:{line}", f"count {count!r} is no number")
        rows.append((row[0].strip(), row[1].strip() if len(row) > 1 else "", int(count)))
    return rows


def _told(result: Coverage) -> Iterator[str]:
    yield f"{result.mapped} of {result.total} examinations mapped ({result.ratio:.1%})"
    for name, count, match in result.unmapped:
        yield f"{count:>8}  {name}: {match.text}"


command.add_command(codes)
