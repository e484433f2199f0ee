"""The same documents built by highdicom's own classes: the peer of benchmarks and tests."""

from __future__ import annotations

import warnings
from datetime import datetime
from io import BytesIO
from typing import Any

from highdicom.ko import KeyObjectSelection
from highdicom.sr import (
    CodeContentItem,
    CodedConcept,
    ContainerContentItem,
    ContentSequence,
    DateTimeContentItem,
    EnhancedSR,
    ImageContentItem,
    NumContentItem,
    PnameContentItem,
    RelationshipTypeValues,
    TextContentItem,
    UIDRefContentItem,
)
from pydicom.dataset import Dataset

from plugin.sr.codes import Code, shipped_codes
from plugin.sr.content import SrContent
from plugin.sr.template import qc1000
from plugin.sr.tree import Instance, Item, Measured


def concept(code: Code) -> CodedConcept:
    """One of our codes as highdicom's."""
    return CodedConcept(value=code.value, scheme_designator=code.scheme, meaning=code.meaning)


def item(ours: Item) -> Any:
    """One of our items, with all below it, as highdicom builds it."""
    relation = RelationshipTypeValues(ours.relationship) if ours.relationship else None
    if ours.name is None:
        raise ValueError("an item without a concept name is not built here")
    name = concept(ours.name)
    match ours.kind, ours.value:
        case "CONTAINER", _:
            made: Any = ContainerContentItem(
                name=name, is_content_continuous=False, relationship_type=relation
            )
        case "CODE", Code() as value:
            made = CodeContentItem(name=name, value=concept(value), relationship_type=relation)
        case "TEXT", str() as value:
            made = TextContentItem(name=name, value=value, relationship_type=relation)
        case "PNAME", str() as value:
            made = PnameContentItem(name=name, value=value, relationship_type=relation)
        case "UIDREF", str() as value:
            made = UIDRefContentItem(name=name, value=value, relationship_type=relation)
        case "DATETIME", datetime() as value:
            made = DateTimeContentItem(name=name, value=value, relationship_type=relation)
        case "NUM", Measured(digits, unit):
            made = NumContentItem(
                name=name, value=int(digits), unit=concept(unit), relationship_type=relation
            )
        case "IMAGE", Instance(sop_class, sop_instance):
            made = ImageContentItem(
                name=name,
                referenced_sop_class_uid=sop_class,
                referenced_sop_instance_uid=sop_instance,
                relationship_type=relation,
            )
        case kind, value:
            raise ValueError(f"{kind} with {value!r} is not built here")
    if ours.children:
        # Assigned when complete: highdicom copies what it is given.
        made.ContentSequence = ContentSequence([item(child) for child in ours.children])
    return made


def evidence_headers(content: SrContent) -> list[Dataset]:
    """Header data sets of the evidence, type 2 attributes filled."""
    headers = []
    for series in content.evidence:
        for sop_class, sop_instance in series.instances:
            ds = Dataset()
            ds.SpecificCharacterSet = content.charset
            ds.SOPClassUID, ds.SOPInstanceUID = sop_class, sop_instance
            ds.StudyInstanceUID, ds.SeriesInstanceUID = series.study_instance_uid, series.series_instance_uid
            ds.PatientID, ds.PatientName = content.patient.patient_id, content.patient.name
            ds.PatientBirthDate = content.patient.birth_date.replace("-", "")
            ds.PatientSex = content.patient.sex
            ds.AccessionNumber, ds.StudyID = content.study.accession_number, content.study.study_id
            ds.StudyDate, ds.StudyTime = "20260601", "150211"
            ds.ReferringPhysicianName = content.study.referring_physician
            ds.Modality, ds.Rows, ds.Columns = "MR", 1, 1
            headers.append(ds)
    return headers


def enhanced_sr(content: SrContent) -> EnhancedSR:
    """highdicom's own Enhanced SR of the same tree and evidence."""
    root = qc1000(content, shipped_codes())
    sheet = content.scored[0].sheet
    return EnhancedSR(
        evidence=evidence_headers(content),
        content=item(root),
        series_instance_uid=content.series_instance_uid,
        series_number=content.series_number,
        sop_instance_uid=content.sop_instance_uid,
        instance_number=content.instance_number,
        manufacturer=content.device.manufacturer,
        is_complete=True,
        is_final=True,
        is_verified=True,
        institution_name=content.institution_name,
        verifying_observer_name=sheet.scorer_name,
        verifying_organization=content.institution_name,
        record_evidence=True,
        specific_character_set=content.charset,
    )


def encoded(content: SrContent) -> bytes:
    """That SR as bytes of a file."""
    buffer = BytesIO()
    with warnings.catch_warnings():
        # highdicom would have a caret in a name of one component; the standard does not ask for it.
        warnings.simplefilter("ignore", UserWarning)
        enhanced_sr(content).save_as(buffer)
    return buffer.getvalue()


def key_objects(content: SrContent, title: Code, description: str) -> tuple[Dataset, list[Dataset]]:
    """Title and children of highdicom's own key object selection of all the evidence."""
    template = KeyObjectSelection(
        document_title=concept(title), referenced_objects=evidence_headers(content), description=description
    )
    root = template[0]
    children = []
    for child in root.ContentSequence:
        plain = Dataset(child)
        if plain.ValueType == "IMAGE":
            # TID 2010 has no concept name here; highdicom writes one.
            del plain.ConceptNameCodeSequence
        children.append(plain)
    return root.ConceptNameCodeSequence[0], children
