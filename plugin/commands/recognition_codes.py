"""``signgate recognition codes``: a site's table of WS/T 364.8, and the names and codes of a month (DB50 7.2)."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from plugin.bootstrap.surroundings import surroundings
from plugin.commands.options import config_option, data_option
from plugin.configuration import locate
from plugin.domain.month import month_bounds
from plugin.rules.exam_codes import CodeTable, NamingRules, read_codes
from plugin.rules.recognition.names import NameReader
from plugin.site.settings import load_site
from plugin.store.store import open_beside
from plugin.workflow.check_names import CheckNames, NameView


@click.command("codes")
@click.argument("file", required=False, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--month", default="", metavar="YYYY-MM", help="[default: this month]")
@config_option
@data_option
def codes(file: Path | None, month: str, config_dir: Path | None, data_dir: Path) -> None:
    """Check a table of codes FILE line by line; or, without FILE, a month's names and codes.

    A sound table belongs to config/codes/wst_364_8.csv.  Exit status 1 when something is wrong.
    """
    folder = locate(config_dir)
    reader = NameReader.load(folder)
    if file is not None:
        _check(file, reader)
        return
    site = load_site(folder)
    around = surroundings(site)
    names = CheckNames(rules=NamingRules(reader, CodeTable.load(folder, reader)), around=around)
    since, until = month_bounds(month or f"{around.clock().astimezone(site.zone):%Y-%m}", site.zone)
    with open_beside(site.store, data_dir, around.clock) as store:
        view = store.read(lambda uow: names.view(uow, since, until))
    _tell(view)


def _check(file: Path, reader: NameReader) -> None:
    table, problems = read_codes(file.read_bytes(), reader)
    for problem in problems:
        click.echo(f"{file}:{problem.line}: {problem.text}", err=True)
    if problems:
        sys.exit(1)
    click.echo(f"{file}: {len(table.codes)} codes, sound")


def _tell(view: NameView) -> None:
    click.echo(
        f"{view.sound} of {view.total} examinations are sound ({view.share:.1%}); {view.codes} codes loaded"
    )
    for each in view.remarks:
        click.echo(
            f"{each.exam_item} ({each.code or '-'}, {each.modality or '-'}, {each.count}): {'；'.join(each.remarks)}"
        )
    if view.remarks:
        sys.exit(1)
