"""``signgate label PATH…``: stamp DICOM files with a region's mark, away from any PACS.

Whoever calls it says that the images have earned the mark; eligibility is judged where the
evaluations are known, in the running service.
"""

from __future__ import annotations

import sys
import uuid
import warnings
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

import click

from plugin.bootstrap.surroundings import surroundings
from plugin.commands.options import config_option, data_option
from plugin.commands.progress import progress_line
from plugin.configuration import locate
from plugin.domain.errors import InvalidInput
from plugin.labels.context import Stamping, uids_of
from plugin.labels.files import Outcome, stamp_institutions
from plugin.labels.files_drawn import stamp_drawn
from plugin.labels.folders import Source, sources
from plugin.labels.institution import InstitutionOptions
from plugin.labels.instructions import INSTRUCTIONS, Standing
from plugin.labels.text import Mark, Placement
from plugin.labels.writers import WRITERS
from plugin.rules.recognition.eligibility import Regions, standing_names
from plugin.site.settings import load_site
from plugin.store.store import open_store

Charset = Literal["ISO_IR 192", "GB18030"]


class _StampByDefault(click.Group):
    """``label PATH…`` stamps; any other first word is a command of its own."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, args if args and args[0] in self.commands else ["stamp", *args])


@click.group(cls=_StampByDefault)
def command() -> None:
    """Stamp DICOM files, or write instructions for archives that stamp by themselves."""


@command.command("stamp")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH…")
@click.option("--region", "region_id", required=True, metavar="ID", help="Region, as in config/regions/.")
@click.option(
    "--as",
    "way",
    required=True,
    type=click.Choice(["institution", "gsps", "overlay", "burned-in"]),
    help="After InstitutionName; as presentation states; in copies: as overlay planes, in the pixels.",
)
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
@click.option(
    "--institution",
    default="",
    metavar="NAME",
    help="Hospital, for images that name none; others' are refused.",
)
@click.option(
    "--charset",
    "really",
    default="",
    metavar="SET",
    help="What the texts truly are (GB18030, ISO_IR 192), where images declare it wrongly.",
)
@click.option(
    "--to-charset",
    "target",
    type=click.Choice(["ISO_IR 192", "GB18030"]),
    default="ISO_IR 192",
    show_default=True,
    help="What an image is moved to when its own character set has no Hanzi.",
)
@config_option
def stamp(
    paths: tuple[Path, ...],
    region_id: str,
    way: str,
    out: Path,
    institution: str,
    really: str,
    target: Charset,
    config_dir: Path | None,
) -> None:
    """Stamp files and folders; originals stay as they are.

    `signgate label instructions --help` tells how an archive is taught to stamp by itself.

    Each file that cannot be stamped is named with the reason; the exit status is then 1.
    """
    # What pydicom finds odd in an image is no business of whoever stamps it.
    warnings.filterwarnings("ignore", module="pydicom")
    now = datetime.now(UTC).astimezone()
    mark = _mark(locate(config_dir), region_id, institution, now.date())
    options: dict[str, Any] = {"charset": target, "really": really}
    files = sources(paths, out)
    if way == "institution":
        outcomes = stamp_institutions(files, out, mark, InstitutionOptions(**options))
    else:
        stamping = Stamping(now=now, uid=uids_of(str(uuid.uuid4())))
        writer = WRITERS.build(way, options)
        outcomes = stamp_drawn(files, out, mark, writer, stamping, one_by_one=way != "gsps")
    stamped, refused = _told(outcomes, files)
    click.echo(f"{stamped} stamped, {refused} refused, into {out}")
    if refused or not stamped:
        sys.exit(1)


@command.command("instructions")
@click.option("--for", "archive", required=True, type=click.Choice(sorted(INSTRUCTIONS)))
@click.option("--region", "region_id", required=True, metavar="ID", help="Region, as in config/regions/.")
@config_option
@data_option
def instructions(archive: str, region_id: str, config_dir: Path | None, data_dir: Path) -> None:
    """Write what an archive must do to InstitutionName as it receives images.

    From the evaluations that stand and the item names that have come: make it anew when
    either changes.
    """
    folder = locate(config_dir)
    site = load_site(folder)
    around = surroundings(site)
    regions, today = Regions.load(folder), around.today()
    with open_store(site.store, data_dir, around.clock) as store:
        standing = store.read(
            lambda uow: list(
                standing_names(
                    regions.with_answers(uow.labels.answers()),
                    region_id,
                    site.hospital.institution(),
                    uow.labels.evaluations(site.hospital.institution_id),
                    uow.labels.exam_items(),
                    today,
                )
            )
        )
    mark = _mark(folder, region_id, site.hospital.name, today)
    rows = [
        Standing(
            modality=modality, description=name, device=e.device, valid_from=e.valid_from, valid_to=e.valid_to
        )
        for name, modality, e in standing
    ]
    click.echo(INSTRUCTIONS[archive](replace(mark, aliases=site.hospital.aliases), rows), nl=False)


def _mark(config_dir: Path, region_id: str, institution: str, today: date) -> Mark:
    regions = Regions.load(config_dir)
    region = regions.region(region_id, today)
    if region is None:
        raise InvalidInput("--region", f"{region_id} has no version in force on {today.isoformat()}")
    others = tuple(mark for mark in regions.marks if mark != region.mark)
    placement = Placement(region.placement)
    return Mark(text=region.mark, placement=placement, institution=institution, others=others)


def _told(outcomes: Iterator[Outcome], files: list[Source]) -> tuple[int, int]:
    """Show progress on a terminal, refusals always; count files."""
    state: dict[Path, bool] = {}
    with progress_line() as show:
        for outcome in outcomes:
            state[outcome.source] = outcome.written is not None
            if outcome.refused:
                show("")
                click.echo(f"{outcome.source}: {outcome.refused}", err=True)
            show(f"{len(state)}/{len(files)} {outcome.source.name}")
    stamped = sum(state.values())
    return stamped, len(state) - stamped
