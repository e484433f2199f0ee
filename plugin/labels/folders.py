"""Files to stamp: found in folders, read whole, written beside their target and renamed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from plugin.domain.errors import InvalidInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file to stamp, and where it goes below the output folder."""

    path: Path
    relative: Path


def sources(paths: Iterable[Path], out: Path) -> list[Source]:
    """Files named, and all files in folders named, folder by folder in order; `out` itself is left out.

    Raises
    ------
    InvalidInput
        When a path does not exist or cannot be read, or an output would fall on its original.
    """
    found: list[Source] = []
    target = out.resolve()
    for path in paths:
        if path.is_dir():
            found.extend(_inside(path, out, target))
        elif path.is_file():
            if (target / path.name).resolve() == path.resolve():
                raise _written_over(out, path)
            if target not in path.resolve().parents:
                found.append(Source(path=path, relative=Path(path.name)))
        else:
            raise InvalidInput(str(path), "does not exist")
    return found


def _inside(path: Path, out: Path, target: Path) -> Iterator[Source]:
    """Folders are compared, not files: to ask the disk for each name costs as much as to read it."""
    for folder, names in _folders(path):
        below, real = folder.relative_to(path), folder.resolve()
        if names and (target / below).resolve() == real:
            raise _written_over(out, folder / names[0])
        if target not in (real, *real.parents):
            yield from (Source(path=folder / name, relative=below / name) for name in names)


def _written_over(out: Path, original: Path) -> InvalidInput:
    return InvalidInput(str(out), f"{original} would be written over; name another folder with --out")


def _folders(folder: Path) -> Iterator[tuple[Path, list[str]]]:
    """A folder and those below it, each with its files in order; links are not followed."""
    try:
        with os.scandir(folder) as entries:
            inside = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        raise InvalidInput(str(folder), f"cannot be read: {error.strerror}") from error
    yield folder, [entry.name for entry in inside if entry.is_file(follow_symlinks=False)]
    for entry in inside:
        if entry.is_dir(follow_symlinks=False):
            yield from _folders(folder / entry.name)


def read(path: Path) -> bytes:
    """The bytes of a file."""
    with path.open("rb", buffering=0) as file:
        return file.readall()


def write(target: Path, *chunks: bytes) -> Path:
    """Write beside the target and rename: a crash leaves no half file under its name.

    By the system's calls: a file object asks the disk five more questions for each file.
    """
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        _write_all(_created(unfinished), chunks)
        unfinished.replace(target)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    return target


def _created(path: Path) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)
    try:
        return os.open(path, flags, 0o666)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, flags, 0o666)


def _write_all(descriptor: int, chunks: Iterable[bytes]) -> None:
    try:
        for chunk in chunks:
            rest = memoryview(chunk)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
    finally:
        os.close(descriptor)
