"""``signgate stats scores|deductions|items|workload|quality|structured``: the standard's figures of a month."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from plugin.bootstrap.surroundings import utc_now
from plugin.commands.options import config_option, data_option
from plugin.commands.stats_output import format_option, month_option, out_option, write
from plugin.configuration import locate
from plugin.domain.errors import InvalidInput
from plugin.domain.month import month_bounds
from plugin.kit.spreadsheet import Format, Table
from plugin.site.settings import load_site
from plugin.store.job_listing import SqlJobListing
from plugin.store.reading import SqlReading
from plugin.store.store import open_beside
from plugin.workflow import score_tables

_HELP = {
    "scores": "Figure 2: points by person and modality.",
    "deductions": "Figure 3: every sheet that lost points, and why.",
    "items": "Figure 4: how often each line was deducted.",
    "workload": "Figure 5: examinations by technician, and reports by doctor, and modality.",
    "quality": "Figure 7: rates by person; then the pass rate in its three readings.",
    "structured": "Share of structured reports by department and modality.",
}


def tables(what: str, month: str, form_id: str, config_dir: Path | None, data_dir: Path) -> list[Table]:
    """The tables of one command.

    Raises
    ------
    InvalidInput
        When the month is none.
    """
    site = load_site(locate(config_dir))
    since, until = month_bounds(month or f"{utc_now().astimezone(site.zone):%Y-%m}", site.zone)
    with open_beside(site.store, data_dir, utc_now) as store:
        if what == "workload":
            technicians, doctors = store.read(lambda uow: score_tables.workload(uow, since, until))
            return [
                score_tables.workload_table(technicians, "技师工作量统计"),
                score_tables.workload_table(doctors, "医生工作量统计"),
            ]
        reading = SqlReading(store, SqlJobListing(store))
        if what == "structured":
            return [score_tables.structured_table(reading.structured(since, until))]
        rows = reading.scored(since, until)
    chosen = [row for row in rows if not form_id or row.sheet.form_id == form_id]
    if form_id and rows and not chosen:
        known = ", ".join(sorted({row.sheet.form_id for row in rows}))
        raise InvalidInput("--form", f"nothing was scored by {form_id!r}; there are: {known}")
    return [build(chosen) for build in score_tables.SCORED[what]]


def _command(what: str) -> click.Command:
    def run(
        month: str, form_id: str, form: Format, out: Path | None, config_dir: Path | None, data_dir: Path
    ) -> None:
        write(tables(what, month, form_id, config_dir, data_dir), form, out)

    options: tuple[Callable[[Callable[..., None]], Callable[..., None]], ...] = (
        data_option,
        config_option,
        out_option,
        format_option,
        click.option("--form", "form_id", default="", metavar="ID", help="Only sheets of this form."),
        month_option,
    )
    for option in options:
        run = option(run)
    return click.command(what, help=_HELP[what])(run)


COMMANDS = tuple(_command(what) for what in _HELP)
