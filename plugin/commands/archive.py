"""A site's data as a command opens it: beside a running server, and by whom."""

from __future__ import annotations

import contextlib
import getpass
from collections.abc import Iterator
from pathlib import Path

from plugin.bootstrap.surroundings import utc_now
from plugin.site.settings import Site
from plugin.store import schema
from plugin.store.engine import Database
from plugin.store.store import SqlStore


@contextlib.contextmanager
def looking(site: Site, data_dir: Path) -> Iterator[SqlStore]:
    """A store that is only read, beside a process that writes."""
    database = Database(site.store, data_dir)
    schema.check(database)
    with contextlib.closing(SqlStore(database, utc_now)) as store:
        yield store


def actor() -> str:
    """Who sits at this command line, for the audit trail."""
    return f"{getpass.getuser()}@cli"
