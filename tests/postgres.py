"""A PostgreSQL server of the test's own: a temporary folder, a socket in it, no network."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from conftest import need_tool
from patience import PATIENCE_S

_ACCOUNT = "postgres" if os.name == "posix" and os.geteuid() == 0 else None


class PostgresServer:
    """A server that can be stopped hard and started again."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs, self.folder = programs, folder
        self._count = 0

    def start(self) -> None:
        # Tests stop the server, never the machine: without fsync a hard stop still loses nothing.
        options = f"-k {self.folder} -c listen_addresses='' -c shared_buffers=16MB -c fsync=off"
        self._run("pg_ctl", "-D", "data", "-o", options, "-l", "log", "-w", "start")

    def stop(self, mode: str = "fast") -> None:
        self._run("pg_ctl", "-D", "data", "-m", mode, "-w", "stop")

    def running(self) -> bool:
        return (self.folder / "data/postmaster.pid").exists()

    def new_database(self, template: str = "template1") -> str:
        """URL of a new database: empty, or a copy of the one whose URL is `template`."""
        self._count += 1
        name = f"signgate{self._count}"
        source = template.rpartition("@/")[2].partition("?")[0]
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {source}")
        return f"postgresql://postgres@/{name}?host={self.folder}"

    def address(self, database: str) -> str:
        return f"host={self.folder} user=postgres dbname={database}"

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self._programs / program, *arguments],
            cwd=self.folder,
            user=_ACCOUNT,
            check=True,
            stdout=subprocess.DEVNULL,
            timeout=PATIENCE_S,
        )


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Start a server; skip where PostgreSQL is not installed."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    programs = installed[0] if installed else Path(need_tool("initdb")).parent
    # Not under pytest's folder: the server's account could not enter it, and a socket's path must be short.
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    try:
        if _ACCOUNT:
            shutil.chown(folder, _ACCOUNT, _ACCOUNT)
        server = PostgresServer(programs, folder)
        server._run("initdb", "-N", "-D", "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C")
        server.start()
        try:
            yield server
        finally:
            if server.running():
                server.stop("immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
