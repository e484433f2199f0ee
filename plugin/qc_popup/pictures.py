"""Key images beside the form: what the page shows of each, and how a mark on it is posted.

``i.<SOP Instance UID>`` = Series Instance UID marks one image, ``w.<Series Instance UID>`` = 1
a whole series.  What was marked and is not shown travels on in hidden fields.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from plugin.domain.errors import DeliveryFailed, InvalidInput
from plugin.domain.imaging import KeyImage
from plugin.domain.scoring import IMAGE_OBJECT, ImageMark, ScoringForm

MOST_IMAGES = 6
MOST_MARKS = 64
"""Whoever marks more means the series, or the study."""

_UID = re.compile(r"[0-9.]{1,64}")

KeyImages = Callable[[str, int], KeyImage | None]
"""(accession number, number from 0) → key image, ``None`` when there is no such image."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A key image on the page.

    Parameters
    ----------
    image_field, series_field
        Names of its check boxes; `series_field` is empty but at the first picture of a series of several.
    """

    source: str
    image: KeyImage
    image_field: str
    series_field: str
    image_marked: bool = False
    series_marked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """The pictures that are shown, and the fields of marks that are not: name to value."""

    pictures: tuple[Picture, ...]
    hidden: Mapping[str, str]


def image_form(forms: Iterable[ScoringForm]) -> ScoringForm | None:
    """The form whose answers hold the marks: the one about the images."""
    return next((form for form in forms if form.object == IMAGE_OBJECT), None)


def strip(
    key_image: KeyImages | None, accession_number: str, numbers: Iterable[int], marks: Sequence[ImageMark]
) -> Strip:
    """The pictures of these numbers, as far as they are to be had.

    An archive that is away costs the page its pictures and nothing else.
    """
    fields = dict(map(_field, marks))
    shown: dict[str, Picture] = {}
    for number in numbers if key_image else ():
        image = _fetched(key_image, accession_number, number)
        if image is not None:
            shown[image.sop_instance_uid] = _picture(image, fields)
    visible = {name for each in shown.values() for name in (each.image_field, each.series_field)}
    hidden = {name: value for name, value in fields.items() if name not in visible}
    return Strip(pictures=tuple(shown.values()), hidden=hidden)


def take_marks(fields: dict[str, str]) -> tuple[ImageMark, ...]:
    """Take the marks out of posted `fields`.

    Raises
    ------
    InvalidInput
        A mark that names no UID, or too many.
    """
    marks = []
    for name in sorted(name for name in fields if name[:2] in ("i.", "w.")):
        value, uid = fields.pop(name), name[2:]
        series = value if name[0] == "i" else uid
        if not (_UID.fullmatch(uid) and _UID.fullmatch(series)):
            raise InvalidInput(name[:80], "marks no image: a mark is a UID, digits and dots")
        marks.append(ImageMark(series_instance_uid=series, sop_instance_uid=uid if name[0] == "i" else ""))
    if len(marks) > MOST_MARKS:
        raise InvalidInput("images", f"at most {MOST_MARKS} marks; mark the whole series instead")
    return tuple(marks)


def _fetched(key_image: KeyImages | None, accession_number: str, number: int) -> KeyImage | None:
    try:
        return key_image(accession_number, number) if key_image else None
    except DeliveryFailed:
        return None


def _picture(image: KeyImage, fields: Mapping[str, str]) -> Picture:
    image_field, series_field = f"i.{image.sop_instance_uid}", f"w.{image.series_instance_uid}"
    return Picture(
        source="data:image/png;base64," + base64.b64encode(image.png).decode("ascii"),
        image=image,
        image_field=image_field,
        series_field=series_field if image.leads and image.of > 1 else "",
        image_marked=image_field in fields,
        series_marked=series_field in fields,
    )


def _field(mark: ImageMark) -> tuple[str, str]:
    if mark.sop_instance_uid:
        return f"i.{mark.sop_instance_uid}", mark.series_instance_uid
    return f"w.{mark.series_instance_uid}", "1"
