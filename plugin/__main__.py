"""The command line: ``signgate COMMAND``.

Each command lives in its own file of :mod:`plugin.commands` and is imported only when
it is called, so that ``signgate send`` does not pay for DICOM, nor ``serve`` for Excel.
"""

from __future__ import annotations

import logging
import os
import sys
from importlib import import_module

import click

from plugin import __version__, logs
from plugin.domain.errors import PluginError

COMMANDS = {
    "serve": "run the listener, the gate, the deliveries",
    "demo": "run everything with a simulated RIS and an embedded PACS",
    "check-config": "read every configuration file and name what is wrong",
    "check-reports": "check reports, JSON lines in and out",
    "send": "send HL7 files over MLLP and print the acknowledgements",
    "profile": "propose an HL7 site profile from sample messages",
    "messages": "search, show and replay archived messages",
    "label": "stamp DICOM files with a mutual-recognition label",
    "recognition": "evaluations, item names and verification codes of mutual recognition",
    "sr": "read and fetch QC structured reports",
    "sampling": "show, set and simulate the sampling policy",
    "stats": "the standard's tables",
    "staff": "import and list the people of the department",
    "user": "add and manage accounts",
    "db": "upgrade the database",
    "backup": "write a consistent copy of the data",
    "restore": "restore such a copy into an empty data folder",
    "verify": "check counts, jobs and the audit trail",
    "doctor": "try every connection of this site",
    "drill": "exercise the chain of critical values",
    "bench": "the benchmarks, each beside its peer",
}
"""Command to its help line; `plugin.commands.<name with _>` holds the click command `command`."""


class LazyCommands(click.Group):
    """Loads a command's module when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"plugin.commands.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyCommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="signgate")
def cli() -> None:
    """SignGate: the quality gate between a radiologist's signature and the hospital."""


def main() -> None:
    """Run; an error of ours is one line on standard error and exit status 1."""
    # A command's output is its answer; what the rooms below it log is no part of it.
    logs.configure(readable=sys.stderr.isatty(), level=logging.WARNING)
    try:
        cli(prog_name="signgate")
    except PluginError as error:
        click.echo(f"signgate: {error}", err=True)
        sys.exit(1)
    except BrokenPipeError:
        # The reader of our output has gone (`signgate … | head`): nobody is left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        # A file that may not be read or written is the caller's to mend; anything else is ours.
        if error.filename is None:
            raise
        click.echo(f"signgate: {error.filename}: {error.strerror}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
