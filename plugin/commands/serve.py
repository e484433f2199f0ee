"""``signgate serve``: run until told to stop."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path

import click

from plugin import logs
from plugin.application import Application, Role
from plugin.commands.options import config_option, data_option
from plugin.configuration import locate
from plugin.kit.collector import spare_what_is_loaded
from plugin.site.gate import load_gate
from plugin.site.settings import load_site


@click.command("serve")
@config_option
@data_option
@click.option(
    "--port-base",
    type=click.IntRange(1, 65532),
    metavar="N",
    help="HL7 on N, web on N+1, DIMSE on N+2, embedded PACS on N+3.",
)
@click.option(
    "--only",
    type=click.Choice(["hl7", "web", "dimse", "delivery"]),
    help="Run one role of several processes (on PostgreSQL).",
)
def command(config_dir: Path | None, data_dir: Path, port_base: int | None, only: Role | None) -> None:
    """Run the listener, the gate, the popup and the deliveries.

    Prints one line `ready hl7=… web=… dimse=…` when all listen, with `hl7-tls=…` where HL7 is
    taken by TLS; with --only the line has the one door's addresses.  SIGTERM finishes what was accepted and stops.
    """
    logs.configure(readable=sys.stderr.isatty())
    folder = locate(config_dir)
    site = load_site(folder)
    application = Application(
        site.on_ports(port_base) if port_base else site, load_gate(folder), folder, data_dir, only=only
    )
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    application.start()
    spare_what_is_loaded()
    try:
        click.echo(application.ready_line())
        if application.web_url and (key := application.setup_key.path).exists():
            click.echo(f"first administrator: open {application.web_url}/console/setup with the key in {key}")
        stop.wait()
    finally:
        application.stop()
