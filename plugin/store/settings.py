"""Where the data lies, and how much may wait for it."""

from __future__ import annotations

from pydantic import Field, field_validator

from plugin.kit.registry import Options

DATABASE_FILE = "signgate.sqlite"


class StoreSettings(Options):
    """Settings under ``[store]`` of ``site.toml``.

    Parameters
    ----------
    url
        ``postgresql://user@host/database``; empty is SQLite in the data folder.  The password is
        better kept in libpq's own places (``PGPASSWORD``, ``~/.pgpass``) than here.
    busy_timeout_s
        How long a write waits for a database that another process holds.
    group_max
        How many journeys commit together at most.
    gather_s
        How long the writer waits for as many journeys as committed together before, once there is one.
    queue_max
        How many may wait for the writer; more are refused at once, so that nothing piles up.
    readers
        Connections for queries beside the writer.
    """

    url: str = ""
    busy_timeout_s: float = Field(default=5.0, gt=0, le=60)
    group_max: int = Field(default=64, ge=1, le=1000)
    gather_s: float = Field(default=0.001, ge=0, le=0.1)
    queue_max: int = Field(default=4000, ge=1)
    readers: int = Field(default=8, ge=1, le=64)

    @field_validator("url")
    @classmethod
    def _known_database(cls, url: str) -> str:
        if url and not url.startswith(("postgresql://", "postgresql+psycopg://")):
            raise ValueError("is empty (SQLite in the data folder) or postgresql://user@host/database")
        return url
