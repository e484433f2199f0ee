"""One process a data folder: SQLite has one writer, and it lives in one process (decisions 11)."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from plugin.domain.errors import StoreUnavailable

LOCK_FILE = "signgate.lock"


class FolderInUse(StoreUnavailable):
    """Another process has the data folder."""


class ProcessLock:
    """Held from `take` to `release`, or to the end of the process, however it ends.

    Parameters
    ----------
    folder
        The data folder; the lock is a file in it that names the process.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / LOCK_FILE
        self._handle: int | None = None

    def take(self) -> None:
        """Lock the folder.

        Raises
        ------
        FolderInUse
            When another process has it.
        """
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(handle)
        except OSError:
            owner = os.pread(handle, 32, 0).decode("ascii", "replace").strip() if os.name == "posix" else ""
            os.close(handle)
            raise FolderInUse(
                f"data folder {self.path.parent} is in use by process {owner or 'unknown'}: stop it first, "
                "or use PostgreSQL (store.url), which several processes may share"
            ) from None
        os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())
        self._handle = handle

    def release(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        # A byte far behind the process number, which stays readable for the others.
        os.lseek(handle, 4096, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        os.lseek(handle, 0, os.SEEK_SET)

else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
