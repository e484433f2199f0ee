"""How an outbound message is put together: whom it goes to, whom it is about, its segments, its bytes.

Every value is escaped here, whatever it holds; a text can never end a segment or a frame.
Codes of our own are in the coding system ``99SIGNGATE``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import field_validator

from plugin.domain.errors import InvalidInput
from plugin.domain.order import ImagingOrder
from plugin.domain.patient import Patient
from plugin.domain.report import Report
from plugin.hl7.charset_names import codec_of
from plugin.hl7.escape import escape
from plugin.hl7.header import DEFAULT_DELIMITERS as D
from plugin.kit.registry import Options

OURS = "99SIGNGATE"


class Correspondent(Options):
    """How a receiver wants to be addressed: MSH-3 to MSH-6, MSH-11, MSH-12, MSH-18, and the clock of MSH-7.

    `citation_as` says in which message it takes the citation of a recognised result.
    """

    sending_application: str = "SIGNGATE"
    sending_facility: str = ""
    receiving_application: str = ""
    receiving_facility: str = ""
    processing_id: str = "P"
    version: str = "2.5.1"
    charset: str = "UNICODE UTF-8"
    citation_as: Literal["ORU", "MDM"] = "MDM"
    time_zone: str = "Asia/Shanghai"

    @field_validator("charset")
    @classmethod
    def _known(cls, name: str) -> str:
        if not codec_of(name):
            raise ValueError(f"{name!r} is not a character set of HL7 table 0211")
        return name


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """Identity of one outbound message; the same one is written again when it is sent again."""

    control_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The examination that a message is about."""

    patient: Patient
    accession_number: str
    placer_order_number: str = ""
    filler_order_number: str = ""
    exam_item_code: str = ""
    exam_item: str = ""
    modality: str = ""
    performed_at: str = ""
    study_instance_uid: str = ""

    @classmethod
    def of(cls, accession_number: str, report: Report | None, order: ImagingOrder | None) -> Subject:
        """From what is known of an examination, the report first."""
        exam = report.exam if report else None
        return cls(
            patient=report.patient if report else order.patient if order else Patient(),
            accession_number=accession_number,
            placer_order_number=order.placer_order_number if order else "",
            filler_order_number=order.filler_order_number if order else "",
            exam_item_code=(exam.exam_item_code if exam else "") or (order.exam_item_code if order else ""),
            exam_item=(exam.exam_item if exam else "") or (order.exam_item if order else ""),
            modality=(exam.modality if exam else "") or (order.modality if order else ""),
            performed_at=exam.performed_at if exam else "",
            study_instance_uid=exam.study_instance_uid if exam else "",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One OBX."""

    kind: str
    code: tuple[str, str, str]
    value: str
    """Already escaped."""
    flag: str = ""
    status: str = ""
    """OBX-11 where it is not the message's."""


def oru(
    subject: Subject,
    service: tuple[str, str, str],
    observations: Iterable[Observation],
    to: Correspondent,
    stamp: Stamp,
    observed_at: datetime,
    status: str = "F",
) -> bytes:
    """ORU^R01 about one examination."""
    segments = [
        msh(to, stamp),
        pid(subject.patient),
        segment(
            "OBR",
            {
                1: "1",
                2: escape(subject.placer_order_number, D),
                3: escape(subject.filler_order_number or subject.accession_number, D),
                4: parts(*service, subject.exam_item_code, subject.exam_item),
                7: escape("".join(c for c in subject.performed_at if c.isdigit())[:14], D),
                18: escape(subject.accession_number, D),
                22: written_time(observed_at, to),
                24: escape(subject.modality, D),
                25: status,
            },
        ),
    ]
    return in_bytes([*segments, *obx(observations, status)], to)


def pid(patient: Patient) -> str:
    """Whom a message is about."""
    return segment(
        "PID",
        {
            1: "1",
            3: parts(patient.patient_id, "", "", patient.assigning_authority),
            5: escape(patient.name, D),
            7: escape(patient.birth_date.replace("-", ""), D),
            8: escape(patient.sex, D),
        },
    )


def obx(observations: Iterable[Observation], status: str) -> list[str]:
    """Observations, numbered; `status` is OBX-11 of each that has none of its own."""
    return [
        segment(
            "OBX",
            {
                1: str(number),
                2: each.kind,
                3: parts(*each.code),
                5: each.value,
                8: each.flag,
                11: each.status or status,
            },
        )
        for number, each in enumerate(observations, 1)
    ]


def in_bytes(segments: Iterable[str], to: Correspondent) -> bytes:
    """The message in the receiver's character set.

    Raises
    ------
    InvalidInput
        When the set cannot hold a character.
    """
    text = "\r".join(segments) + "\r"
    try:
        return text.encode(codec_of(to.charset))
    except UnicodeEncodeError as error:
        lost = text[error.start]
        raise InvalidInput(
            "charset", f"{to.charset} has no {lost!r}; choose GB 18030-2000 or UNICODE UTF-8"
        ) from error


def msh(to: Correspondent, stamp: Stamp, message_type: str = "ORU^R01^ORU_R01") -> str:
    """MSH of one of our messages."""
    # MSH-1 is the separator, so MSH-n is the element n - 1 of the list.
    fields = {
        2: escape(to.sending_application, D),
        3: escape(to.sending_facility, D),
        4: escape(to.receiving_application, D),
        5: escape(to.receiving_facility, D),
        6: written_time(stamp.at, to),
        8: message_type,
        9: escape(stamp.control_id, D),
        10: escape(to.processing_id, D),
        11: escape(to.version, D),
        17: escape(to.charset, D),
    }
    return segment("MSH", {1: "^~\\&", **fields})


def segment(name: str, fields: dict[int, str]) -> str:
    """A segment of fields by their numbers, already escaped."""
    return "|".join([name, *(fields.get(number, "") for number in range(1, max(fields) + 1))])


def parts(*values: str) -> str:
    """Components, escaped here; empty ones at the end are left out."""
    return "^".join(escape(value, D) for value in values).rstrip("^")


def coded(code: str, text: str) -> str:
    """A code of ours."""
    return parts(code, text, OURS)


def written_time(at: datetime, to: Correspondent) -> str:
    """A time by the receiver's clock, with its offset."""
    return at.astimezone(ZoneInfo(to.time_zone)).strftime("%Y%m%d%H%M%S%z")
