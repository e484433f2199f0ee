"""Stamping files and folders: every file is stamped or refused with a reason, no original is touched.

InstitutionName is spliced file by file.  The ways that draw need whole series: headers are
read first, pixel data only where they are drawn on.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.uid import UID

from plugin.domain.errors import InvalidInput
from plugin.labels.context import Stamping
from plugin.labels.folders import Source
from plugin.labels.folders import read as read_file
from plugin.labels.folders import write as write_file
from plugin.labels.institution import EncodedName, InstitutionOptions
from plugin.labels.part10 import Part10, split, surveyed
from plugin.labels.saved import as_file
from plugin.labels.text import Mark, without_mark

Writer = Callable[[Sequence[Dataset], Mark, Stamping], list[Dataset]]
"""An entry of :data:`plugin.labels.writers.WRITERS` with its options bound."""

SHARED_FROM = 48
"""Images of a series from which on starting processes is worth it."""

_AS_DECLARED = InstitutionOptions()
_STUDY, _SERIES, _INSTANCE = 0x0020000D, 0x0020000E, 0x00080018
_ASKED = frozenset({_STUDY, _SERIES, _INSTANCE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one file: `written` says where to, or `refused` why not."""

    source: Path
    written: Path | None = None
    refused: str = ""


def stamp_institutions(
    files: Sequence[Source], out: Path, mark: Mark, options: InstitutionOptions
) -> Iterator[Outcome]:
    """Put the mark after InstitutionName in copies of `files`, byte for byte otherwise.

    A study whose images name several hospitals is refused as a whole, unless
    `mark.institution` says whose images are meant: its outputs are taken back.
    """
    seen = _Seen()
    hospitals: dict[str, tuple[str, list[Outcome]]] = {}
    mixed: set[str] = set()
    for source in files:
        try:
            part, values = seen.read(source.path)
            study = values[_STUDY]
            found = EncodedName.find(options, part.data, part.transfer_syntax_uid)
            name = without_mark(found.text, mark)
            known, done = hospitals.setdefault(study, (name, []))
            if study in mixed or (name and known and name != known and not mark.institution):
                mixed.add(study)
                yield from _taken_back(done)
                done.clear()
                raise InvalidInput(
                    "InstitutionName", f"the study names {known!r} and {name!r}; give --institution"
                )
            hospitals[study] = (known or name, done)
            data = found.stamped(mark if name else _with_name(mark, known))
            outcome = Outcome(source=source.path, written=write_file(out / source.relative, part.head, data))
        except InvalidInput as error:
            outcome = Outcome(source=source.path, refused=str(error))
        except OSError as error:
            outcome = Outcome(source=source.path, refused=f"cannot be read or written: {error.strerror}")
        else:
            done.append(outcome)
        yield outcome


def _with_name(mark: Mark, known: str) -> Mark:
    """An image without a name takes that of its study."""
    if mark.institution or not known:
        return mark
    return Mark(text=mark.text, placement=mark.placement, institution=known, others=mark.others)


def _taken_back(done: Iterable[Outcome]) -> Iterator[Outcome]:
    for outcome in done:
        if outcome.written:
            outcome.written.unlink(missing_ok=True)
            yield Outcome(
                source=outcome.source, refused="the study names several hospitals; give --institution"
            )


def stamp_drawn(
    files: Sequence[Source], out: Path, mark: Mark, write: Writer, stamping: Stamping, *, one_by_one: bool
) -> Iterator[Outcome]:
    """Write presentation states, overlays or burned-in copies of `files`, series by series.

    A series is stamped as a whole or refused as a whole, and so is a study of several hospitals.

    Parameters
    ----------
    one_by_one
        `write` makes one object of one image: only one image's pixels are held at a time.
    """
    seen = _Seen()
    series: dict[str, list[Source]] = {}
    hospitals: dict[str, set[str]] = {}
    study_of: dict[str, str] = {}
    for source in files:
        try:
            part, values = seen.read(source.path)
            if not UID(part.sop_class_uid).name or UID(part.sop_class_uid).is_private:
                raise InvalidInput(
                    part.sop_class_uid, "is a private SOP class; what its pixels mean is not known"
                )
        except InvalidInput as error:
            yield Outcome(source=source.path, refused=str(error))
        except OSError as error:
            yield Outcome(source=source.path, refused=f"cannot be read: {error.strerror}")
        else:
            series.setdefault(values[_SERIES], []).append(source)
            found = EncodedName.find(_AS_DECLARED, part.data, part.transfer_syntax_uid)
            name = without_mark(found.text, mark)
            hospitals.setdefault(values[_STUDY], set()).update({name} - {""})
            study_of[values[_SERIES]] = values[_STUDY]
    for uid, members in series.items():
        names = hospitals[study_of[uid]]
        if len(names) > 1 and not mark.institution:
            why = f"InstitutionName: the study names {'、'.join(sorted(names))}; give --institution"
            yield from (Outcome(source=source.path, refused=why) for source in members)
            continue
        try:
            done = list(_one_by_one(members, out, mark, write, stamping)) if one_by_one else []
            yield from done or _as_a_whole(members, out, mark, write, stamping)
        except InvalidInput as error:
            yield from (Outcome(source=source.path, refused=str(error)) for source in members)


def _one_by_one(
    members: list[Source], out: Path, mark: Mark, write: Writer, stamping: Stamping
) -> Iterator[Outcome]:
    targets = [out / source.relative for source in members]
    stamp = partial(_stamp_one, mark=mark, write=write, stamping=stamping)
    try:
        for source, target in zip(members, _in_turn(stamp, members, targets), strict=True):
            yield Outcome(source=source.path, written=target)
    except InvalidInput:
        for target in targets:
            target.unlink(missing_ok=True)
        raise


def _in_turn(
    stamp: Callable[[Path, Path], Path], members: list[Source], targets: list[Path]
) -> Iterator[Path]:
    """The targets in order as they are written; a large series on every core, for codecs hold the interpreter."""
    paths, cores = [source.path for source in members], os.cpu_count() or 1
    if len(members) < SHARED_FROM or cores < 2:
        yield from map(stamp, paths, targets)
        return
    # A fork would copy locks that other threads hold.
    way = "fork" if threading.active_count() == 1 and sys.platform == "linux" else "spawn"
    with ProcessPoolExecutor(cores, mp_context=get_context(way)) as pool:
        try:
            yield from pool.map(stamp, paths, targets, chunksize=4)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _stamp_one(path: Path, target: Path, mark: Mark, write: Writer, stamping: Stamping) -> Path:
    (ds,) = write([_opened(path)], mark, stamping)
    _save(ds, target)
    return target


def _as_a_whole(
    members: list[Source], out: Path, mark: Mark, write: Writer, stamping: Stamping
) -> Iterator[Outcome]:
    objects = write([_opened(source.path) for source in members], mark, stamping)
    for ds in objects:
        _save(ds, out / f"{ds.SOPInstanceUID}.dcm")
    last = out / f"{objects[-1].SOPInstanceUID}.dcm"
    yield from (Outcome(source=source.path, written=last) for source in members)


def _opened(path: Path) -> Dataset:
    """The image; its pixel data are read from the file when they are asked for."""
    try:
        return dcmread(path, defer_size="64 KB")
    except (InvalidDicomError, ValueError, OSError) as error:
        raise InvalidInput(str(path), f"cannot be read: {error}") from error


def _save(ds: Dataset, target: Path) -> None:
    write_file(target, as_file(ds))


class _Seen:
    """Reads images; the same object again is left out, another one of the same UID is an error."""

    def __init__(self) -> None:
        self._first: dict[str, Path] = {}

    def read(self, path: Path) -> tuple[Part10, dict[int, str]]:
        """Return the file, and the UIDs of its study, series and instance."""
        part = split(read_file(path))
        has_pixels, values = surveyed(part, _ASKED)
        if not has_pixels:
            kind = UID(part.sop_class_uid).name or "an unknown SOP class"
            raise InvalidInput("file", f"holds no pixel data ({kind}); the label certifies images")
        first = self._first.setdefault(values[_INSTANCE], path)
        if first is not path:
            same = split(read_file(first)).data == part.data
            which = "the same object as" if same else "another object with the SOP Instance UID of"
            raise InvalidInput("file", f"is {which} {first}")
        return part, values
