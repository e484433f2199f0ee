"""``signgate bench``: how fast we are, beside the peers, measured in one run."""

from __future__ import annotations

import json
import tempfile
from importlib import import_module
from pathlib import Path

import click

from plugin.bench.contest import Figure, held
from plugin.commands.options import config_option
from plugin.configuration import locate

BENCHMARKS = ("hl7", "alert", "hook", "rules", "sr", "label")
"""Each is ``plugin.bench.<name>`` with ``contests(config_dir, work_dir)``."""


@click.command("bench")
@click.argument("names", nargs=-1, metavar=f"[{'|'.join(BENCHMARKS)}]…", type=click.Choice(BENCHMARKS))
@click.option("--turns", type=click.IntRange(1, 100), default=5, show_default=True, help="Counted turns.")
@click.option("--json", "as_json", is_flag=True, help="Figures as JSON lines.")
@config_option
def command(names: tuple[str, ...], turns: int, as_json: bool, config_dir: Path | None) -> None:
    """Run the named benchmarks, or all: medians of several turns, and ratios to the peers."""
    folder = locate(config_dir)
    for name in names or BENCHMARKS:
        module = import_module(f"plugin.bench.{name}")
        with tempfile.TemporaryDirectory(prefix="signgate-bench-") as work:
            for contest in module.contests(folder, Path(work)):
                for figure in held(contest, turns):
                    _print(figure, as_json)


def _print(figure: Figure, as_json: bool) -> None:
    click.echo(json.dumps(figure.as_json(), ensure_ascii=False) if as_json else figure.line())
