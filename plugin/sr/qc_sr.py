"""The QC structured report: an Enhanced SR by template QC1000, valid once constructed.

Nothing is sent and nothing is read from outside here; :mod:`plugin.pacs.scu` carries the
object, :mod:`plugin.sr.read` reads it back.
"""

from __future__ import annotations

from io import BytesIO

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian

from plugin.domain.errors import InvalidInput
from plugin.sr.codes import CodeBook, shipped_codes
from plugin.sr.content import SrContent
from plugin.sr.disclose import disclosed
from plugin.sr.encode import Encoder, assemble, element, sequence, uid
from plugin.sr.header import ENHANCED_SR, sr_header
from plugin.sr.template import LANGUAGES, qc1000

IMPLEMENTATION_UID = "2.25.176982498258496516649867399179565080127"


def build(content: SrContent, codes: CodeBook | None = None) -> Dataset:
    """Build the object.

    Parameters
    ----------
    content
        What it says.
    codes
        The site's code table; ``None`` is the one that comes with SignGate.

    Returns
    -------
    pydicom.Dataset
        With file meta information (Explicit VR Little Endian); its elements are the
        bytes of :func:`encode`, decoded when they are looked at.

    Raises
    ------
    InvalidInput
        When the content names no scored form, no UID, a naive time, an unknown
        character set or language, or a character that the character set has not.
    """
    return as_dataset(encode(content, codes), ENHANCED_SR, content.sop_instance_uid)


def encode(content: SrContent, codes: CodeBook | None = None) -> bytes:
    """The object in Explicit VR Little Endian, without preamble and file meta information."""
    _check(content)
    told = disclosed(content)
    book = (codes or shipped_codes()).in_language(told.language)
    encoder = Encoder(told.charset)
    elements = sr_header(told, book, encoder)
    # The root item stands in the data set itself, beside the header (PS3.3 C.17.3).
    root = qc1000(told, book)
    elements[0x0040A040] = element(0x0040A040, "CS", b"CONTAINER")
    elements[0x0040A043] = encoder.code(0x0040A043, book["title"])
    elements[0x0040A050] = element(0x0040A050, "CS", b"SEPARATE")
    elements[0x0040A730] = sequence(0x0040A730, [encoder.item(child) for child in root.children])
    return assemble(elements)


def as_dataset(encoded: bytes, sop_class_uid: str, sop_instance_uid: str) -> Dataset:
    """Give encoded elements to pydicom, with the file meta information of PS3.10."""
    return dcmread(BytesIO(part10(encoded, sop_class_uid, sop_instance_uid)))


def part10(encoded: bytes, sop_class_uid: str, sop_instance_uid: str) -> bytes:
    """A file as PS3.10 section 7.1 has it."""
    meta = (
        element(0x00020001, "OB", b"\0\1")
        + uid(0x00020002, sop_class_uid)
        + uid(0x00020003, sop_instance_uid)
        + uid(0x00020010, ExplicitVRLittleEndian)
        + uid(0x00020012, IMPLEMENTATION_UID)
        + element(0x00020013, "SH", b"SIGNGATE")
    )
    length = element(0x00020000, "UL", len(meta).to_bytes(4, "little"))
    return b"\0" * 128 + b"DICM" + length + meta + encoded


def _check(content: SrContent) -> None:
    if not content.scored:
        raise InvalidInput("scored", "a QC report has at least one filled form")
    if content.language not in LANGUAGES:
        raise InvalidInput("language", f"{content.language!r} is not one of {', '.join(LANGUAGES)}")
    require_uids(
        sop_instance_uid=content.sop_instance_uid,
        series_instance_uid=content.series_instance_uid,
        study_instance_uid=content.study.study_instance_uid,
    )
    times = [("created_at", content.created_at)]
    times += [(f"scored[{i}].scored_at", scored.sheet.scored_at) for i, scored in enumerate(content.scored)]
    for name, moment in times:
        if moment.tzinfo is None:
            raise InvalidInput(name, "has no time zone")
    referenced = {instance[1] for series in content.evidence for instance in series.instances}
    for scored in content.scored:
        for image in scored.images:
            if image.sop_instance_uid not in referenced:
                raise InvalidInput("images", f"{image.sop_instance_uid} is not among the evidence")


def require_uids(**uids: str) -> None:
    """Each is a UID by PS3.5 section 9.1.

    Raises
    ------
    InvalidInput
        Naming the first that is not.
    """
    for name, value in uids.items():
        if not _is_uid(value):
            raise InvalidInput(name, f"{value!r} is not a UID: digits and dots, at most 64 characters")


def _is_uid(value: str) -> bool:
    return 0 < len(value) <= 64 and all(
        part.isascii() and part.isdigit() and (part == "0" or part[0] != "0") for part in value.split(".")
    )
