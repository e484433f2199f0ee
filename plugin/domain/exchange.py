"""JSON of check-reports, and of every door that speaks it, to and from the words of the house.

Pure functions.  Three things are told apart, because the standard asks for complete
records and a sender can only be blamed for what it sends (seed 000, table A.1):

* a key that is absent is not known, and no rule may fire on it;
* a key that is ``null`` or empty is a field left empty: its name is in `delivered`;
* a placeholder (``XX``, ``待填``) is kept as written: rules judge it.

Unknown keys are passed over, so that a sender may say more than we read; :func:`unread` names
them, so that whoever connects a sender sees a misspelt one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plugin.domain.case import Case, PriorExam
from plugin.domain.critical import CriticalFinding
from plugin.domain.errors import InvalidInput
from plugin.domain.issue import Issue, Span
from plugin.domain.order import ImagingOrder, PatientClass
from plugin.domain.patient import Patient
from plugin.domain.report import Exam, Report, ReportStatus

_PATIENT = ("patient_id", "assigning_authority", "name", "sex", "age", "birth_date")
_EXAM = (
    "accession_number", "study_instance_uid", "modality", "exam_item", "exam_item_code",
    "body_part", "performed_at", "technique", "technician", "device",
)  # fmt: skip
_REPORT = (
    "department", "clinical_diagnosis", "author", "author_id", "verifier", "verifier_id", "modified_by",
    "signature", "reported_at", "reported_at_source", "inpatient_number", "outpatient_number", "ward",
    "bed", "image_number",
)  # fmt: skip
_ORDER = (
    "placer_order_number", "filler_order_number", "accession_number", "study_instance_uid", "modality",
    "exam_item", "exam_item_code", "clinical_diagnosis", "history", "purpose", "department", "ward", "bed",
    "inpatient_number", "outpatient_number", "ordering_provider", "technician", "ordered_at",
)  # fmt: skip
_PRIOR = ("performed_at", "modality", "exam_item", "findings", "impression", "accession_number")

_READ: Mapping[str, frozenset[str]] = {
    "": frozenset(("id", "patient", "exam", "report", "order", "priors", "findings", "impression")),
    "/patient": frozenset(_PATIENT),
    "/exam": frozenset(_EXAM),
    "/report": frozenset((*_REPORT, "status", "abnormal_flags")),
    "/order": frozenset((*_ORDER, "patient", "patient_class")),
    "/order/patient": frozenset(_PATIENT),
}
"""JSON pointer of an object to the keys that are read of it."""

SEXES = {"男": "M", "男性": "M", "m": "M", "male": "M", "1": "M", "女": "F", "女性": "F", "f": "F",
         "female": "F", "2": "F", "o": "O", "其他": "O", "u": "U", "未知": "U", "不详": "U", "9": "U",
         "0": "U"}  # fmt: skip
"""Spellings of sex seen on the wire (GB/T 2261.1, HL7 table 0001, DICOM), lower case, to ours."""

_STATUSES = {
    "final": ReportStatus.FINAL, "f": ReportStatus.FINAL, "verified": ReportStatus.FINAL,
    "preliminary": ReportStatus.PRELIMINARY, "p": ReportStatus.PRELIMINARY, "draft": ReportStatus.PRELIMINARY,
    "corrected": ReportStatus.CORRECTED, "c": ReportStatus.CORRECTED, "amended": ReportStatus.CORRECTED,
    "已审核": ReportStatus.FINAL, "最终": ReportStatus.FINAL, "初步": ReportStatus.PRELIMINARY,
    "cancelled": ReportStatus.CANCELLED, "canceled": ReportStatus.CANCELLED, "x": ReportStatus.CANCELLED,
}  # fmt: skip

_CLASSES = {"门诊": "outpatient", "o": "outpatient", "住院": "inpatient", "i": "inpatient",
            "急诊": "emergency", "e": "emergency", "体检": "checkup", "h": "checkup"}  # fmt: skip


_JSON_NAMES = {dict: "an object", list: "a list", bool: "true or false"}


def case_from_json(data: Mapping[str, Any]) -> Case:
    """Read one check-reports object.

    Returns
    -------
    Case
        ``report.delivered`` holds ``patient.<key>``, ``exam.<key>``, ``report.<key>``,
        ``findings``, ``impression``; ``order_delivered`` holds names below ``order``
        (``exam_item``, ``patient.name``).  ``priors`` is ``None`` when the key is absent.

    Raises
    ------
    InvalidInput
        `where` is the JSON pointer of the value that has the wrong type or word.
    """
    if not isinstance(data, Mapping):
        raise InvalidInput("", "a report is a JSON object")
    delivered: set[str] = set()
    patient = _patient(data, "", delivered, "patient.")
    exam = Exam(**_strings(data, "exam", _EXAM, "", delivered, "exam."))
    record = _object(data, "report", "")
    fields = _strings(data, "report", _REPORT, "", delivered, "report.")
    texts = {key: _text(data[key], f"/{key}") for key in ("findings", "impression") if key in data}
    delivered.update(texts)
    report = Report(
        patient=patient,
        exam=exam,
        status=_status(record),
        abnormal_flags=_flags(record),
        delivered=frozenset(delivered),
        **fields,
        **texts,
    )
    order, order_delivered = _order(data)
    return Case(report=report, order=order, order_delivered=order_delivered, priors=_priors(data))


def unread(data: Mapping[str, Any]) -> list[str]:
    """JSON pointers of the keys of one check-reports object that nobody reads, in their order."""
    objects: list[tuple[str, Any, frozenset[str]]] = []
    for pointer, known in _READ.items():
        found: Any = data
        for part in pointer.split("/")[1:]:
            found = found.get(part) if isinstance(found, Mapping) else None
        objects.append((pointer, found, known))
    priors = data.get("priors")
    for index, prior in enumerate(priors if isinstance(priors, list) else ()):
        objects.append((f"/priors/{index}", prior, frozenset(_PRIOR)))
    return [
        f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"
        for pointer, found, known in objects
        if isinstance(found, Mapping)
        for key in found
        if key not in known
    ]


def issue_to_json(issue: Issue) -> dict[str, Any]:
    """Write one issue; `related` is left out when it is empty, `analyser` unless one from outside raised it."""
    written: dict[str, Any] = {
        "rule": issue.rule,
        "severity": issue.severity.value,
        "section": issue.section.value,
        "start": issue.start,
        "end": issue.end,
        "text": issue.text,
        "message": issue.message,
        "clause": issue.clause,
    }
    if issue.related:
        written["related"] = [span_to_json(span) for span in issue.related]
    if issue.analyser:
        written["analyser"] = {"name": issue.analyser, "version": issue.analyser_version}
    return written


def span_to_json(span: Span) -> dict[str, Any]:
    """Write one place."""
    return {"section": span.section.value, "start": span.start, "end": span.end, "text": span.text}


def critical_to_json(finding: CriticalFinding) -> dict[str, Any]:
    """Write one critical finding."""
    return {
        "code": finding.code,
        "name": finding.name,
        "tier": finding.tier.value,
        "state": finding.state.value,
        "section": finding.section.value,
        "start": finding.start,
        "end": finding.end,
        "text": finding.text,
    }


def _object(data: Mapping[str, Any], key: str, base: str) -> Mapping[str, Any]:
    value = data.get(key)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InvalidInput(f"{base}/{key}", "must be an object")
    return value


def _strings(
    data: Mapping[str, Any], group: str, keys: tuple[str, ...], base: str, delivered: set[str], prefix: str
) -> dict[str, str]:
    """Values of the `keys` that `group` holds; each name goes to `delivered`."""
    holder = _object(data, group, base) if group else data
    place = f"{base}/{group}" if group else base
    values = {key: _text(holder[key], f"{place}/{key}") for key in keys if key in holder}
    delivered.update(prefix + key for key in values)
    return values


def _text(value: object, where: str) -> str:
    """Text of a scalar: ``null`` is empty, a number is written out."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise InvalidInput(where, f"must be text, not {_JSON_NAMES.get(type(value), 'this')}")


def _patient(data: Mapping[str, Any], base: str, delivered: set[str], prefix: str) -> Patient:
    values = _strings(data, "patient", _PATIENT, base, delivered, prefix)
    if "sex" in values:
        values["sex"] = SEXES.get(values["sex"].strip().lower(), values["sex"])
    return Patient(**values)


def _status(record: Mapping[str, Any]) -> ReportStatus:
    word = _text(record.get("status"), "/report/status").strip().lower()
    if not word:
        return ReportStatus.FINAL
    try:
        return _STATUSES[word]
    except KeyError:
        raise InvalidInput(
            "/report/status", f"{word!r} is not one of final, preliminary, corrected, cancelled"
        ) from None


def _flags(record: Mapping[str, Any]) -> tuple[str, ...]:
    flags = record.get("abnormal_flags") or ()
    if isinstance(flags, str) or not isinstance(flags, list | tuple):
        raise InvalidInput("/report/abnormal_flags", "must be a list of texts, as OBX-8 holds them")
    return tuple(_text(flag, f"/report/abnormal_flags/{index}") for index, flag in enumerate(flags) if flag)


def _order(data: Mapping[str, Any]) -> tuple[ImagingOrder | None, frozenset[str]]:
    if data.get("order") is None:
        return None, frozenset()
    holder = _object(data, "order", "")
    delivered: set[str] = set()
    patient = _patient(holder, "/order", delivered, "patient.")
    values: dict[str, Any] = dict(_strings(holder, "", _ORDER, "/order", delivered, ""))
    patient_class = PatientClass.UNKNOWN
    if "patient_class" in holder:
        delivered.add("patient_class")
        word = _text(holder["patient_class"], "/order/patient_class").strip().lower()
        try:
            patient_class = PatientClass(_CLASSES.get(word, word) or "unknown")
        except ValueError:
            known = ", ".join(PatientClass)
            raise InvalidInput("/order/patient_class", f"{word!r} is not one of {known}") from None
    return ImagingOrder(patient=patient, patient_class=patient_class, **values), frozenset(delivered)


def _priors(data: Mapping[str, Any]) -> tuple[PriorExam, ...] | None:
    if "priors" not in data:
        return None
    priors = data["priors"] or []
    if not isinstance(priors, list | tuple):
        raise InvalidInput("/priors", "must be a list of earlier examinations")
    read = []
    for index, prior in enumerate(priors):
        if not isinstance(prior, Mapping):
            raise InvalidInput(f"/priors/{index}", "must be an object")
        values = {key: _text(prior[key], f"/priors/{index}/{key}") for key in _PRIOR if key in prior}
        read.append(PriorExam(**values))
    return tuple(read)
