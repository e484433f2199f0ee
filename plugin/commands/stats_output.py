"""What every table of ``signgate stats`` is asked with, and how it leaves."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from plugin.kit.spreadsheet import Format, Table, written

month_option = click.option("--month", default="", metavar="YYYY-MM", help="[default: this month]")
format_option = click.option(
    "--format", "form", type=click.Choice(["csv", "xlsx", "json"]), default="csv", show_default=True
)
out_option = click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="File [default: standard output]."
)


def write(tables: Sequence[Table], form: Format, out: Path | None) -> None:
    """To a file, or to standard output.

    Raises
    ------
    click.UsageError
        When an Excel file would go to a terminal.
    """
    content = written(tables, form)
    if out is not None:
        out.write_bytes(content)
    elif form == "xlsx" and sys.stdout.isatty():
        raise click.UsageError("an Excel file is no text; name a file with --out")
    else:
        sys.stdout.buffer.write(content)
