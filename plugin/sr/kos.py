"""Key Object Selections: images that fail quality (PS3.16 TID 2010, PS3.3 A.35.4).

*Quality Issue* marks; *Rejected for Quality Reasons* makes many archives hide the images
from every reader, so that it needs a person's confirmation, named in the object.  English
meanings and no coding scheme versions: viewers match on them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pydicom.dataset import Dataset

from plugin.domain.errors import InvalidInput
from plugin.domain.imaging import SeriesEvidence
from plugin.domain.patient import Patient
from plugin.sr import tree
from plugin.sr.codes import Code
from plugin.sr.content import DeviceInfo, StudyContext
from plugin.sr.encode import Elements, Encoder, assemble, element, sequence, uid
from plugin.sr.header import (
    equipment_module,
    evidence_sequence,
    patient_module,
    request_sequence,
    sop_common_module,
    study_module,
)
from plugin.sr.qc_sr import as_dataset, require_uids
from plugin.sr.tree import HAS_CONCEPT_MOD, HAS_OBS_CONTEXT, Instance, Item

KEY_OBJECTS = "1.2.840.10008.5.1.4.1.1.88.59"


class Purpose(StrEnum):
    """Document titles (CID 7010); RESTORED is dcm4chee's own, the standard has none."""

    QUALITY_ISSUE = "quality_issue"
    REJECTED = "rejected"
    RESTORED = "restored"


TITLES = {
    Purpose.QUALITY_ISSUE: Code("113010", "DCM", "Quality Issue"),
    Purpose.REJECTED: Code("113001", "DCM", "Rejected for Quality Reasons"),
    Purpose.RESTORED: Code("REVOKE_REJECTION", "99DCM4CHEE", "Restore rejected Instances"),
}
PROBLEMS = {
    "motion": Code("111210", "DCM", "Motion blur"),
    "artifact": Code("111207", "DCM", "Image artifact(s)"),
    "positioning": Code("111209", "DCM", "Positioning"),
    "processing": Code("111219", "DCM", "Inappropriate image processing"),
    "under_exposed": Code("111211", "DCM", "Under exposed"),
    "over_exposed": Code("111212", "DCM", "Over exposed"),
    "no_image": Code("111213", "DCM", "No image"),
    "repeated": Code("113026", "DCM", "Double exposure"),
    "other": Code("111220", "DCM", "Other failure"),
}
"""Document title modifiers (CID 7011) by the words of our configuration."""

_MODIFIER = Code("113011", "DCM", "Document Title Modifier")
_DESCRIPTION = Code("113012", "DCM", "Key Object Description")
_OBSERVER_TYPE = Code("121005", "DCM", "Observer Type")
_PERSON = Code("121006", "DCM", "Person")
_OBSERVER_NAME = Code("121008", "DCM", "Person Observer Name")


@dataclass(frozen=True, slots=True, kw_only=True)
class KosContent:
    """What a selection says.

    Parameters
    ----------
    images
        The images it is about, by series; at least one.
    problem
        A key of `PROBLEMS`; ignored by RESTORED.
    observer_name
        Who marked the images.
    confirmed_by
        Who confirmed a rejection or its revocation; required for both.
    """

    purpose: Purpose
    patient: Patient
    study: StudyContext
    images: tuple[SeriesEvidence, ...]
    problem: str
    sop_instance_uid: str
    series_instance_uid: str
    created_at: datetime
    description: str = ""
    observer_name: str = ""
    confirmed_by: str = ""
    device: DeviceInfo = field(default_factory=DeviceInfo)
    institution_name: str = ""
    series_number: int = 992
    instance_number: int = 1
    charset: str = "ISO_IR 192"


def build(content: KosContent, *, rejection_allowed: bool = False) -> Dataset:
    """Build the object.

    Parameters
    ----------
    rejection_allowed
        The site's switch; without it neither a rejection nor its revocation is written.

    Raises
    ------
    InvalidInput
        No image, an unknown problem, no switch or no confirming person.
    """
    _check(content, rejection_allowed)
    e = Encoder(content.charset)
    elements: Elements = {}
    sop_common_module(e, KEY_OBJECTS, content.sop_instance_uid, content.created_at, elements)
    patient_module(e, content.patient, elements)
    study_module(e, content.study, elements)
    equipment_module(e, content.device, content.institution_name, elements)
    elements[0x00080060] = e.text(0x00080060, "CS", "KO")
    elements[0x00081111] = sequence(0x00081111, [])
    elements[0x0020000E] = uid(0x0020000E, content.series_instance_uid)
    elements[0x00200011] = e.text(0x00200011, "IS", str(content.series_number))
    elements[0x00200013] = e.text(0x00200013, "IS", str(content.instance_number))
    e.date_time(elements, 0x00080023, 0x00080033, content.created_at)
    elements[0x0040A370] = request_sequence(content.study, e)
    elements[0x0040A375] = evidence_sequence(0x0040A375, content.images)
    template: Elements = {
        0x00080105: element(0x00080105, "CS", b"DCMR"),
        0x0040DB00: element(0x0040DB00, "CS", b"2010"),
    }
    elements[0x0040A504] = sequence(0x0040A504, [assemble(template)])
    elements[0x0040A040] = element(0x0040A040, "CS", b"CONTAINER")
    elements[0x0040A043] = e.code(0x0040A043, TITLES[content.purpose])
    elements[0x0040A050] = element(0x0040A050, "CS", b"SEPARATE")
    elements[0x0040A730] = sequence(0x0040A730, [e.item(item) for item in _rows(content)])
    return as_dataset(assemble(elements), KEY_OBJECTS, content.sop_instance_uid)


def _rows(content: KosContent) -> list[Item]:
    rows: list[Item] = []
    if content.purpose is not Purpose.RESTORED:
        rows.append(tree.code(_MODIFIER, PROBLEMS[content.problem], HAS_CONCEPT_MOD))
    observer = content.confirmed_by or content.observer_name
    if observer:
        rows.append(tree.code(_OBSERVER_TYPE, _PERSON, HAS_OBS_CONTEXT))
        rows += tree.person(_OBSERVER_NAME, observer, HAS_OBS_CONTEXT)
    rows += tree.text(_DESCRIPTION, content.description)
    # TID 2010 gives its images no concept name; with one, viewers do not find them.
    rows += [
        Item(tree.CONTAINS, "IMAGE", None, Instance(*image))
        for series in content.images
        for image in series.instances
    ]
    return rows


def _check(content: KosContent, rejection_allowed: bool) -> None:
    if not any(series.instances for series in content.images):
        raise InvalidInput("images", "a selection names at least one image")
    if content.problem not in PROBLEMS:
        raise InvalidInput("problem", f"{content.problem!r} is unknown; choose one of {', '.join(PROBLEMS)}")
    if content.purpose is not Purpose.QUALITY_ISSUE:
        if not rejection_allowed:
            raise InvalidInput("purpose", "this site does not reject images; its switch is off")
        if not content.confirmed_by:
            raise InvalidInput("confirmed_by", "a rejection and its revocation need a person's confirmation")
    if content.created_at.tzinfo is None:
        raise InvalidInput("created_at", "has no time zone")
    require_uids(
        sop_instance_uid=content.sop_instance_uid,
        series_instance_uid=content.series_instance_uid,
        study_instance_uid=content.study.study_instance_uid,
    )
