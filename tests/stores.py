"""A store in a temporary folder, as every test may use it: the real one, on SQLite."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

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
