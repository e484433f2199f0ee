"""``signgate db``: the database's schema."""

from __future__ import annotations

import logging
from pathlib import Path

import click

from plugin.commands.options import config_option, data_option
from plugin.configuration import locate
from plugin.domain.errors import StoreUnavailable


@click.group(name="db")
def command() -> None:
    """Upgrade the database."""


@command.command()
@config_option
@data_option
def upgrade(config_dir: Path | None, data_dir: Path) -> None:
    """Bring the database to this version's schema; make it when there is none.

    `signgate serve` does the same when it starts.
    """
    from plugin import logs
    from plugin.site.settings import load_site
    from plugin.store import schema
    from plugin.store.engine import Database, protect
    from plugin.store.process_lock import ProcessLock

    logs.configure(readable=True, level=logging.WARNING)
    database = Database(load_site(locate(config_dir)).store, data_dir)
    lock = ProcessLock(data_dir)
    if database.file:
        protect(database.file)
        lock.take()
    try:
        before = schema.current(database)
        schema.upgrade(database)
        after = schema.current(database)
    finally:
        lock.release()
        database.close()
    done = "is up to date" if before == after else f"upgraded from {before or 'nothing'}"
    click.echo(f"{database.name}: schema {after}, {done}")


@command.command()
@config_option
@data_option
def status(config_dir: Path | None, data_dir: Path) -> None:
    """Say which schema the database has; exit 1 when it is not this version's."""
    from plugin.site.settings import load_site
    from plugin.store import schema
    from plugin.store.engine import Database

    database = Database(load_site(locate(config_dir)).store, data_dir)
    if database.file and not database.file.is_file():
        raise StoreUnavailable(f"no database at {database.file}; name the data folder with --data")
    schema.check(database)
    click.echo(f"{database.name}: schema {schema.newest()}, up to date")
