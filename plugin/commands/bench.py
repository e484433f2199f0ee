"""``signgate bench``: how fast we are, beside the peers, measured in one run."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import asdict
from functools import partial
from importlib import import_module
from pathlib import Path

import click

from plugin.bench.contest import Contest, Figure, held
from plugin.commands.options import config_option
from plugin.configuration import locate

BENCHMARKS = ("hl7", "alert", "hook", "rules", "sr", "label", "honour")
"""Each is ``plugin.bench.<name>`` with ``contests(config_dir, work_dir)``."""


@click.command("bench")
@click.argument("names", nargs=-1, metavar=f"[{'|'.join(BENCHMARKS)}]…", type=click.Choice(BENCHMARKS))
@click.option("--turns", type=click.IntRange(1, 100), default=5, show_default=True, help="Counted turns.")
@click.option(
    "--soak",
    type=click.IntRange(1000),
    metavar="MESSAGES",
    help="With hl7: send so many orders and reports, print memory over time, exit 1 when it grows.",
)
@click.option(
    "--postgres",
    metavar="URL",
    help="With hl7: ours and the naive listener on new databases of this PostgreSQL server.",
)
@click.option("--json", "as_json", is_flag=True, help="Figures as JSON lines.")
@config_option
def command(
    names: tuple[str, ...],
    turns: int,
    soak: int | None,
    postgres: str | None,
    as_json: bool,
    config_dir: Path | None,
) -> None:
    """Run the named benchmarks, or all: medians of several turns, and ratios to the peers."""
    folder = locate(config_dir)
    if (soak or postgres) and names != ("hl7",):
        raise click.UsageError(
            "--soak and --postgres belong to one benchmark: signgate bench hl7 --soak 50000"
        )
    if soak:
        _soak(folder, soak, as_json)
    elif postgres:
        module = import_module("plugin.bench.hl7_postgres")
        _hold(lambda work: module.contests(folder, work, postgres), turns, as_json)
    else:
        for name in names or BENCHMARKS:
            module = import_module(f"plugin.bench.{name}")
            _hold(partial(module.contests, folder), turns, as_json)


def _hold(contests: Callable[[Path], Iterable[Contest]], turns: int, as_json: bool) -> None:
    with tempfile.TemporaryDirectory(prefix="signgate-bench-") as work:
        for contest in contests(Path(work)):
            for figure in held(contest, turns):
                _print(figure, as_json)


def _soak(folder: Path, messages: int, as_json: bool) -> None:
    soaking = import_module("plugin.bench.soak")
    samples = []
    with tempfile.TemporaryDirectory(prefix="signgate-soak-") as work:
        for sample in soaking.soak(folder, Path(work), messages):
            samples.append(sample)
            click.echo(json.dumps(asdict(sample)) if as_json else sample.line())
    own = soaking.growth(samples, lambda sample: sample.anonymous_mib)
    flat = own <= soaking.FLAT_MIB
    verdict = {"growth_mib_a_million": round(own, 1), "allowed": soaking.FLAT_MIB, "flat": flat}
    click.echo(
        json.dumps(verdict)
        if as_json
        else f"own memory grows by {own:.1f} MiB a million messages (allowed {soaking.FLAT_MIB:g})"
    )
    if not flat:
        raise SystemExit(1)


def _print(figure: Figure, as_json: bool) -> None:
    click.echo(json.dumps(figure.as_json(), ensure_ascii=False) if as_json else figure.line())
