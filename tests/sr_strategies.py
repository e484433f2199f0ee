"""Generated contents of QC structured reports: any score sheet that a form allows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import strategies as st
from sr_samples import IMAGE_FORM, IMAGES, REPORT_FORM, REQUEST_FORM, content

from plugin.domain.patient import Patient
from plugin.domain.recognition import CatalogueItem, LabelDecision
from plugin.domain.scoring import Deduction, FormAnswers, ScoreResult, ScoreSheet, ScoringForm, ScoringMode
from plugin.sr.content import MarkedImage, ReaderPart, ScoredForm, SrContent

# Letters, Hanzi of all planes, digits and punctuation; no control characters, no backslash.
CHARACTERS = st.characters(codec="gb18030", exclude_categories=["C", "Z"], exclude_characters="\\^=")


def words(most: int, least: int = 0) -> st.SearchStrategy[str]:
    return st.text(CHARACTERS, min_size=least, max_size=most)


def lines(most: int) -> st.SearchStrategy[str]:
    return st.lists(words(most, 1), max_size=3).map("\n".join)


zones = st.sampled_from([UTC, timezone(timedelta(hours=8)), timezone(timedelta(hours=-3, minutes=-30))])


def moments() -> st.SearchStrategy[datetime]:
    first, last = datetime.fromisoformat("2000-01-02"), datetime.fromisoformat("2099-01-01")
    return st.datetimes(first, last, timezones=zones)


@st.composite
def scored_forms(draw: st.DrawFn, form: ScoringForm, scorer: tuple[str, str, str]) -> ScoredForm:
    """A sheet whose answers, deductions and reasons agree with one another."""
    wording = {c.id: c.text for c in (*form.fatal, *form.conditions)}
    present = draw(st.frozensets(st.sampled_from([c.id for c in form.fatal]))) if form.fatal else frozenset()
    conditions = [c.id for c in form.conditions]
    unmet = draw(st.frozensets(st.sampled_from(conditions))) if conditions else frozenset()
    rest = [c for c in conditions if c not in unmet]
    skipped = draw(st.frozensets(st.sampled_from(rest))) if rest else frozenset()
    lost = [*sorted(present), *sorted(unmet)]
    reasons = {identifier: reason for identifier in lost if (reason := draw(lines(40)))}
    passed = draw(st.booleans())
    sheet = ScoreSheet(
        sheet_id=draw(words(36, 1)),
        accession_number="A1",
        form_id=form.form_id,
        form_version=form.version,
        mode=draw(st.sampled_from(ScoringMode)),
        scorer_id=scorer[0],
        scorer_name=scorer[1],
        scorer_role=scorer[2],
        assessed_id=draw(words(16)),
        assessed_name=draw(words(20)),
        scored_at=draw(moments()),
        answers=FormAnswers(
            present=present, unmet=unmet, not_applicable=skipped, reasons=reasons, comment=draw(lines(200))
        ),
        result=ScoreResult(
            score=draw(st.integers(1, 5)) if form.score_by_met else None,
            grade=draw(st.sampled_from(["优秀", "良好", "合格", "不合格"])),
            passed=passed,
            deductions=tuple(
                Deduction(criterion_id=i, severe=i in present, text=wording[i], reason=reasons.get(i, ""))
                for i in lost
            ),
        ),
        amends=draw(words(36)),
    )
    images = tuple(
        MarkedImage(
            sop_class_uid=sop_class, sop_instance_uid=sop, criterion_id=draw(st.sampled_from(["", *lost]))
        )
        for sop_class, sop in draw(st.lists(st.sampled_from(IMAGES), max_size=2, unique=True))
    )
    return ScoredForm(form=form, sheet=sheet, images=images)


@st.composite
def contents(draw: st.DrawFn) -> SrContent:
    """A whole content, one reader or three."""
    forms = draw(st.lists(st.sampled_from([REQUEST_FORM, IMAGE_FORM, REPORT_FORM]), min_size=1, unique=True))
    parts = draw(
        st.sampled_from([[ReaderPart.SINGLE], [ReaderPart.FIRST, ReaderPart.SECOND], list(ReaderPart)[1:]])
    )
    scored = []
    for number, part in enumerate(parts):
        scorer = (f"D{number}", draw(words(20, 1)), draw(st.sampled_from(["", "senior", "主任医师"])))
        for form in forms:
            one = draw(scored_forms(form, scorer))
            scored.append(ScoredForm(form=one.form, sheet=one.sheet, part=part, images=one.images))
    label = draw(
        st.none()
        | st.builds(
            LabelDecision,
            region_id=st.sampled_from(["beijing", "chuanyu"]),
            mark=st.sampled_from(["BJHR", "川渝 HR"]),
            eligible=st.booleans(),
            item=st.none()
            | st.builds(
                lambda number, name: CatalogueItem(
                    number=number, modality="", body_part="", name=name, printed=name
                ),
                st.integers(1, 141),
                words(12, 1),
            ),
            reasons=st.lists(st.tuples(words(10, 1), words(16, 1)), max_size=2).map(tuple),
        )
    )
    base = content()
    return content(
        patient=Patient(
            patient_id=draw(words(32)), name=draw(words(20)), sex=draw(st.sampled_from(["", "M", "F", "O"]))
        ),
        study=type(base.study)(
            study_instance_uid=base.study.study_instance_uid,
            accession_number="A1",
            performed_at="2026-06-01 15:02:11",
            exam_item=draw(words(30)),
        ),
        scored=tuple(scored),
        created_at=draw(moments()),
        instance_number=draw(st.integers(1, 99)),
        label=label,
        suggestions=(),
        report_id=draw(words(64)),
        charset=draw(st.sampled_from(["ISO_IR 192", "GB18030"])),
    )
