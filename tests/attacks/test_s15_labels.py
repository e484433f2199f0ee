"""S15: control or ESC bytes in what a label is made of: encoded in the declared character set, or refused."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pydicom
import pytest
from labels_images import as_file
from pydicom.dataset import Dataset

from plugin.domain.errors import InvalidInput
from plugin.labels.context import Stamping, uids_of
from plugin.labels.text import Mark, Placement
from plugin.labels.writers import WRITERS

STAMPING = Stamping(now=datetime(2026, 6, 1, tzinfo=UTC), uid=uids_of("s15"))
IMAGE = Path(pydicom.__file__).parent / "data/test_files/CT_small.dcm"
MARKS = [Mark(text="川渝 HR", placement=Placement.TOP_RIGHT), Mark(text="BJHR")]


def poisoned(keyword: str, value: bytes) -> Dataset:
    """The image with bytes put into an element as a sender would."""
    raw = as_file(pydicom.dcmread(IMAGE))
    old = {"PatientName": b"CompressedSamples^CT1", "InstitutionName": b"JFK IMAGING CENTER"}[keyword]
    assert raw.count(old) == 1
    return pydicom.dcmread(BytesIO(raw.replace(old, value.ljust(len(old)))))


@pytest.mark.filterwarnings("ignore:Found unknown escape sequence")
@pytest.mark.parametrize("way", WRITERS.names())
@pytest.mark.parametrize("mark", MARKS, ids=["chuanyu", "beijing"])
@pytest.mark.parametrize("keyword", ["PatientName", "InstitutionName"])
@pytest.mark.parametrize("value", [b"A\x1b$)A", b"A\x1b(J\xc0", b"A\x1b$B"])
def test_escape_bytes_never_reach_an_object_in_another_set(
    way: str, mark: Mark, keyword: str, value: bytes
) -> None:
    try:
        objects = WRITERS.build(way, {})([poisoned(keyword, value)], mark, STAMPING)
    except InvalidInput:
        return
    for ds in objects:
        written = as_file(ds)
        moved = ds.SpecificCharacterSet in ("ISO_IR 192", "GB18030")
        assert not (moved and b"\x1b" in written.split(b"\xe0\x7f\x10\x00")[0])
        assert value not in str(ds.get("ContentDescription") or "").encode()


@pytest.mark.parametrize("text", ["HR\x1b$)A", "HR\x00", "HR\r\nX", "HR\\HR", "\u202eRH"])
def test_a_region_cannot_bring_them_in(text: str) -> None:
    with pytest.raises(InvalidInput):
        Mark(text=text)
