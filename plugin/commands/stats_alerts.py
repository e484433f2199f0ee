"""``signgate stats alerts`` and ``signgate stats register``: critical values in figures, and their book."""

from __future__ import annotations

from pathlib import Path

import click

from plugin.bootstrap.journeys import build_journeys
from plugin.bootstrap.surroundings import surroundings
from plugin.commands.options import config_option, data_option
from plugin.commands.stats_output import format_option, month_option, out_option, write
from plugin.configuration import locate
from plugin.domain.month import month_bounds
from plugin.kit.spreadsheet import Format, Table
from plugin.site.gate import load_gate
from plugin.site.settings import load_site
from plugin.store.alert_reading import alert_cases
from plugin.store.store import open_beside
from plugin.workflow.alert_statistics import alert_figures
from plugin.workflow.alert_tables import figures_table, register_table


@click.command("alerts")
@month_option
@format_option
@out_option
@config_option
@data_option
def alerts(month: str, form: Format, out: Path | None, config_dir: Path | None, data_dir: Path) -> None:
    """How fast critical values were told and read back, by department, tier and month."""
    write([_table("alerts", month, config_dir, data_dir)], form, out)


@click.command("register")
@month_option
@format_option
@out_option
@config_option
@data_option
def register(month: str, form: Format, out: Path | None, config_dir: Path | None, data_dir: Path) -> None:
    """The register of critical values (危急值登记本) of a month, in place of the paper book."""
    write([_table("register", month, config_dir, data_dir)], form, out)


def _table(what: str, month: str, config_dir: Path | None, data_dir: Path) -> Table:
    folder = locate(config_dir)
    site = load_site(folder)
    around = surroundings(site)
    now = around.clock()
    since, until = month_bounds(month or f"{now.astimezone(site.zone):%Y-%m}", site.zone)
    with open_beside(site.store, data_dir, around.clock) as store:
        cases = store.read(lambda uow: alert_cases(uow, since, until))
    if what == "register":
        return register_table(cases, site.zone)
    desk = build_journeys(site, load_gate(folder), folder, around).alerts
    return figures_table(alert_figures(cases, desk.minutes_of, now, site.zone))
