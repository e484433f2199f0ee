"""Which field of a message holds what, and what its words mean: the parts of a profile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, Literal

from pydantic import field_validator

from plugin.domain.order import OrderStatus, PatientClass
from plugin.domain.report import ReportStatus
from plugin.hl7.path import Paths
from plugin.kit.registry import Options


class PatientFields(Options):
    """Where the patient's identity stands."""

    patient_id: Paths = ()
    assigning_authority: Paths = ()
    name: Paths = ()
    sex: Paths = ()
    age: Paths = ()
    birth_date: Paths = ()


class ExamFields(Options):
    """Where a report says what was done."""

    accession_number: Paths = ()
    study_instance_uid: Paths = ()
    modality: Paths = ()
    exam_item: Paths = ()
    exam_item_code: Paths = ()
    body_part: Paths = ()
    performed_at: Paths = ()
    technique: Paths = ()
    technician: Paths = ()
    device: Paths = ()


class ReportFields(Options):
    """Where the rest of a report stands; `author`, `verifier`, `modified_by` point to whole person fields.

    `abnormal_flags` are places beside OBX-8 where a sender says that a value is critical;
    only words of ``[values.abnormal_flag]`` count there.
    """

    placer_order_number: Paths = ()
    filler_order_number: Paths = ()
    department: Paths = ()
    clinical_diagnosis: Paths = ()
    author: Paths = ()
    verifier: Paths = ()
    modified_by: Paths = ()
    signature: Paths = ()
    reported_at: Paths = ()
    reported_at_source: Literal["", "ris", "manual"] = ""
    inpatient_number: Paths = ()
    outpatient_number: Paths = ()
    ward: Paths = ()
    bed: Paths = ()
    image_number: Paths = ()
    abnormal_flags: Paths = ()
    status: Paths = ()


class OrderFields(Options):
    """Where an order's fields stand."""

    placer_order_number: Paths = ()
    filler_order_number: Paths = ()
    accession_number: Paths = ()
    study_instance_uid: Paths = ()
    modality: Paths = ()
    exam_item: Paths = ()
    exam_item_code: Paths = ()
    clinical_diagnosis: Paths = ()
    history: Paths = ()
    purpose: Paths = ()
    patient_class: Paths = ()
    department: Paths = ()
    ward: Paths = ()
    bed: Paths = ()
    inpatient_number: Paths = ()
    outpatient_number: Paths = ()
    ordering_provider: Paths = ()
    technician: Paths = ()
    ordered_at: Paths = ()


class Part(Options):
    """One section of a report: by OBX-3 (identifier, suffix after ``&``, or text), or by other fields (NTE-3, Z segments)."""

    codes: tuple[str, ...] = ()
    paths: Paths = ()
    headings: tuple[str, ...] = ()


SectionName = Literal[
    "findings", "impression", "technique", "recommendation", "clinical_diagnosis", "whole", "ignore"
]


class Sections(Options):
    """How a report's text is found.

    Parameters
    ----------
    whole
        One text that holds all sections, to be cut at the other sections' headings.
    uncoded
        OBX-2 to section, for senders that leave OBX-3 empty.
    recommendation_into
        What becomes of 建议: added to the impression as lines of its own, or left out.
    line_join
        What stands between OBX lines of one section.
    repetition
        What an unescaped ``~`` means in text; ``auto`` keeps it in a range (3~5mm, L3~L5).
    html
        Whether HTML entities and tags that leaked from a web page are read as text.
    """

    findings: Part = Part()
    impression: Part = Part()
    technique: Part = Part()
    recommendation: Part = Part()
    clinical_diagnosis: Part = Part()
    whole: Part = Part()
    ignore: Part = Part()
    uncoded: Mapping[str, SectionName] = {}
    recommendation_into: Literal["impression", "none"] = "impression"
    line_join: str = "\n"
    repetition: Literal["auto", "line", "literal"] = "auto"
    html: bool = True

    def parts(self) -> Iterator[tuple[SectionName, Part]]:
        """Every section with its description."""
        yield "findings", self.findings
        yield "impression", self.impression
        yield "technique", self.technique
        yield "recommendation", self.recommendation
        yield "clinical_diagnosis", self.clinical_diagnosis
        yield "whole", self.whole
        yield "ignore", self.ignore

    @cached_property
    def by_code(self) -> dict[str, SectionName]:
        """Upper-cased OBX-3 code to section."""
        return {code.upper(): name for name, part in self.parts() for code in part.codes}


class Values(Options):
    """Words of the sender to ours; looked up in upper case, unknown ones as described at each."""

    sex: Mapping[str, Literal["M", "F", "O", "U"]] = {}
    """Unknown: empty."""
    modality: Mapping[str, str] = {}
    """Unknown: empty; rules then go by the name of the examination."""
    patient_class: Mapping[str, PatientClass] = {}
    report_status: Mapping[str, ReportStatus] = {}
    """OBR-25, OBX-11.  Unknown: refused."""
    order_control: Mapping[str, Literal["new", "change", "status", "cancel"]] = {}
    """ORC-1.  Unknown: refused."""
    order_status: Mapping[str, OrderStatus] = {}
    """ORC-5.  Unknown: a new order is scheduled, a cancelled one cancelled, any other stays where it stood."""
    abnormal_flag: Mapping[str, str] = {}
    """OBX-8.  Unknown: kept."""

    @field_validator("*", mode="after")
    @classmethod
    def _upper(cls, table: Mapping[str, Any]) -> Mapping[str, Any]:
        return {key.upper(): value for key, value in table.items()}
