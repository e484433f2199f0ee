"""``signgate bench hl7 --postgres URL``: ours and the naive listener, each on a new database of that server."""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from plugin.bench.contest import Contest
from plugin.bench.hl7 import NAIVELY, OURS, orm, oru, p99, rate
from plugin.bench.hl7_peers import NAIVE
from plugin.bench.servers import peer, signgate


def contests(config_dir: Path, work_dir: Path, url: str) -> Iterator[Contest]:
    """The figures of this benchmark.

    Parameters
    ----------
    url
        ``postgresql://user@host/database``: a database from which others may be created.
    """
    with ExitStack() as stack:
        config = _on_postgres(config_dir, work_dir, stack.enter_context(_new_database(url)))
        ours = stack.enter_context(signgate(config, work_dir / "data")).port
        keeps = make_url(stack.enter_context(_new_database(url))).set(drivername="postgresql+psycopg")
        naive = stack.enter_context(
            peer(work_dir, "naive", NAIVE, keeps.render_as_string(hide_password=False))
        )
        for make, name in ((oru, "ORU"), (orm, "ORM")):
            yield Contest(
                name=f"{name}, 8, PostgreSQL",
                unit="messages/s",
                runs={OURS: rate(ours, make, 8), NAIVELY: rate(naive, make, 8)},
                larger_is_better=True,
                goals={NAIVELY: 6.0},
            )
        yield Contest(
            name="ORU p99, 64, PostgreSQL",
            unit="ms",
            runs={OURS: p99(ours, oru, 64), NAIVELY: p99(naive, oru, 64)},
        )


def _on_postgres(config_dir: Path, work_dir: Path, url: str) -> Path:
    """A copy of the configuration that keeps its data there."""
    folder = work_dir / "config"
    shutil.copytree(config_dir, folder, ignore=shutil.ignore_patterns("__pycache__"))
    site = folder / "site.toml"
    text = site.read_text(encoding="utf-8")
    text = re.sub(r'(?m)^url = ".*"$', f'url = "{url}"', text, count=1)
    site.write_text(text, encoding="utf-8")
    return folder


@contextmanager
def _new_database(url: str) -> Iterator[str]:
    """URL of an empty database, dropped at the end."""
    name = f"signgate_bench_{secrets.token_hex(4)}"
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield make_url(plain).set(database=name).render_as_string(hide_password=False)
    finally:
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
