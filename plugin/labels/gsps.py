"""The mark as a presentation state: an annotation beside the images, which stay as they are.

PS3.3 A.33.1 (grayscale) and A.33.2 (colour), PS3.4 N.  The references are written by hand:
a series of 500 images costs what reading its headers costs.  Pixel data are touched only
where an image brings no window and its values must be looked at to show it at all.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from PIL import ImageCms
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items
from pydicom.tag import BaseTag

from plugin.domain.errors import InvalidInput
from plugin.kit.registry import Options
from plugin.labels import voi
from plugin.labels.burned_in import often_written_on, written_free
from plugin.labels.context import Stamping, value
from plugin.labels.header import by_series, equipment, of_study, refuse_not_images, signed
from plugin.labels.institution import institution_name
from plugin.labels.plate import Box, annotation_box
from plugin.labels.text import Mark, Placement, drawn_text, refuse_control

GRAYSCALE = "1.2.840.10008.5.1.4.1.1.11.1"
COLOR = "1.2.840.10008.5.1.4.1.1.11.2"
LAYER = "RECOGNITION"
_SOP_CLASS, _SOP_INSTANCE = BaseTag(0x00081150), BaseTag(0x00081155)
_RESCALE_TYPES = frozenset({"OD", "HU", "US", "MGML", "Z_EFF", "ED", "EDW", "HU_MOD", "PCT"})


class GspsOptions(Options):
    """`series_number` of the presentation states; `content_label` is a CS, so no Hanzi."""

    series_number: int = 9900
    content_label: str = "RECOGNITION"
    charset: str = "ISO_IR 192"
    really: str = ""


class Look(NamedTuple):
    """What one presentation state can say of its images: they must agree on it."""

    color: bool
    inverse: bool
    slope: str
    intercept: str
    rescale_type: str


def build(options: GspsOptions, datasets: Sequence[Dataset], mark: Mark, stamping: Stamping) -> list[Dataset]:
    """One presentation state a series, or one for each look of its images.

    Parameters
    ----------
    datasets
        Headers suffice, unless an image has no window.

    Raises
    ------
    InvalidInput
        For objects that are no images, or of several hospitals.
    """
    refuse_not_images(datasets)
    states = []
    for number, series in enumerate(by_series(datasets)):
        looks: dict[Look, list[Dataset]] = {}
        for ds in series:
            looks.setdefault(look_of(ds), []).append(ds)
        for index, (look, images) in enumerate(looks.items()):
            states.append(_state(options, images, look, mark, stamping, (number, index)))
    return states


def look_of(ds: Dataset) -> Look:
    """How an image is shown; MONOCHROME1 shows its lowest value white (PS3.3 C.7.6.3.1.2)."""
    photometric = str(value(ds, "PhotometricInterpretation"))
    if not photometric.startswith("MONOCHROME"):
        return Look(True, False, "", "", "")
    transform = voi.functional_group(ds, "PixelValueTransformationSequence") or ds
    return Look(
        False,
        photometric == "MONOCHROME1",
        str(value(transform, "RescaleSlope") or "1"),
        str(value(transform, "RescaleIntercept") or "0"),
        _rescale_type(str(value(transform, "RescaleType") or ""), str(value(ds, "Modality") or "")),
    )


def _rescale_type(said: str, modality: str) -> str:
    if said in _RESCALE_TYPES:
        return said
    return "HU" if modality == "CT" else "US"


def _state(
    options: GspsOptions,
    images: list[Dataset],
    look: Look,
    mark: Mark,
    stamping: Stamping,
    place: tuple[int, int],
) -> Dataset:
    first, (number, index) = images[0], place
    name = _institution(images)
    text = drawn_text(mark, name)
    state = of_study(first, options.charset, options.really)
    key = f"gsps/{first.SeriesInstanceUID}/{index}"
    signed(state, stamping, COLOR if look.color else GRAYSCALE, key)
    equipment(state)
    state.Modality = "PR"
    state.SeriesInstanceUID = stamping.uid(f"gsps-series/{first.StudyInstanceUID}")
    state.SeriesNumber = options.series_number
    state.SeriesDescription = "Mutual recognition label"
    state.Laterality = ""
    state.InstanceNumber = number * 100 + index + 1
    state.InstitutionName = name or mark.institution or None
    state.ContentLabel = options.content_label
    state.ContentDescription = text
    state.ContentCreatorName = None
    state.PresentationCreationDate = state.InstanceCreationDate
    state.PresentationCreationTime = state.InstanceCreationTime
    state.ReferencedSeriesSequence = Items([_series_reference(first, images)])
    state.DisplayedAreaSelectionSequence = Items()
    state.GraphicAnnotationSequence = Items()
    groups = _by_size_and_side(images, mark)
    for (at_left, *_), members in groups.items():
        references = [_reference(ds) for ds in members] if len(groups) > 1 else []
        state.DisplayedAreaSelectionSequence.append(_area(members[0], references))
        state.GraphicAnnotationSequence.append(_annotation(text, members[0], references, at_left))
    layer = Dataset()
    layer.GraphicLayer, layer.GraphicLayerOrder = LAYER, 1
    layer.GraphicLayerRecommendedDisplayGrayscaleValue = 65535
    state.GraphicLayerSequence = Items([layer])
    if look.color:
        state.ICCProfile, state.ColorSpace = srgb_input_profile(), "SRGB"
    else:
        _grayscale(state, images, look)
    return state


def _institution(images: list[Dataset]) -> str:
    names = {institution_name(ds).strip() for ds in images} - {""}
    if len(names) > 1:
        raise InvalidInput("InstitutionName", f"a series names several hospitals: {'、'.join(sorted(names))}")
    name = names.pop() if names else ""
    refuse_control("InstitutionName", name)
    return name


def _grayscale(state: Dataset, images: list[Dataset], look: Look) -> None:
    """Modality, VOI and presentation LUT: without them a viewer falls back to none at all."""
    lut = value(images[0], "ModalityLUTSequence")
    if lut and all(value(ds, "ModalityLUTSequence") == lut for ds in images):
        state.ModalityLUTSequence = Items([voi.sixteen_bits(item) for item in lut])
    else:
        state.RescaleSlope, state.RescaleIntercept = look.slope, look.intercept
        state.RescaleType = look.rescale_type
    windows: dict[Hashable, tuple[Dataset, list[Dataset]]] = {}
    for ds in images:
        said = voi.said(ds)
        if said in windows:
            windows[said][1].append(ds)
        elif (item := voi.window(ds, float(look.slope), float(look.intercept))) is not None:
            key = said or voi.key(item)
            windows.setdefault(key, (item, []))[1].append(ds)
    if windows:
        shared = len(windows) == 1 and sum(len(members) for _, members in windows.values()) == len(images)
        for item, members in windows.values():
            if not shared:
                item.ReferencedImageSequence = Items([_reference(ds) for ds in members])
        state.SoftcopyVOILUTSequence = Items([item for item, _ in windows.values()])
    state.PresentationLUTShape = "INVERSE" if look.inverse else "IDENTITY"


def _reference(ds: Dataset) -> Dataset:
    # By tag and as they are: a series has hundreds, and setting by keyword looks up and validates each.
    uids = {_SOP_CLASS: value(ds, "SOPClassUID"), _SOP_INSTANCE: value(ds, "SOPInstanceUID")}
    return Dataset({tag: DataElement(tag, "UI", uid, already_converted=True) for tag, uid in uids.items()})


def _series_reference(first: Dataset, images: list[Dataset]) -> Dataset:
    item = Dataset()
    item.SeriesInstanceUID = first.SeriesInstanceUID
    item.ReferencedImageSequence = Items([_reference(ds) for ds in images])
    return item


def _by_size_and_side(
    images: list[Dataset], mark: Mark
) -> dict[tuple[bool, int, int, str, str], list[Dataset]]:
    groups: dict[tuple[bool, int, int, str, str], list[Dataset]] = {}
    for ds in images:
        spacing = str(value(ds, "PixelSpacing") or "")
        aspect = str(value(ds, "PixelAspectRatio") or "")
        key = (_at_left(ds, mark), int(value(ds, "Rows")), int(value(ds, "Columns")), spacing, aspect)
        groups.setdefault(key, []).append(ds)
    return groups


def _at_left(ds: Dataset, mark: Mark) -> bool:
    """Does the breast lie at the right edge, and may the mark stand elsewhere?

    It does where the rows of a mammogram run to the back (PS3.3 C.7.6.1.1.1), to the chest wall.
    A region that wants the top right gets it there too.
    """
    if value(ds, "Modality") != "MG" or mark.placement is Placement.TOP_RIGHT:
        return False
    directions = value(ds, "PatientOrientation") or ("",)
    return str(directions[0]).startswith("P")


def _area(ds: Dataset, references: list[Dataset]) -> Dataset:
    """The whole image, scaled to fit (PS3.3 C.10.4)."""
    item = Dataset()
    if references:
        item.ReferencedImageSequence = Items(references)
    item.DisplayedAreaTopLeftHandCorner = [1, 1]
    item.DisplayedAreaBottomRightHandCorner = [int(ds.Columns), int(ds.Rows)]
    item.PresentationSizeMode = "SCALE TO FIT"
    spacing = ds.get("PixelSpacing")
    if spacing and len(spacing) == 2:
        item.PresentationPixelSpacing = list(spacing)
    else:
        item.PresentationPixelAspectRatio = list(ds.get("PixelAspectRatio") or [1, 1])
    return item


def _annotation(text: str, first: Dataset, references: list[Dataset], at_left: bool) -> Dataset:
    """Weasis draws PIXEL boxes without an anchor, from the left, in its own font size."""
    left, top, right, bottom = annotation_box(
        text, int(value(first, "Rows")), int(value(first, "Columns")), at_left=at_left
    )
    if "PixelData" in first and often_written_on(first):
        box = written_free(first, Box(int(left), int(top), int(right), int(bottom)))
        left, top, right, bottom = box.left, box.top, box.right, box.bottom
    words = Dataset()
    words.BoundingBoxAnnotationUnits = "PIXEL"
    words.UnformattedTextValue = text
    words.BoundingBoxTopLeftHandCorner = [round(left + 1, 2), round(top + 1, 2)]
    words.BoundingBoxBottomRightHandCorner = [round(right, 2), round(bottom, 2)]
    words.BoundingBoxTextHorizontalJustification = "LEFT"
    item = Dataset()
    if references:
        item.ReferencedImageSequence = Items(references)
    item.GraphicLayer = LAYER
    item.TextObjectSequence = Items([words])
    return item


@lru_cache(maxsize=1)
def srgb_input_profile() -> bytes:
    """sRGB as an ICC profile of class ``scnr``, which PS3.3 C.11.15 wants; the same bytes each time."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[12:16] = b"scnr"
    made = datetime(2020, 1, 1)  # noqa: DTZ001  # a date inside the profile, which knows no zones
    fields = (made.year, made.month, made.day, 0, 0, 0)
    profile[24:36] = b"".join(field.to_bytes(2, "big") for field in fields)
    return bytes(profile)
