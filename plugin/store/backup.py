"""A consistent copy of a data folder in one file, and back again.

The archive is a gzipped tar: every file of the folder, databases copied page by page in one
read transaction (`sqlite3.Connection.backup` with all pages at once: in steps it never ends
under a writer), and at last ``manifest.json`` with the SHA-256 of each.  It may be sealed
(:mod:`plugin.store.sealed_file`).
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, cast

from plugin import __version__
from plugin.domain.errors import InvalidInput
from plugin.store import schema
from plugin.store.engine import Database
from plugin.store.process_lock import LOCK_FILE
from plugin.store.sealed_file import MAGIC, OpeningReader, SealingWriter
from plugin.store.settings import DATABASE_FILE, StoreSettings

MANIFEST = "manifest.json"
_FORMAT = 1
_SQLITE = b"SQLite format 3\x00"
_PASSING = ("-wal", "-shm", "-journal", ".tmp", ".part")


def write_backup(
    data_dir: Path,
    target: Path,
    now: datetime,
    key: bytes | None = None,
    progress: Callable[[str], None] = lambda name: None,
) -> int:
    """Copy `data_dir` to the file `target`, beside a running SignGate; return how many files it was.

    `target` appears when it is complete; an existing file is not overwritten.

    Raises
    ------
    InvalidInput
        When there is nothing to copy, or `target` cannot be written.
    """
    if not (data_dir / DATABASE_FILE).is_file():
        raise InvalidInput(str(data_dir), f"holds no {DATABASE_FILE}: nothing to back up")
    if target.exists():
        raise InvalidInput(str(target), "is there already; name another file")
    try:
        handle, unfinished = tempfile.mkstemp(prefix=target.name, suffix=".part", dir=target.parent)
    except OSError as error:
        raise InvalidInput(str(target), f"cannot be written: {error.strerror}") from error
    try:
        with os.fdopen(handle, "wb") as file:
            with contextlib.ExitStack() as stack:
                sink = stack.enter_context(SealingWriter(file, key)) if key else file
                tar = stack.enter_context(tarfile.open(fileobj=cast(IO[bytes], sink), mode="w|gz"))
                count = _add_all(tar, data_dir, {target.resolve(), Path(unfinished).resolve()}, now, progress)
            file.flush()
            os.fsync(file.fileno())
        Path(unfinished).rename(target)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise
    return count


def restore_backup(
    source: Path,
    data_dir: Path,
    key: bytes | None = None,
    progress: Callable[[str], None] = lambda name: None,
) -> int:
    """Put a backup back into `data_dir`, which must be empty or absent; return how many files it was.

    Everything is unpacked and checked beside it first; then it takes the name.

    Raises
    ------
    InvalidInput
        When the archive is not one of ours, is damaged, sealed with another key, or was
        written by a newer SignGate; or when `data_dir` holds anything.
    """
    if data_dir.exists() and (not data_dir.is_dir() or any(data_dir.iterdir())):
        raise InvalidInput(str(data_dir), "is not empty; restore into a new folder")
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    unpacked = Path(tempfile.mkdtemp(prefix=f"{data_dir.name}.", suffix=".part", dir=data_dir.parent))
    try:
        try:
            with _opened(source, key) as tar:
                digests = _unpack(tar, unpacked, source, progress)
        except (tarfile.TarError, EOFError, zlib.error) as error:
            raise InvalidInput(str(source), f"is no backup, or is damaged: {error}") from error
        _check(unpacked, digests, source)
        if data_dir.exists():
            data_dir.rmdir()
        unpacked.rename(data_dir)
    except BaseException:
        shutil.rmtree(unpacked, ignore_errors=True)
        raise
    return len(digests)


def _add_all(
    tar: tarfile.TarFile, data_dir: Path, leave_out: set[Path], now: datetime, progress: Callable[[str], None]
) -> int:
    digests: dict[str, str] = {}
    # The main database first: what it says was sent is then among what is copied later.
    files = [data_dir / DATABASE_FILE, *(f for f in _files(data_dir) if f != data_dir / DATABASE_FILE)]
    for file in files:
        if file.resolve() in leave_out:
            continue
        name = file.relative_to(data_dir).as_posix()
        progress(name)
        with _copied(file) as steady:
            digests[name] = _add(tar, name, steady)
    body = {
        "format": _FORMAT,
        "version": __version__,
        "schema": schema.newest(),
        "made_at": now.isoformat(),
        "sha256": digests,
    }
    text = json.dumps(body, ensure_ascii=False, indent=1).encode()
    member = _member(MANIFEST, len(text))
    tar.addfile(member, io.BytesIO(text))
    return len(digests)


def _files(folder: Path) -> Iterator[Path]:
    for file in sorted(folder.rglob("*")):
        passing = file.name == LOCK_FILE or file.name.endswith(_PASSING)
        if file.is_file() and not file.is_symlink() and not passing:
            yield file


@contextlib.contextmanager
def _copied(file: Path) -> Iterator[Path]:
    """A database as it stands at one moment; any other file as it is."""
    with file.open("rb") as opened:
        if opened.read(len(_SQLITE)) != _SQLITE:
            yield file
            return
    with tempfile.TemporaryDirectory(prefix="signgate-backup-") as folder:
        copy = Path(folder) / "copy"
        with (
            contextlib.closing(
                sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=30)
            ) as live,
            contextlib.closing(sqlite3.connect(copy)) as steady,
        ):
            live.backup(steady, pages=-1)
        yield copy


def _add(tar: tarfile.TarFile, name: str, file: Path) -> str:
    digest = hashlib.sha256()

    class Reader(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # a buffer is all we get
            size = opened.readinto(buffer)
            digest.update(buffer[:size])
            return size

    with file.open("rb", buffering=0) as opened:
        tar.addfile(_member(name, os.fstat(opened.fileno()).st_size), io.BufferedReader(Reader(), 1 << 20))
    return digest.hexdigest()


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    return member


@contextlib.contextmanager
def _opened(source: Path, key: bytes | None) -> Iterator[tarfile.TarFile]:
    try:
        file = source.open("rb")
    except OSError as error:
        raise InvalidInput(str(source), f"cannot be read: {error.strerror}") from error
    with file:
        sealed = file.read(len(MAGIC)) == MAGIC
        if sealed and key is None:
            raise InvalidInput(str(source), "is sealed; name its key with --key-file")
        if not sealed:
            file.seek(0)
        plain = OpeningReader(file, key, str(source)) if sealed and key else file
        with tarfile.open(fileobj=cast(IO[bytes], plain), mode="r|gz") as tar:
            yield tar


def _unpack(
    tar: tarfile.TarFile, folder: Path, source: Path, progress: Callable[[str], None]
) -> dict[str, str]:
    """Write the members below `folder`; name and SHA-256 of each."""
    digests: dict[str, str] = {}
    for member in tar:
        name = PurePosixPath(member.name)
        sound = member.isfile() and not name.is_absolute() and ".." not in name.parts and name.parts
        if not sound or "\\" in member.name or ":" in member.name or member.name in digests:
            raise InvalidInput(
                str(source), f"holds {member.name!r}, which no backup of ours holds; not restored"
            )
        progress(member.name)
        content = tar.extractfile(member)
        if content is None:
            raise InvalidInput(str(source), f"{member.name!r} cannot be read")
        place = folder.joinpath(*name.parts)
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        digest = hashlib.sha256()
        with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as written:
            while piece := content.read(1 << 20):
                digest.update(piece)
                written.write(piece)
            written.flush()
            os.fsync(written.fileno())
        digests[member.name] = digest.hexdigest()
    return digests


def _check(folder: Path, digests: dict[str, str], source: Path) -> None:
    """Compare with the manifest, and ask the databases themselves."""
    if digests.pop(MANIFEST, None) is None:
        raise InvalidInput(str(source), f"has no {MANIFEST}: it is no backup of ours, or its end is missing")
    file = folder / MANIFEST
    try:
        manifest = json.loads(file.read_bytes())
        kind, expected = manifest["format"], manifest["sha256"]
    except (ValueError, KeyError, TypeError):
        raise InvalidInput(str(source), f"{MANIFEST} is not readable") from None
    file.unlink()
    if kind != _FORMAT:
        raise InvalidInput(str(source), f"has format {kind}; this SignGate reads format {_FORMAT}")
    if expected != digests:
        wrong = sorted(set(expected.items()) ^ set(digests.items()))
        raise InvalidInput(str(source), f"{wrong[0][0]!r} is not what was backed up; the archive is damaged")
    database = Database(StoreSettings(), folder)
    try:
        schema.current(database)
    finally:
        database.close()
    for name in digests:
        _check_integrity(folder / name, source, name)


def _check_integrity(file: Path, source: Path, name: str) -> None:
    with file.open("rb") as opened:
        if opened.read(len(_SQLITE)) != _SQLITE:
            return
    with contextlib.closing(sqlite3.connect(file)) as connection:
        (answer,) = connection.execute("PRAGMA integrity_check").fetchone()
    if answer != "ok":
        raise InvalidInput(str(source), f"database {name!r} is damaged: {answer}")
