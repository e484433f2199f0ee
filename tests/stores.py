"""A store in a temporary folder, as every test may use it: the real one, on SQLite."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from plugin.store.drivers import Driver
from plugin.store.link import Compiled, Prepared
from plugin.store.settings import StoreSettings
from plugin.store.store import SqlStore, open_store


def utc_now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def temporary_store(
    folder: Path, clock: Callable[[], datetime] = utc_now, settings: StoreSettings | None = None
) -> Iterator[SqlStore]:
    """Open the store that lies, or shall lie, in `folder`; closed at the end."""
    with open_store(settings or StoreSettings(), folder, clock) as store:
        yield store


class _Explained(Prepared):
    def compiled(self, driver: Driver) -> Compiled:
        said = super().compiled(driver)
        explain = "EXPLAIN QUERY PLAN" if driver.name == "sqlite" else "EXPLAIN"
        return said._replace(sql=f"{explain} {said.sql}")


def plan(store: SqlStore, query: Prepared, parameters: dict[str, Any]) -> str:
    """How the database would answer a query, in its own words."""

    def asked(uow: Any) -> str:
        link = uow.link
        if link.driver.name == "postgresql":
            for table in query.tables:
                link.control(f"ANALYZE {table}")
        return "\n".join(map(str, link.rows(_Explained(query.clause), parameters)))

    return store.write(asked)
