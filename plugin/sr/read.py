"""Read a QC structured report back, and show anybody's SR as a tree.

Ours comes back as the content it was made of; a neighbour's as its content tree; a damaged
one as far as it can be read, with notes of what could not.  Nothing here raises because
of what is in an object.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO
from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.filewriter import dcmwrite

from plugin.domain.errors import InvalidInput
from plugin.domain.imaging import DocumentReference, SeriesEvidence
from plugin.domain.patient import Patient
from plugin.sr import recognise
from plugin.sr.codes import CodeBook, shipped_codes
from plugin.sr.content import DeviceInfo, SrContent, StudyContext
from plugin.sr.rows import Rows
from plugin.sr.tolerant import TreeReader, attribute, items_of, read_bytes
from plugin.sr.tree import Item


@dataclass(frozen=True, slots=True, kw_only=True)
class SrDocument:
    """One document as it was read.

    Parameters
    ----------
    root
        Its content tree; ``None`` when the object has none (not an SR, or too damaged).
    content
        What it says, when it is of template QC1000.
    notes
        What could not be read or shown, each with its place.
    source
        File name or instance UID, for the person who looks at it.
    """

    source: str
    sop_class_uid: str = ""
    sop_instance_uid: str = ""
    series_instance_uid: str = ""
    modality: str = ""
    title: str = ""
    template: str = ""
    charset: str = ""
    patient: Patient = field(default_factory=Patient)
    study: StudyContext = field(default_factory=lambda: StudyContext(study_instance_uid=""))
    institution_name: str = ""
    written_at: str = ""
    completion: str = ""
    verification: str = ""
    root: Item | None = None
    content: SrContent | None = None
    notes: tuple[str, ...] = ()


def read_file(path: Path, codes: CodeBook | None = None) -> SrDocument:
    """Read one file.

    Raises
    ------
    InvalidInput
        When the file itself cannot be opened.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InvalidInput(str(path), f"cannot be read: {error.strerror}") from error
    return read(data, codes, source=path.name)


def read_folder(folder: Path, codes: CodeBook | None = None) -> Iterator[SrDocument]:
    """Read every DICOM file below `folder`, in the order of names; other files are passed over."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and _looks_like_dicom(path):
            yield read_file(path, codes)


def read(source_object: bytes | Dataset, codes: CodeBook | None = None, source: str = "") -> SrDocument:
    """Read an object from its bytes (a PS3.10 file or a bare data set) or its data set."""
    book = codes or shipped_codes()
    if isinstance(source_object, Dataset):
        ds = source_object
    else:
        try:
            ds = read_bytes(source_object)
        except InvalidInput as error:
            return SrDocument(source=source, notes=(str(error),))
    reader = TreeReader()
    root = reader.root(ds)
    document = _described(ds, root, source or attribute(ds, "SOPInstanceUID"))
    content = None
    if root is not None and recognise.is_qc1000(root, book):
        content = _content(ds, root, document, book)
    notes = list(reader.notes)
    if root is None and document.modality not in ("PR", "DOC"):
        notes.append("this object has no content tree: it is not a structured report")
    return replace(document, root=root, content=content, notes=tuple(notes))


def dataset_bytes(ds: Dataset) -> bytes:
    """A data set as a PS3.10 file, for keeping what was fetched."""
    buffer = BytesIO()
    dcmwrite(buffer, ds, enforce_file_format=True)
    return buffer.getvalue()


def _described(ds: Dataset, root: Item | None, source: str) -> SrDocument:
    templates = items_of(ds, "ContentTemplateSequence")
    patient = Patient(
        patient_id=attribute(ds, "PatientID"),
        assigning_authority=attribute(ds, "IssuerOfPatientID"),
        name=attribute(ds, "PatientName"),
        sex=attribute(ds, "PatientSex"),
        birth_date=_dashed(attribute(ds, "PatientBirthDate")),
    )
    requests = items_of(ds, "ReferencedRequestSequence")
    request = requests[0] if requests else Dataset()
    study_uid = attribute(ds, "StudyInstanceUID")
    study = StudyContext(
        study_instance_uid=study_uid,
        accession_number=attribute(ds, "AccessionNumber"),
        study_id=attribute(ds, "StudyID"),
        performed_at=_moment_text(attribute(ds, "StudyDate"), attribute(ds, "StudyTime")),
        description=attribute(ds, "StudyDescription"),
        referring_physician=attribute(ds, "ReferringPhysicianName"),
        placer_order_number=attribute(request, "PlacerOrderNumberImagingServiceRequest"),
        filler_order_number=attribute(request, "FillerOrderNumberImagingServiceRequest"),
        exam_item=attribute(request, "RequestedProcedureDescription"),
        other_study_instance_uids=tuple(
            uid for item in requests if (uid := attribute(item, "StudyInstanceUID")) != study_uid
        ),
    )
    return SrDocument(
        source=source,
        sop_class_uid=attribute(ds, "SOPClassUID"),
        sop_instance_uid=attribute(ds, "SOPInstanceUID"),
        series_instance_uid=attribute(ds, "SeriesInstanceUID"),
        modality=attribute(ds, "Modality"),
        title=_title(ds, root),
        template=attribute(templates[0], "TemplateIdentifier") if templates else "",
        charset=attribute(ds, "SpecificCharacterSet"),
        patient=patient,
        study=study,
        institution_name=attribute(ds, "InstitutionName"),
        written_at=_moment_text(attribute(ds, "ContentDate"), attribute(ds, "ContentTime")),
        completion=attribute(ds, "CompletionFlag"),
        verification=attribute(ds, "VerificationFlag"),
    )


def _title(ds: Dataset, root: Item | None) -> str:
    """What a document calls itself; a presentation state's label stands in its description."""
    if root and root.name:
        return root.name.meaning or root.name.value
    for keyword in ("DocumentTitle", "ContentDescription", "ContentLabel"):
        if words := attribute(ds, keyword):
            return words
    return ""


def _content(ds: Dataset, root: Item, document: SrDocument, book: CodeBook) -> SrContent:
    rows = Rows(root.children, book)
    language = rows.code("language")
    return SrContent(
        patient=document.patient,
        study=document.study,
        scored=recognise.scored_forms(root, book, document.study.accession_number),
        sop_instance_uid=document.sop_instance_uid,
        series_instance_uid=document.series_instance_uid,
        created_at=_created(ds),
        evidence=_evidence(ds),
        device=DeviceInfo(
            uid=rows.text("device_uid"),
            name=rows.text("device_name"),
            manufacturer=attribute(ds, "Manufacturer"),
            model=attribute(ds, "ManufacturerModelName"),
            serial_number=attribute(ds, "DeviceSerialNumber"),
            software_version=attribute(ds, "SoftwareVersions"),
            station_name=attribute(ds, "StationName"),
        ),
        institution_name=document.institution_name,
        report_id=rows.text("report_id"),
        series_number=_whole(attribute(ds, "SeriesNumber")),
        instance_number=_whole(attribute(ds, "InstanceNumber")),
        predecessors=_predecessors(ds),
        label=recognise.label_of(root, book),
        suggestions=recognise.suggestions_of(root, book),
        disclosure=recognise.disclosure_of(root, book),
        charset=document.charset,
        language=language.value if language else "zh-CN",
    )


def _evidence(ds: Dataset) -> tuple[SeriesEvidence, ...]:
    return tuple(
        SeriesEvidence(
            study_instance_uid=attribute(study, "StudyInstanceUID"),
            series_instance_uid=attribute(series, "SeriesInstanceUID"),
            instances=tuple(
                (attribute(sop, "ReferencedSOPClassUID"), attribute(sop, "ReferencedSOPInstanceUID"))
                for sop in items_of(series, "ReferencedSOPSequence")
            ),
        )
        for study in items_of(ds, "CurrentRequestedProcedureEvidenceSequence")
        for series in items_of(study, "ReferencedSeriesSequence")
    )


def _predecessors(ds: Dataset) -> tuple[DocumentReference, ...]:
    return tuple(
        DocumentReference(
            study_instance_uid=attribute(study, "StudyInstanceUID"),
            series_instance_uid=attribute(series, "SeriesInstanceUID"),
            sop_class_uid=attribute(sop, "ReferencedSOPClassUID"),
            sop_instance_uid=attribute(sop, "ReferencedSOPInstanceUID"),
        )
        for study in items_of(ds, "PredecessorDocumentsSequence")
        for series in items_of(study, "ReferencedSeriesSequence")
        for sop in items_of(series, "ReferencedSOPSequence")
    )


def _created(ds: Dataset) -> datetime:
    """Content date and time in the document's own time zone; UTC when it names none."""
    digits = attribute(ds, "ContentDate") + attribute(ds, "ContentTime").replace(":", "")
    whole, _, fraction = digits.partition(".")
    offset = attribute(ds, "TimezoneOffsetFromUTC")
    zone = UTC
    try:
        if offset:
            minutes = int(offset[1:3]) * 60 + int(offset[3:5])
            zone = timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))
        moment = datetime.strptime(whole, "%Y%m%d%H%M%S").replace(tzinfo=zone)
        return moment.replace(microsecond=int(fraction.ljust(6, "0")[:6]) if fraction else 0)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)


def _moment_text(day: str, clock: str) -> str:
    clock = clock.replace(":", "").partition(".")[0]
    pairs = [clock[i : i + 2] for i in range(0, len(clock), 2)]
    return " ".join(part for part in (_dashed(day), ":".join(pairs)) if part)


def _dashed(day: str) -> str:
    return f"{day[:4]}-{day[4:6]}-{day[6:8]}" if len(day) == 8 and day.isdecimal() else day


def _whole(text: str) -> int:
    return int(text) if text.lstrip("-").isdecimal() else 0


def _looks_like_dicom(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            head = file.read(132)
    except OSError:
        return False
    # Part 10, or a bare data set that begins with group 0008 in either byte order.
    return head[128:132] == b"DICM" or head[:2] in (b"\x08\0", b"\0\x08")
