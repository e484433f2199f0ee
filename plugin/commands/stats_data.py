"""``signgate stats data``: the figures of DB50 7.1 for a month, with every case behind them."""

from __future__ import annotations

from pathlib import Path

import click

from plugin.bootstrap.surroundings import surroundings
from plugin.commands.options import config_option, data_option
from plugin.commands.stats_output import format_option, month_option, out_option, write
from plugin.configuration import locate
from plugin.domain.month import month_bounds
from plugin.kit.spreadsheet import Format
from plugin.rules.data_quality.figures import DataQualityRules
from plugin.site.settings import load_site
from plugin.store.store import open_beside
from plugin.workflow.data_tables import data_tables
from plugin.workflow.measure_data import MeasureData


@click.command("data")
@month_option
@format_option
@out_option
@config_option
@data_option
def data(month: str, form: Format, out: Path | None, config_dir: Path | None, data_dir: Path) -> None:
    """Data quality after DB50 7.1: five figures and their groups, then the cases behind them."""
    folder = locate(config_dir)
    site = load_site(folder)
    around = surroundings(site)
    measure = MeasureData(rules=DataQualityRules.read(folder), around=around)
    since, until = month_bounds(month or f"{around.clock().astimezone(site.zone):%Y-%m}", site.zone)
    with open_beside(site.store, data_dir, around.clock) as store:
        view = store.read(lambda uow: measure.view(uow, since, until))
    write(data_tables(view), form, out)
