"""InstitutionName: one element changes, everything else is byte for byte what it was."""

from __future__ import annotations

import struct
import subprocess
import warnings
import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pydicom
import pytest
from conftest import need_tool
from labels_images import as_file, reread
from pydicom.dataset import Dataset

from plugin.domain.errors import InvalidInput
from plugin.labels.context import Stamping
from plugin.labels.encoded import DEFLATED, IMPLICIT, Encoding, survey
from plugin.labels.institution import (
    InstitutionOptions,
    apply,
    institution_name,
    stamp_encoded,
    withdraw,
    withdraw_encoded,
)
from plugin.labels.part10 import split, surveyed
from plugin.labels.text import Mark

OPTIONS = InstitutionOptions()
BJHR = Mark(text="BJHR", others=("HR", "JJJHR", "川渝 HR"))
DATA_ROOT = Path(pydicom.__file__).parent / "data"
CHUANYU = Mark(text="川渝 HR", others=("HR", "BJHR", "JJJHR"))
Image = Callable[..., Dataset]


def stamped(raw: bytes, mark: Mark, options: InstitutionOptions = OPTIONS) -> bytes:
    part = split(raw)
    return part.head + stamp_encoded(options, part.data, part.transfer_syntax_uid, mark)


def read(raw: bytes) -> Dataset:
    return pydicom.dcmread(BytesIO(raw))


def test_only_the_name_changes(image: Image) -> None:
    raw = as_file(image())
    new = stamped(raw, BJHR)
    before, after = split(raw), split(new)
    encoding = Encoding.of(before.transfer_syntax_uid)
    kept = {
        place.tag: before.data[place.start : place.end] for place in survey(before.data, encoding).values()
    }
    for place in survey(after.data, encoding).values():
        if place.tag != 0x00080080:
            assert after.data[place.start : place.end] == kept[place.tag]
    assert read(new).InstitutionName == "测试医院 BJHR"
    assert before.head == after.head


def test_twice_is_once_and_withdrawn_is_as_before(image: Image) -> None:
    raw = as_file(image())
    once = stamped(raw, CHUANYU)
    assert stamped(once, CHUANYU) == once
    part = split(once)
    assert part.head + withdraw_encoded(OPTIONS, part.data, part.transfer_syntax_uid, CHUANYU) == raw


def test_a_missing_element_is_put_in_its_place(image: Image) -> None:
    ds = image()
    del ds.InstitutionName
    new = read(stamped(as_file(ds), Mark(text="川渝 HR", institution="测试医院")))
    assert new.InstitutionName == "测试医院 川渝 HR"
    assert list(new.keys()) == sorted(new.keys())


def test_a_group_length_is_brought_up_to_date(image: Image) -> None:
    part = split(as_file(image()))
    encoding = Encoding.of(part.transfer_syntax_uid)
    inside = sum(
        p.end - p.start for p in survey(part.data, encoding, until=0x0008FFFF).values() if p.tag >> 16 == 8
    )
    group_length = struct.pack("<HH2sHI", 8, 0, b"UL", 4, inside)
    new = stamp_encoded(OPTIONS, group_length + part.data, part.transfer_syntax_uid, BJHR)
    assert struct.unpack_from("<I", new, 8)[0] == inside + len(" BJHR") + 1


def test_hanzi_by_code_extension(image: Image) -> None:
    """PS3.5 K.3: GB 2312 after an escape sequence, in a set whose default is ASCII."""
    escape = b"\x1b$)A"
    ds = image(
        SpecificCharacterSet=["", "ISO 2022 IR 58"],
        PatientName="Zhang^San",
        InstitutionName="H",
        Manufacturer="M",
    )
    hospital = escape + "测试医院".encode("gb2312") + b" "
    raw = as_file(ds).replace(b"LO\x02\x00H ", b"LO" + struct.pack("<H", len(hospital)) + hospital)
    new = stamped(raw, CHUANYU)
    assert institution_name(read(new)) == "测试医院 川渝 HR"
    assert read(new).SpecificCharacterSet == ["", "ISO 2022 IR 58"]
    assert escape + "测试医院 川渝 HR".encode("gb2312") in new


@pytest.mark.parametrize("charset", ["ISO_IR 192", "GB18030", "GBK"])
def test_hanzi_in_the_images_own_character_set(image: Image, charset: str) -> None:
    ds = image(SpecificCharacterSet=charset)
    new = read(stamped(as_file(ds), CHUANYU))
    assert new.InstitutionName == "测试医院 川渝 HR"
    assert new.SpecificCharacterSet == charset
    assert str(new.PatientName) == "张三"


def test_hanzi_into_latin_1_moves_all_texts(image: Image) -> None:
    item = Dataset()
    item.CodeMeaning, item.CodeValue = "Gelenkflüssigkeit", "1"
    ds = image(
        SpecificCharacterSet="ISO_IR 100",
        PatientName="Müller^Jörg",
        InstitutionName="Hôpital",
        Manufacturer="Testwerk",
        ProcedureCodeSequence=[item],
    )
    original = as_file(ds)
    new = read(stamped(original, CHUANYU))
    assert new.SpecificCharacterSet == "ISO_IR 192"
    assert (str(new.PatientName), new.InstitutionName) == ("Müller^Jörg", "Hôpital 川渝 HR")
    assert new.ProcedureCodeSequence[0].CodeMeaning == "Gelenkflüssigkeit"
    assert new.PixelData == ds.PixelData
    ascii_only = read(stamped(original, BJHR))
    assert ascii_only.SpecificCharacterSet == "ISO_IR 100"
    gb = read(stamped(original, CHUANYU, InstitutionOptions(charset="GB18030")))
    assert (gb.SpecificCharacterSet, str(gb.PatientName)) == ("GB18030", "Müller^Jörg")


def test_gb_bytes_declared_as_something_else_are_refused_until_a_person_says_so(image: Image) -> None:
    ds = image(SpecificCharacterSet="GB18030")
    raw = as_file(ds)
    at = raw.index(b"CS\x08\x00GB18030 ")
    lying = raw[: at + 4] + b"ISO_IR 6" + raw[at + 12 :]
    with pytest.raises(InvalidInput, match=r"declared character set.*--charset"):
        stamped(lying, CHUANYU)
    # ASCII after bytes that nobody can read is still right.
    assert stamped(lying, BJHR).count("测试医院".encode("gb18030") + b" BJHR") == 1
    new = read(stamped(lying, CHUANYU, InstitutionOptions(really="GB18030")))
    assert (str(new.PatientName), new.InstitutionName) == ("张三", "测试医院 川渝 HR")


def test_the_originals_are_untouched(image: Image, stamping: Stamping) -> None:
    ds = image(
        SpecificCharacterSet="ISO_IR 100", PatientName="Zhang^San", InstitutionName="H", Manufacturer="M"
    )
    before = as_file(ds)
    (copy,) = apply(OPTIONS, [ds], CHUANYU, stamping)
    assert as_file(ds) == before
    assert reread(copy).InstitutionName == "H 川渝 HR"
    assert copy.SOPInstanceUID == ds.SOPInstanceUID
    (back,) = withdraw(OPTIONS, [copy], CHUANYU)
    assert back.InstitutionName == "H"


def test_a_series_is_stamped_alike_or_not_at_all(image: Image, stamping: Stamping) -> None:
    unnamed = image()
    del unnamed.InstitutionName
    names = [ds.InstitutionName for ds in apply(OPTIONS, [image(), unnamed, image()], BJHR, stamping)]
    assert names == ["测试医院 BJHR"] * 3
    with pytest.raises(InvalidInput, match="several hospitals"):
        apply(OPTIONS, [image(), image(InstitutionName="第二医院")], BJHR, stamping)


def real_files() -> Iterator[str]:
    """Those that lie in the package itself; pydicom would fetch more from the network."""
    yield from sorted(str(path) for path in (DATA_ROOT / "test_files").glob("*.dcm"))
    yield from sorted(str(path) for path in (DATA_ROOT / "charset_files").glob("*.dcm"))


KNOWN_BAD = {
    "ExplVR_BigEndNoMeta.dcm": "not a DICOM file",
    "ExplVR_LitEndNoMeta.dcm": "not a DICOM file",
    "MR_truncated.dcm": "truncated",
    "SC_rgb_jpeg.dcm": "not a data set",
    "meta_missing_tsyntax.dcm": "no transfer syntax",
    "no_meta.dcm": "not a DICOM file",
    "rtplan_truncated.dcm": "truncated",
    "rtstruct.dcm": "not a DICOM file",
    "winter.dcm": "not a data set",
}


@pytest.mark.parametrize("mark", [BJHR, CHUANYU], ids=["BJHR", "chuanyu"])
def test_every_real_file_is_stamped_or_refused_with_a_reason(mark: Mark) -> None:
    """All transfer syntaxes, byte orders, character sets and oddities of the pydicom package."""
    refused, done = {}, 0
    for path in real_files():
        raw = Path(path).read_bytes()
        try:
            part = split(raw)
            surveyed(part)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                before = pydicom.dcmread(path)
                named = Mark(text=mark.text, institution="" if before.get("InstitutionName") else "Test")
                new = stamped(raw, named)
                assert stamped(new, named) == new
                after = read(new)
                assert str(after.InstitutionName).endswith(f" {mark.text}")
                assert str(after.get("PatientName")) == str(before.get("PatientName"))
                assert after.get("PixelData") == before.get("PixelData")
            done += 1
        except InvalidInput as error:
            refused[Path(path).name] = str(error)
    assert done > 80
    assert set(refused) <= set(KNOWN_BAD)
    for name, text in refused.items():
        assert KNOWN_BAD[name] in text


def test_a_deflated_file_is_deflated_again(image: Image) -> None:
    part = split(as_file(image()))
    packer = zlib.compressobj(wbits=-15)
    packed = packer.compress(part.data) + packer.flush()
    new = stamp_encoded(OPTIONS, packed, DEFLATED, BJHR)
    assert "测试医院 BJHR".encode() in zlib.decompress(new, -15)
    with pytest.raises(InvalidInput, match="truncated"):
        stamp_encoded(OPTIONS, packed[:-20], DEFLATED, BJHR)


def test_nesting_without_end_is_refused() -> None:
    bomb = (
        struct.pack("<HHI", 0x0008, 0x0006, 0xFFFFFFFF)
        + struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF) * 3000
    )
    with pytest.raises(InvalidInput, match="nests deeper"):
        stamp_encoded(OPTIONS, bomb, IMPLICIT, BJHR)


@pytest.mark.parametrize("data", [b"\x00", b"HTTP/1.1 200 OK\r\n\r\n<html>", b"\xff" * 64])
def test_what_is_no_data_set_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput):
        stamp_encoded(OPTIONS, data, "1.2.840.10008.1.2.1", Mark(text="HR", institution="H"))


def test_dcmtk_reads_what_was_stamped(image: Image, tmp_path: Path) -> None:
    path = tmp_path / "stamped.dcm"
    path.write_bytes(stamped(as_file(image()), CHUANYU))
    run = subprocess.run(
        [need_tool("dcmdump"), "+U8", "+P", "0008,0080", str(path)], capture_output=True, check=True
    )
    assert "测试医院 川渝 HR" in run.stdout.decode()
