"""Where the data lies, and how much may wait for it."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from plugin.kit.registry import Options

DATABASE_FILE = "signgate.sqlite"


class StoreSettings(Options):
    """Settings under ``[store]`` of ``site.toml``.

    Parameters
    ----------
    url
        ``postgresql+psycopg://…``; empty is SQLite in the data folder.
    busy_timeout_s
        How long a write waits for a database that another process holds.
    group_max
        How many journeys commit together at most.
    queue_max
        How many may wait for the writer; more are refused at once, so that nothing piles up.
    readers
        Connections for queries beside the writer.
    """

    url: str = ""
    busy_timeout_s: float = Field(default=5.0, gt=0, le=60)
    group_max: int = Field(default=64, ge=1, le=1000)
    queue_max: int = Field(default=4000, ge=1)
    readers: int = Field(default=8, ge=1, le=64)

    def address(self, data_dir: Path) -> str:
        """SQLAlchemy URL of the database.

        Raises
        ------
        ValueError
            When it is neither SQLite nor PostgreSQL by psycopg 3.
        """
        if not self.url:
            return f"sqlite:///{data_dir.absolute() / DATABASE_FILE}"
        scheme, _, rest = self.url.partition("://")
        if scheme in {"postgresql", "postgres", "postgresql+psycopg"} and rest:
            return f"postgresql+psycopg://{rest}"
        raise ValueError("store.url is empty (SQLite in the data folder) or postgresql://…")
