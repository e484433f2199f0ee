"""What a copy that shows the mark has in common with others of its kind: new identity, named source.

PS3.3 C.7.6.1.1.2 (Image Type), C.12.4 (derivation).  A PACS keeps the first object of a SOP
Instance UID, so a changed image needs a new one, in a series of its own.
"""

from __future__ import annotations

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.sr.coding import Code

from plugin.kit.registry import Options
from plugin.labels.charset import encoded, encodings, recoded
from plugin.labels.context import Stamping, shallow

_SOURCE = Code("121322", "DCM", "Source image for image processing operation")
_SERIES_NUMBER_STEP = 1000


class DerivedOptions(Options):
    """`charset` when the mark does not fit that of the images; `really` what their texts truly are."""

    charset: str = "ISO_IR 192"
    really: str = ""


def derived(
    ds: Dataset, text: str, way: str, description: str, stamping: Stamping, options: DerivedOptions
) -> Dataset:
    """A copy with a new identity; pixel data and file meta information are still those of `ds`.

    Parameters
    ----------
    text
        The mark as drawn, for descriptions.
    way
        ``burned-in`` or ``overlay``; part of the keys of its UIDs.
    """
    fits = encoded(f"{text}{description}", encodings(ds.get("SpecificCharacterSet"))) is not None
    copy = shallow(ds) if fits and not options.really else recoded(ds, options.charset, options.really)
    copy.SOPInstanceUID = stamping.uid(f"{way}/{ds.SOPInstanceUID}")
    copy.SeriesInstanceUID = stamping.uid(f"{way}-series/{ds.SeriesInstanceUID}")
    if isinstance(ds.get("SeriesNumber"), int):
        copy.SeriesNumber = int(ds.SeriesNumber) + _SERIES_NUMBER_STEP
    copy.SeriesDescription = f"{str(ds.get('SeriesDescription') or '')[: 63 - len(text)]} {text}".strip()
    copy.InstanceCreationDate = stamping.now.strftime("%Y%m%d")
    copy.InstanceCreationTime = stamping.now.strftime("%H%M%S")
    kinds = [str(kind) for kind in ds.get("ImageType") or ["ORIGINAL", "PRIMARY"]]
    copy.ImageType = ["DERIVED", *(kinds[1:] or ["SECONDARY"])]
    copy.DerivationDescription = description
    copy.SourceImageSequence = Sequence([_source(ds)])
    return copy


def _source(ds: Dataset) -> Dataset:
    purpose = Dataset()
    purpose.CodeValue, purpose.CodingSchemeDesignator, purpose.CodeMeaning = _SOURCE[:3]
    item = Dataset()
    item.ReferencedSOPClassUID = ds.SOPClassUID
    item.ReferencedSOPInstanceUID = ds.SOPInstanceUID
    item.PurposeOfReferenceCodeSequence = Sequence([purpose])
    return item
