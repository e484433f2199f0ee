"""``signgate demo``: everything on this machine, with a simulated RIS; ``--once`` plays it alone."""

from __future__ import annotations

import logging
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

import click

from plugin import logs
from plugin.demo.journey import play
from plugin.demo.show import run
from plugin.demo.stage import SCENE, Ports, Stage

DEFAULT_DATA = Path("data") / "demo"


@click.command("demo")
@click.option("--once", is_flag=True, help="Play the whole journey without a person, then stop.")
@click.option(
    "--data",
    "data_dir",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Data folder [default: ./data/demo; with --once a temporary one].",
)
@click.option(
    "--port-base",
    type=click.IntRange(1024, 65531),
    metavar="N",
    help="HL7 on N, web on N+1, DIMSE on N+2, embedded PACS on N+3, RIS on N+4 [default: 2575, 8080, 11112, 11113, 8081; with --once free ones].",
)
def command(once: bool, data_dir: Path | None, port_base: int | None) -> None:
    """Run SignGate with an embedded PACS, real images and a simulated RIS.

    With --once the whole journey is played over the real sockets (MLLP, HTTP, DIMSE), each
    step prints what was observed, and the exit status is 0 only when each was.
    """
    logs.configure(readable=sys.stderr.isatty(), level=logging.ERROR)
    if once:
        if data_dir is not None and (data_dir / SCENE).exists():
            raise click.BadParameter(
                f"{data_dir} holds an earlier demo; --once wants a new folder", param_hint="--data"
            )
        ports = Ports.from_base(port_base) if port_base else Ports.free()
        with tempfile.TemporaryDirectory(prefix="signgate-demo-") as temporary:
            sys.exit(0 if _once(Stage(data_dir or Path(temporary), ports, undo_seconds=3)) else 1)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    ports = Ports.from_base(port_base) if port_base else Ports()
    run(Stage(data_dir or DEFAULT_DATA, ports), stop, click.echo)


def _once(stage: Stage) -> bool:
    started = time.monotonic()
    try:
        click.echo(stage.start())
        seen = play(stage, click.echo)
    finally:
        stage.stop()
    took = time.monotonic() - started
    click.echo(f"{'every step was observed' if seen else 'the journey ended here'} ({took:.0f} s)")
    return seen
