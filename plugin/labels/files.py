"""Stamping files and folders after InstitutionName: every file is stamped or refused, no original is touched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydicom.uid import UID

from plugin.domain.errors import InvalidInput
from plugin.labels.folders import Source
from plugin.labels.folders import read as read_file
from plugin.labels.folders import write as write_file
from plugin.labels.institution import EncodedName, InstitutionOptions
from plugin.labels.part10 import Part10, split, surveyed
from plugin.labels.text import Mark, without_mark

STUDY, SERIES, INSTANCE = 0x0020000D, 0x0020000E, 0x00080018
_ASKED = frozenset({STUDY, SERIES, INSTANCE})


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
    seen = Seen()
    hospitals: dict[str, tuple[str, list[Outcome]]] = {}
    mixed: set[str] = set()
    for source in files:
        try:
            part, values = image_in(source.path)
            seen.refuse_again(values[INSTANCE], source.path)
            study = values[STUDY]
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


def image_in(path: Path) -> tuple[Part10, dict[int, str]]:
    """An image's file, whole, and the UIDs of its study, series and instance.

    Raises
    ------
    InvalidInput
        When it is no DICOM file, truncated, or no image.
    """
    part = split(read_file(path))
    has_pixels, values = surveyed(part, _ASKED)
    if not has_pixels:
        kind = UID(part.sop_class_uid).name or "an unknown SOP class"
        raise InvalidInput("file", f"holds no pixel data ({kind}); the label certifies images")
    return part, values


class Seen:
    """Instances of a run: the same object again is left out, another one of the same UID is an error."""

    def __init__(self) -> None:
        self._first: dict[str, Path] = {}

    def refuse_again(self, sop_instance_uid: str, path: Path) -> None:
        """Remember the file of an instance.

        Raises
        ------
        InvalidInput
            When another file holds that instance.
        """
        first = self._first.setdefault(sop_instance_uid, path)
        if first is path:
            return
        same = split(read_file(first)).data == split(read_file(path)).data
        which = "the same object as" if same else "another object with the SOP Instance UID of"
        raise InvalidInput("file", f"is {which} {first}")
