"""``signgate verify``: is what is kept whole?"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from plugin.commands.options import config_option, data_option
from plugin.configuration import locate


@click.command(name="verify")
@config_option
@data_option
def command(config_dir: Path | None, data_dir: Path) -> None:
    """Check the database file, counts, orphan jobs and the audit trail's hash chain.

    Changes nothing, and may run beside `signgate serve`.  Exits 1 when something is wrong.
    """
    from plugin.site.settings import load_site
    from plugin.store.engine import Database
    from plugin.store.inspection import inspect

    database = Database(load_site(locate(config_dir)).store, data_dir)
    try:
        found = inspect(database)
    finally:
        database.close()
    width = max(map(len, found.counts))
    for table, count in sorted(found.counts.items()):
        click.echo(f"{table:<{width}}  {count:>10}")
    for (destination, kind, state), count in sorted(found.documents.items()):
        click.echo(f"documents for {destination}: {kind} {state}  {count}")
    for problem in found.problems:
        click.echo(f"wrong: {problem}", err=True)
    if found.problems:
        click.echo(f"{len(found.problems)} problems in {database.name}", err=True)
        sys.exit(1)
    click.echo(f"{database.name} is whole; the audit trail holds {found.audit_entries} entries in one chain")
