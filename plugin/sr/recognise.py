"""A tree of template QC1000 back into the content it was made of.

Rows are known by their codes, never by their place or their wording, so that documents
of older and newer versions read alike; a row that is not known is passed over.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from plugin.domain.issue import Issue, Section, Severity
from plugin.domain.recognition import CatalogueItem, LabelDecision
from plugin.domain.scoring import (
    Criterion,
    Deduction,
    FormAnswers,
    FormKind,
    PointItem,
    ScoreResult,
    ScoreSheet,
    ScoringForm,
)
from plugin.sr.codes import Code, CodeBook
from plugin.sr.content import Disclosure, MarkedImage, ReaderPart, ScoredForm, Suggestion
from plugin.sr.rows import Rows, measured
from plugin.sr.template import MODES
from plugin.sr.tree import Instance, Item

_MODE_OF = {name: mode for mode, name in MODES.items()}
_PASSED = {"pass", "image_usable"}


def is_qc1000(root: Item | None, book: CodeBook) -> bool:
    """Is this a document of our template?"""
    return root is not None and book.name_of(root.name) == "title"


def disclosure_of(root: Item, book: CodeBook) -> Disclosure:
    """Its level; the lowest when a document does not say."""
    name = Rows(root.children, book).name("disclosure").removeprefix("disclosure_")
    return Disclosure(name) if name in {level.value for level in Disclosure} else Disclosure.SUMMARY


def scored_forms(root: Item, book: CodeBook, accession_number: str) -> tuple[ScoredForm, ...]:
    """Every scored object, reader by reader."""
    top = Rows(root.children, book)
    readers = [Rows(item.children, book) for item in top.all("reader")] or [top]
    found: list[ScoredForm] = []
    for reader in readers:
        part_name = reader.name("part").removeprefix("part_")
        part = ReaderPart(part_name) if part_name in {p.value for p in ReaderPart} else ReaderPart.SINGLE
        role = reader.code("observer_role")
        scorer = (
            reader.text("observer_login"),
            reader.text("scorer"),
            role.value.removeprefix("ROLE:") if role else "",
        )
        objects = [
            item
            for item in reader.items
            if item.kind == "CONTAINER" and Rows(item.children, book).code("standard")
        ]
        found += [_scored(item, reader, scorer, part, accession_number, book) for item in objects]
    return tuple(found)


def label_of(root: Item, book: CodeBook) -> LabelDecision | None:
    """The recognition label, when the document carries one."""
    found = Rows(root.children, book).all("label")
    if not found:
        return None
    rows = Rows(found[0].children, book)
    region = rows.code("label_region")
    printed = rows.text("label_item")
    number, _, words = printed.partition(" ")
    item = None
    if printed:
        item = CatalogueItem(
            number=int(number) if number.isdecimal() else 0,
            modality="",
            body_part="",
            name=words,
            printed=words,
        )
    reasons = [reason.value for reason in rows.all("label_reason")]
    basis = [entry.value for entry in rows.all("label_basis") if isinstance(entry.value, str)]
    return LabelDecision(
        region_id=region.value if region else "",
        mark=rows.text("label_mark"),
        eligible=rows.name("label_eligible") == "yes",
        reasons=tuple((r.value.removeprefix("REASON:"), r.meaning) for r in reasons if isinstance(r, Code)),
        item=item,
        versions=tuple((key, value) for key, _, value in (entry.partition("=") for entry in basis)),
    )


def suggestions_of(root: Item, book: CodeBook) -> tuple[Suggestion, ...]:
    """What the rules suggested; offsets into the report are not part of the document."""
    found = []
    for item in Rows(root.children, book).all("suggestion"):
        rows = Rows(item.children, book)
        issues = []
        for entry in rows.all("issue"):
            row = Rows(entry.children, book)
            severity = row.text("issue_severity")
            issues.append(
                Issue(
                    rule=row.text("issue_rule"),
                    severity=Severity(severity) if severity in {s.value for s in Severity} else Severity.INFO,
                    section=Section.RECORD,
                    start=0,
                    end=0,
                    text="",
                    message=row.text("issue_message"),
                    clause=row.text("issue_clause"),
                )
            )
        found.append(
            Suggestion(
                object=rows.text("suggested_object"),
                score=rows.number("score"),
                issues=tuple(issues),
                algorithm=rows.text("algorithm_name"),
                version=rows.text("algorithm_version"),
            )
        )
    return tuple(found)


def _scored(
    item: Item, reader: Rows, scorer: tuple[str, str, str], part: ReaderPart, accession: str, book: CodeBook
) -> ScoredForm:
    rows = Rows(item.children, book)
    act = rows if rows.code("mode") else reader
    name = book.name_of(item.name)
    scored_object = name.removeprefix("object_") if name else (item.name.value if item.name else "")
    form, answers = _form(item, rows, scored_object, book)
    score = rows.number("score")
    deductions, reasons, images = _deductions(rows, scored_object, book)
    assessed = rows.all("person_name")
    assessed_id = Rows(assessed[0].children, book).text("person_id") if assessed else ""
    assessed_name = rows.text("assessed")
    sheet = ScoreSheet(
        sheet_id=rows.text("sheet_id"),
        accession_number=accession,
        form_id=form.form_id,
        form_version=form.version,
        mode=_MODE_OF.get(act.name("mode"), next(iter(MODES))),
        scorer_id=scorer[0],
        scorer_name=scorer[1],
        scorer_role=scorer[2],
        assessed_id=assessed_id,
        assessed_name=assessed_name,
        scored_at=act.moment("scored_at") or datetime.min.replace(tzinfo=UTC),
        answers=replace(answers, reasons=reasons, comment=rows.text("comment")),
        result=ScoreResult(
            score=score,
            grade=rows.text("grade"),
            passed=rows.name("assessment") in _PASSED,
            deductions=deductions,
            points=rows.points("points"),
        ),
        amends=rows.text("amends"),
    )
    images += [
        MarkedImage(sop_class_uid=i.value.sop_class_uid, sop_instance_uid=i.value.sop_instance_uid)
        for i in rows.all("marked_image")
        if isinstance(i.value, Instance)
    ]
    return ScoredForm(
        form=replace(form, kind=_kind(sheet.result)),
        sheet=sheet,
        part=part,
        blinded=act.name("blinded") == "yes",
        images=tuple(images),
    )


def _kind(result: ScoreResult) -> FormKind:
    if result.points is not None:
        return FormKind.POINTS
    return FormKind.CONFORMITY if result.score is None else FormKind.GRADED


def _form(item: Item, rows: Rows, scored_object: str, book: CodeBook) -> tuple[ScoringForm, FormAnswers]:
    """The form as far as the document shows it: its criteria, by their short wording."""
    fatal, conditions = [], []
    items: list[PointItem] = []
    points: dict[str, float] = {}
    present, unmet, not_applicable = set(), set(), set()
    own = (f"{scored_object}:", f"{scored_object}-")
    for row in item.children:
        if not (row.name and row.name.value.startswith(own)):
            continue
        if (given := measured(row)) is not None:
            identifier = row.name.value.removeprefix(own[0])
            full = Rows(row.children, book).points("full_points") or 0.0
            items.append(PointItem(id=identifier, text=row.name.meaning, text_en="", points=full))
            points[identifier] = given
        if not isinstance(row.value, Code):
            continue
        criterion = Criterion(id=row.name.value.removeprefix(own[0]), text=row.name.meaning, text_en="")
        answer = book.name_of(row.value)
        if answer in ("present", "absent"):
            fatal.append(criterion)
            present |= {criterion.id} if answer == "present" else set()
        else:
            conditions.append(criterion)
            unmet |= {criterion.id} if answer == "no" else set()
            not_applicable |= {criterion.id} if answer == "not_applicable" else set()
    standard = rows.code("standard")
    form_id, _, version = (standard.value if standard else "").rpartition("@")
    form = ScoringForm(
        form_id=form_id,
        version=version,
        title=item.name.meaning if item.name else scored_object,
        title_en="",
        object=scored_object,
        kind=FormKind.GRADED,
        clause=standard.meaning if standard else "",
        fatal=tuple(fatal),
        conditions=tuple(conditions),
        items=tuple(items),
    )
    answers = FormAnswers(
        present=frozenset(present),
        unmet=frozenset(unmet),
        not_applicable=frozenset(not_applicable),
        points=points,
    )
    return form, answers


def _deductions(
    rows: Rows, scored_object: str, book: CodeBook
) -> tuple[tuple[Deduction, ...], dict[str, str], list[MarkedImage]]:
    deductions, reasons, images = [], {}, []
    for item in rows.all("deduction"):
        row = Rows(item.children, book)
        criterion_id = row.text("deduction_item").removeprefix(f"{scored_object}:")
        reason = row.text("reason")
        deductions.append(
            Deduction(
                criterion_id=criterion_id,
                severe=row.name("deduction_type") == "severe",
                text=row.text("wording"),
                reason=reason,
            )
        )
        if reason:
            reasons[criterion_id] = reason
        images += [
            MarkedImage(
                sop_class_uid=i.value.sop_class_uid,
                sop_instance_uid=i.value.sop_instance_uid,
                criterion_id=criterion_id,
            )
            for i in row.all("marked_image")
            if isinstance(i.value, Instance)
        ]
    return tuple(deductions), reasons, images
