"""Stamping files and folders by drawing: whole series are stamped or refused, no original is touched.

Headers are read first, for a series is stamped alike or not at all; pixel data only where
they are drawn on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.uid import UID

from plugin.domain.errors import InvalidInput
from plugin.labels.context import Stamping
from plugin.labels.files import INSTANCE, SERIES, STUDY, Outcome, Seen, image_in
from plugin.labels.folders import Source
from plugin.labels.folders import read as read_file
from plugin.labels.folders import write as write_file
from plugin.labels.hands import Spread, hands
from plugin.labels.image_file import as_file, opened
from plugin.labels.institution import EncodedName, InstitutionOptions
from plugin.labels.text import Mark, without_mark

Writer = Callable[[Sequence[Dataset], Mark, Stamping], list[Dataset]]
"""An entry of :data:`plugin.labels.writers.WRITERS` with its options bound."""

_AS_DECLARED = InstitutionOptions()


class _Looked(NamedTuple):
    """What the first look at a file finds: why it cannot be drawn on, or where it belongs."""

    refused: str = ""
    study: str = ""
    series: str = ""
    instance: str = ""
    institution: str = ""


def stamp_drawn(
    files: Sequence[Source], out: Path, mark: Mark, write: Writer, stamping: Stamping, *, one_by_one: bool
) -> Iterator[Outcome]:
    """Write presentation states, overlays or burned-in copies of `files`, series by series.

    A series is stamped as a whole or refused as a whole, and so is a study of several hospitals.

    Parameters
    ----------
    one_by_one
        `write` makes one object of one image: only one image's pixels are held at a time, and a
        folder of many is shared out among processes.
    """
    seen = Seen()
    series: dict[str, list[Source]] = {}
    hospitals: dict[str, set[str]] = {}
    study_of: dict[str, str] = {}
    with hands(len(files) if one_by_one else 1) as spread:
        for source, looked in zip(files, spread(_look, [each.path for each in files]), strict=True):
            if refused := looked.refused or _refused_again(seen, looked, source.path):
                yield Outcome(source=source.path, refused=refused)
                continue
            series.setdefault(looked.series, []).append(source)
            name = without_mark(looked.institution, mark)
            hospitals.setdefault(looked.study, set()).update({name} - {""})
            study_of[looked.series] = looked.study
        for uid, members in series.items():
            names = hospitals[study_of[uid]]
            if len(names) > 1 and not mark.institution:
                why = f"InstitutionName: the study names {'、'.join(sorted(names))}; give --institution"
                yield from (Outcome(source=source.path, refused=why) for source in members)
                continue
            act = partial(_one_by_one, spread) if one_by_one else _as_a_whole
            try:
                yield from act(members, out, mark, write, stamping)
            except InvalidInput as error:
                yield from (Outcome(source=source.path, refused=str(error)) for source in members)


def _look(path: Path) -> _Looked:
    try:
        part, values = image_in(path)
        if not UID(part.sop_class_uid).name or UID(part.sop_class_uid).is_private:
            raise InvalidInput(
                part.sop_class_uid, "is a private SOP class; what its pixels mean is not known"
            )
        name = EncodedName.find(_AS_DECLARED, part.data, part.transfer_syntax_uid).text
    except InvalidInput as error:
        return _Looked(str(error))
    except OSError as error:
        return _Looked(f"cannot be read: {error.strerror}")
    return _Looked("", values[STUDY], values[SERIES], values[INSTANCE], name)


def _refused_again(seen: Seen, looked: _Looked, path: Path) -> str:
    try:
        seen.refuse_again(looked.instance, path)
    except InvalidInput as error:
        return str(error)
    return ""


def _one_by_one(
    spread: Spread, members: list[Source], out: Path, mark: Mark, write: Writer, stamping: Stamping
) -> list[Outcome]:
    stamp = partial(_stamp_one, out=out, mark=mark, write=write, stamping=stamping)
    try:
        targets = list(spread(stamp, members))
    except InvalidInput:
        for source in members:
            (out / source.relative).unlink(missing_ok=True)
        raise
    return [
        Outcome(source=source.path, written=target) for source, target in zip(members, targets, strict=True)
    ]


def _stamp_one(source: Source, *, out: Path, mark: Mark, write: Writer, stamping: Stamping) -> Path:
    try:
        (ds,) = write([opened(read_file(source.path))], mark, stamping)
        return write_file(out / source.relative, as_file(ds))
    except OSError as error:
        raise InvalidInput(str(source.path), f"cannot be read or written: {error.strerror}") from error


def _as_a_whole(
    members: list[Source], out: Path, mark: Mark, write: Writer, stamping: Stamping
) -> list[Outcome]:
    objects = write([_headers_of(source.path) for source in members], mark, stamping)
    for ds in objects:
        last = write_file(out / f"{ds.SOPInstanceUID}.dcm", as_file(ds))
    return [Outcome(source=source.path, written=last) for source in members]


def _headers_of(path: Path) -> Dataset:
    """The image; its pixel data are read from the file when they are asked for."""
    try:
        return dcmread(path, defer_size="64 KB")
    except (InvalidDicomError, ValueError, OSError) as error:
        raise InvalidInput(str(path), f"cannot be read: {error}") from error
