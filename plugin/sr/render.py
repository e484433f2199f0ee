"""A document as text and as JSON (docs/conformance/qc1000.schema.json)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from plugin.kit.printable import printable
from plugin.sr.codes import Code
from plugin.sr.content import ReaderPart, ScoredForm
from plugin.sr.read import SrDocument
from plugin.sr.tree import Instance, Item, Measured


def as_text(document: SrDocument) -> str:
    """Indented, for a terminal; control characters are shown as dots."""
    lines = [document.title or document.modality or "DICOM"]
    facts = {
        "来源 source": document.source,
        "患者 patient": " ".join(
            part
            for part in (document.patient.name, document.patient.sex, document.patient.patient_id)
            if part
        ),
        "检查号 accession": document.study.accession_number,
        "检查 study": document.study.description,
        "检查时间 performed": document.study.performed_at,
        "机构 institution": document.institution_name,
        "书写时间 written": document.written_at,
        "状态 state": " ".join(part for part in (document.completion, document.verification) if part),
        "实例 instance": document.sop_instance_uid,
    }
    lines += [f"  {name}: {value}" for name, value in facts.items() if value]
    if document.root:
        lines += [f"  {line}" for line in _lines(document.root, 0)]
    lines += [f"  ! {note}" for note in document.notes]
    return "\n".join(_printable(line) for line in lines)


def value_text(item: Item) -> str:
    """An item's value as people read it."""
    match item.value:
        case None:
            return ""
        case Code(value, scheme, meaning):
            return meaning or f"{value} ({scheme})"
        case Measured(digits, unit):
            shown = unit.meaning or unit.value
            return digits if unit.value == "1" else f"{digits} {shown}".strip()
        case Instance(_, sop_instance_uid):
            return sop_instance_uid
        case datetime() as moment:
            return moment.strftime("%Y-%m-%d %H:%M:%S %z").strip()
        case other:
            return str(other)


def name_text(item: Item) -> str:
    """An item's concept name as people read it; a foreign item may have none."""
    if item.name is None:
        return item.kind
    return item.name.meaning or item.name.value or item.kind


def as_json(document: SrDocument) -> dict[str, Any]:
    """The document as plain values; `qc` is there for documents of template QC1000."""
    patient, study = document.patient, document.study
    shown: dict[str, Any] = {
        "source": document.source,
        "title": document.title,
        "template": document.template,
        "sop_class_uid": document.sop_class_uid,
        "sop_instance_uid": document.sop_instance_uid,
        "series_instance_uid": document.series_instance_uid,
        "study_instance_uid": study.study_instance_uid,
        "accession_number": study.accession_number,
        "performed_at": study.performed_at,
        "institution": document.institution_name,
        "written_at": document.written_at,
        "completion": document.completion,
        "verification": document.verification,
        "patient": {
            "patient_id": patient.patient_id,
            "name": patient.name,
            "sex": patient.sex,
            "birth_date": patient.birth_date,
        },
        "notes": list(document.notes),
    }
    if document.content:
        content = document.content
        shown["qc"] = {
            "disclosure": content.disclosure.value,
            "report_id": content.report_id,
            "objects": [_scored_json(scored) for scored in content.scored],
            "suggestions": [
                {
                    "object": s.object,
                    "score": s.score,
                    "algorithm": s.algorithm,
                    "version": s.version,
                    "issues": [
                        {
                            "rule": i.rule,
                            "severity": i.severity.value,
                            "message": i.message,
                            "clause": i.clause,
                        }
                        for i in s.issues
                    ],
                }
                for s in content.suggestions
            ],
            "label": None,
        }
        if label := content.label:
            shown["qc"]["label"] = {
                "region": label.region_id,
                "mark": label.mark,
                "eligible": label.eligible,
                "item": {"number": label.item.number, "name": label.item.printed} if label.item else None,
                "reasons": [{"code": code, "text": text} for code, text in label.reasons],
                "basis": dict(label.versions),
            }
    if document.root:
        shown["tree"] = item_json(document.root)
    return shown


def item_json(item: Item) -> dict[str, Any]:
    """One content item with all below it."""
    shown: dict[str, Any] = {"type": item.kind}
    if item.relationship:
        shown["relationship"] = item.relationship
    if item.name:
        shown["name"] = _code_json(item.name)
    match item.value:
        case Code() as code:
            shown["value"] = _code_json(code)
        case Measured(digits, unit):
            shown["value"], shown["unit"] = digits, _code_json(unit)
        case Instance(sop_class_uid, sop_instance_uid):
            shown["value"] = {"sop_class_uid": sop_class_uid, "sop_instance_uid": sop_instance_uid}
        case datetime() as moment:
            shown["value"] = moment.isoformat()
        case str() as text:
            shown["value"] = text
    if item.children:
        shown["children"] = [item_json(child) for child in item.children]
    return shown


def _scored_json(scored: ScoredForm) -> dict[str, Any]:
    sheet, form = scored.sheet, scored.form
    shown: dict[str, Any] = {
        "object": form.object,
        "title": form.title,
        "form": {"id": form.form_id, "version": form.version},
        "mode": sheet.mode.value,
        "scored_at": sheet.scored_at.isoformat(),
        "score": sheet.result.score,
        "grade": sheet.result.grade,
        "passed": sheet.result.passed,
        "scorer": {"id": sheet.scorer_id, "name": sheet.scorer_name, "role": sheet.scorer_role},
        "assessed": {"id": sheet.assessed_id, "name": sheet.assessed_name},
        "criteria": [
            {"id": c.id, "text": c.text, "answer": "present" if c.id in sheet.answers.present else "absent"}
            for c in form.fatal
        ]
        + [{"id": c.id, "text": c.text, "answer": _answer(scored, c.id)} for c in form.conditions],
        "deductions": [
            {"id": d.criterion_id, "severe": d.severe, "text": d.text, "reason": d.reason}
            for d in sheet.result.deductions
        ],
        "comment": sheet.answers.comment,
        "images": [
            {"sop_instance_uid": image.sop_instance_uid, "criterion": image.criterion_id}
            for image in scored.images
        ],
    }
    if sheet.result.points is not None:
        shown["points"] = sheet.result.points
        shown["items"] = [
            {"id": i.id, "text": i.text, "points": sheet.answers.points.get(i.id, 0.0), "full": i.points}
            for i in form.items
        ]
    if scored.part is not ReaderPart.SINGLE:
        shown["reader"] = scored.part.value
    return shown


def _answer(scored: ScoredForm, criterion_id: str) -> str:
    answers = scored.sheet.answers
    if criterion_id in answers.not_applicable:
        return "not_applicable"
    return "no" if criterion_id in answers.unmet else "yes"


def _lines(item: Item, depth: int) -> Iterator[str]:
    value = value_text(item).replace("\n", "\n" + "  " * (depth + 1))
    name = name_text(item)
    yield "  " * depth + (f"{name}: {value}" if value else name)
    for child in item.children:
        yield from _lines(child, depth + 1)


def _code_json(code: Code) -> dict[str, str]:
    return {"value": code.value, "scheme": code.scheme, "meaning": code.meaning}


def _printable(line: str) -> str:
    return printable(line, but="\n\t")
