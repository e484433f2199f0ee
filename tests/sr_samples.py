"""Synthetic contents of QC structured reports, for every test that needs one."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

from plugin.domain.imaging import SeriesEvidence
from plugin.domain.issue import Issue, Section, Severity
from plugin.domain.patient import Patient
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
    ScoringMode,
)
from plugin.sr.content import (
    DeviceInfo,
    MarkedImage,
    ScoredForm,
    SrContent,
    StudyContext,
    Suggestion,
)

BEIJING = timezone(timedelta(hours=8))
NOW = datetime(2026, 6, 1, 16, 30, 5, tzinfo=BEIJING)
MR_CLASS = "1.2.840.10008.5.1.4.1.1.4"
STUDY, SERIES = "1.2.826.0.1.3680043.10.1338.1", "1.2.826.0.1.3680043.10.1338.1.1"
IMAGES = tuple((MR_CLASS, f"{SERIES}.{n}") for n in range(1, 4))

REPORT_FORM = ScoringForm(
    form_id="annex_a.report",
    version="2021",
    title="报告质量",
    title_en="Report quality",
    object="RPT",
    kind=FormKind.GRADED,
    clause="T/CSBME 附录A",
    fatal=(
        Criterion(id="missed", text="主要阳性病变漏诊或误诊", text_en="Main lesion missed or misdiagnosed"),
        Criterion(id="side", text="报告左、右写反，部位定错", text_en="Left and right confused, wrong site"),
    ),
    conditions=(
        Criterion(
            id="terms",
            text="报告用语规范、精炼，使用专业术语，无错别字",
            text_en="Precise professional wording",
        ),
        Criterion(
            id="complete",
            text="病变描述全面：包括大小、部位（如肺的亚段）、解剖关系、强化方式等",
            text_en="Lesions described completely",
        ),
        Criterion(id="content", text="诊断内容全面、恰当", text_en="Diagnosis complete and apt"),
        Criterion(id="reasoning", text="诊断思路清楚，有必要的鉴别诊断和合理建议", text_en="Clear reasoning"),
    ),
    score_by_met=(1, 2, 3, 4, 5),
)
IMAGE_FORM = ScoringForm(
    form_id="annex_a.image",
    version="2021",
    title="图像质量分析",
    title_en="Image quality",
    object="IMG",
    kind=FormKind.GRADED,
    clause="T/CSBME 附录A",
    fatal=(
        Criterion(
            id="useless",
            text="检查技术选择、摆放位置不当或操作过失，无诊断价值",
            text_en="No diagnostic value",
        ),
    ),
    conditions=(
        Criterion(id="position", text="检查体位", text_en="Positioning"),
        Criterion(id="artifact", text="伪影", text_en="Artifacts"),
    ),
    score_by_met=(1, 3, 5),
)
REQUEST_FORM = ScoringForm(
    form_id="annex_a.request",
    version="2021",
    title="申请单",
    title_en="Request form",
    object="REQ",
    kind=FormKind.CONFORMITY,
    clause="T/CSBME 附录A",
    fatal=(Criterion(id="blank", text="空白申请单", text_en="Blank request form"),),
)


def sheet(
    form: ScoringForm, *, unmet: tuple[str, ...] = (), present: tuple[str, ...] = (), **changes: object
) -> ScoreSheet:
    """A filled `form`; the result follows from what is unmet and present."""
    wording = {criterion.id: criterion.text for criterion in (*form.fatal, *form.conditions)}
    met = len(form.conditions) - len(unmet)
    score = None if form.kind is FormKind.CONFORMITY else 1 if present else form.score_by_met[met]
    passed = not present if score is None else score >= form.pass_score
    reasons = {identifier: f"理由：{wording[identifier]}" for identifier in (*present, *unmet)}
    filled = ScoreSheet(
        sheet_id=f"S-{form.object}",
        accession_number="A2026060100017",
        form_id=form.form_id,
        form_version=form.version,
        mode=ScoringMode.RANDOM,
        scorer_id="D7",
        scorer_name="李四",
        scorer_role="senior",
        assessed_id="D8",
        assessed_name="王五",
        scored_at=NOW - timedelta(minutes=2),
        answers=FormAnswers(
            present=frozenset(present), unmet=frozenset(unmet), reasons=reasons, comment="第二行\n𠮷野 龘"
        ),
        result=ScoreResult(
            score=score,
            grade="不合格" if not passed else "优秀" if score == 5 else "合格",
            passed=passed,
            deductions=tuple(
                Deduction(criterion_id=i, severe=i in present, text=wording[i], reason=reasons[i])
                for i in (*present, *unmet)
            ),
        ),
    )
    return replace(filled, **changes)  # type: ignore[arg-type]  # keyword by keyword as the caller names them


def content(**changes: object) -> SrContent:
    """A full report of three objects; `changes` replace fields."""
    made = SrContent(
        patient=Patient(
            patient_id="P20260601",
            assigning_authority="测试医院",
            name="张三",
            sex="M",
            birth_date="1950-02-03",
        ),
        study=StudyContext(
            study_instance_uid=STUDY,
            accession_number="A2026060100017",
            study_id="17",
            performed_at="2026-06-01 15:02:11",
            description="头颅MRI平扫+增强",
            referring_physician="赵六",
            placer_order_number="PO1",
            filler_order_number="FO1",
            exam_item="头颅MRI平扫+增强",
        ),
        scored=(
            ScoredForm(form=REQUEST_FORM, sheet=sheet(REQUEST_FORM)),
            ScoredForm(
                form=IMAGE_FORM,
                sheet=sheet(IMAGE_FORM, unmet=("artifact",)),
                images=(
                    MarkedImage(
                        sop_class_uid=MR_CLASS, sop_instance_uid=IMAGES[1][1], criterion_id="artifact"
                    ),
                ),
            ),
            ScoredForm(form=REPORT_FORM, sheet=sheet(REPORT_FORM, unmet=("complete",))),
        ),
        sop_instance_uid="2.25.1001",
        series_instance_uid="2.25.1002",
        created_at=NOW,
        evidence=(SeriesEvidence(study_instance_uid=STUDY, series_instance_uid=SERIES, instances=IMAGES),),
        device=DeviceInfo(uid="2.25.77", software_version="0.1"),
        institution_name="某某市第一人民医院",
        report_id="A2026060100017-1",
        label=LabelDecision(
            region_id="chuanyu",
            mark="川渝 HR",
            eligible=True,
            item=CatalogueItem(
                number=116, modality="MR", body_part="头颅", name="头颅平扫", printed="头颅 MR 平扫"
            ),
            versions=(("region", "DB50/T 1"),),
        ),
        suggestions=(
            Suggestion(
                object="RPT",
                score=4,
                issues=(
                    Issue(
                        rule="laterality",
                        severity=Severity.ERROR,
                        section=Section.FINDINGS,
                        start=0,
                        end=2,
                        text="左侧",
                        message="描述为左侧，诊断为右侧",
                        clause="T/CSBME 4.2.5 b",
                    ),
                ),
            ),
        ),
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # keyword by keyword as the caller names them


TEACHING_FORM = ScoringForm(
    form_id="teaching",
    version="1",
    title="影像诊断报告书写指导",
    title_en="Guidance in report writing",
    object="TEACH",
    kind=FormKind.POINTS,
    clause="影像诊断报告书写指导 4.1-4.5",
    items=(
        PointItem(
            id="TEACH-P1", text="临床信息提取与分析", text_en="Clinical information", points=5, least=1
        ),
        PointItem(id="TEACH-P2", text="影像征象提取与分析", text_en="Signs", points=5, step=0.5, least=1),
    ),
    pass_points=6,
)


def teaching() -> SrContent:
    """A session of report writing: stages with points, fed back."""
    wording = TEACHING_FORM.items[1].text
    filled = replace(
        sheet(REQUEST_FORM),
        sheet_id="S-TEACH",
        form_id=TEACHING_FORM.form_id,
        form_version=TEACHING_FORM.version,
        mode=ScoringMode.TEACHING,
        answers=FormAnswers(
            points={"TEACH-P1": 5.0, "TEACH-P2": 3.5}, reasons={"TEACH-P2": "漏看阴性征象"}, comment="有进步"
        ),
        result=ScoreResult(
            score=None,
            grade="合格",
            passed=True,
            points=8.5,
            deductions=(
                Deduction(criterion_id="TEACH-P2", severe=False, text=wording, reason="漏看阴性征象"),
            ),
        ),
    )
    return content(scored=(ScoredForm(form=TEACHING_FORM, sheet=filled),), suggestions=(), label=None)
