"""``signgate stats``: figures that leave as CSV, Excel or JSON; each table in a file beside this one."""

from __future__ import annotations

import click

from plugin.commands import stats_alerts, stats_data, stats_figures


@click.group("stats")
def command() -> None:
    """Tables and registers, written out.

    A running SignGate on SQLite has its database for itself: stop it first, or use the
    pages of the console.
    """


for each in (*stats_figures.COMMANDS, stats_alerts.alerts, stats_alerts.register, stats_data.data):
    command.add_command(each)
