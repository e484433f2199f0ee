"""``signgate stats``: figures that leave as CSV, Excel or JSON; each table in a file beside this one."""

from __future__ import annotations

import click

from plugin.commands import stats_alerts, stats_data, stats_figures


@click.group("stats")
def command() -> None:
    """Tables and registers, written out.

    They only read, so `signgate serve` may run meanwhile.
    """


for each in (*stats_figures.COMMANDS, stats_alerts.alerts, stats_alerts.register, stats_data.data):
    command.add_command(each)
