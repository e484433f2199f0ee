"""Outbound messages: read back by our own reader and by another library's, text equal, structure unbroken."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hl7_peers import opened
from hypothesis import given
from hypothesis import strategies as st

from plugin.domain.critical import Alert, AlertState, CriticalFinding, CriticalState, Tier
from plugin.domain.errors import InvalidInput
from plugin.domain.issue import Section
from plugin.domain.patient import Patient
from plugin.domain.recognition import CatalogueItem, Label, LabelDecision
from plugin.domain.scoring import Deduction, FormAnswers, ScoreResult, ScoreSheet, ScoringMode
from plugin.hl7.envelope import Correspondent, Stamp, Subject
from plugin.hl7.escape import plain
from plugin.hl7.reader import Message
from plugin.hl7.writer import alert_message, label_message, score_message

AT = datetime(2026, 6, 1, 1, 30, tzinfo=UTC)
TO = Correspondent(receiving_application="RIS", receiving_facility="放射科")
STAMP = Stamp(control_id="C1", at=AT)
PATIENT = Patient(patient_id="P1", assigning_authority="HIS", name="张三", sex="M", birth_date="1954-03-15")
SUBJECT = Subject(
    patient=PATIENT, accession_number="CT1", placer_order_number="SQ1", exam_item_code="2301", exam_item="头颅CT平扫",
    modality="CT", performed_at="2026-06-01 09:00:00",
)  # fmt: skip


def alert(text: str = "左侧基底节区脑出血", tier: Tier = Tier.RED) -> Alert:
    finding = CriticalFinding(
        code="ICH", name="颅内出血", tier=tier, state=CriticalState.NEW, section=Section.IMPRESSION,
        start=0, end=9, text=text,
    )  # fmt: skip
    return Alert(
        alert_id="A1",
        accession_number="CT1",
        finding=finding,
        state=AlertState.SENT,
        detected_at=AT,
        due_at=AT,
    )


def observations(message: Message) -> dict[str, str]:
    return {obx.value(3, 1): obx.value(5) for obx in message.all("OBX")}


def test_a_critical_value() -> None:
    message = opened(alert_message(alert(), SUBJECT, TO, STAMP))
    head, pid, obr, first = (message.first(name) for name in ("MSH", "PID", "OBR", "OBX"))
    assert head and pid and obr and first
    assert [head.value(n) for n in (3, 5, 6, 10, 12, 18)] == [
        "SIGNGATE", "RIS", "放射科", "C1", "2.5.1", "UNICODE UTF-8",
    ]  # fmt: skip
    assert head.value(7) == "20260601093000+0800"
    assert (pid.value(3, 1), pid.value(3, 4), pid.value(5), pid.value(7)) == ("P1", "HIS", "张三", "19540315")
    assert (obr.value(2), obr.value(3), obr.value(18), obr.value(24), obr.value(25)) == (
        "SQ1",
        "CT1",
        "CT1",
        "CT",
        "F",
    )
    assert first.value(3, 1) == "73568-8" and first.value(3, 3) == "LN"
    assert (first.value(5), first.value(8), first.value(11)) == ("左侧基底节区脑出血", "AA", "F")
    assert observations(message)["ALERT_ID"] == "A1"
    assert "113014" not in observations(message), "no study is known"


@pytest.mark.parametrize(
    ("tier", "flag", "category"),
    [(Tier.RED, "AA", "RID49480"), (Tier.ORANGE, "AA", "RID49481"), (Tier.YELLOW, "A", "RID49482")],
)
def test_flag_and_acr_category_follow_the_tier(tier: Tier, flag: str, category: str) -> None:
    """Byte for byte: LOINC 73568-8 with OBX-8, the RadLex category of CID 7035, the study as IHE RAD RD has it."""
    subject = replace(SUBJECT, study_instance_uid="1.2.840.99.1")
    raw = alert_message(alert(tier=tier), subject, TO, STAMP).decode().split("\r")
    assert f"OBX|1|TX|73568-8^Communication of critical results^LN||左侧基底节区脑出血|||{flag}|||F" in raw
    number = category[-1:]
    label = f"ACR Category {int(number) + 1} Actionable Finding"
    assert f"OBX|3|CWE|ACR_CATEGORY^ACR分级^99SIGNGATE||{category}^{label}^RADLEX|||{flag}|||F" in raw
    assert "OBX|7|ST|113014^DICOM Study^DCM||1.2.840.99.1||||||O" in raw


def test_a_follow_up_finding_is_not_flagged_critical() -> None:
    message = opened(alert_message(alert(tier=Tier.YELLOW), SUBJECT, TO, STAMP))
    assert {obx.value(8) for obx in message.all("OBX")} == {"A", ""}


def sheet(**how: object) -> ScoreSheet:
    result = ScoreResult(
        score=4,
        grade="良好",
        passed=True,
        deductions=(Deduction(criterion_id="c1", severe=False, text="描述欠准确", reason="缺少大小"),),
    )
    values: dict[str, object] = {
        "sheet_id": "S1", "accession_number": "CT1", "form_id": "report", "form_version": "1",
        "mode": ScoringMode.RANDOM, "scorer_id": "D1", "scorer_name": "王五", "scorer_role": "senior",
        "assessed_id": "D2", "assessed_name": "李四", "scored_at": AT, "answers": FormAnswers(), "result": result,
    }  # fmt: skip
    return ScoreSheet(**{**values, **how})  # type: ignore[arg-type]


def test_a_score() -> None:
    message = opened(score_message(sheet(), SUBJECT, TO, STAMP))
    found = observations(message)
    assert (found["QC_SCORE"], found["QC_MODE"]) == ("4", "random")
    assert found["QC_NONCONFORMING"] == "描述欠准确：缺少大小"
    conformity = replace(sheet().result, score=None, grade="合格")
    assert "QC_SCORE" not in observations(opened(score_message(sheet(result=conformity), SUBJECT, TO, STAMP)))


def test_a_label_and_its_withdrawal() -> None:
    item = CatalogueItem(
        number=67, modality="CT", body_part="头部", name="头颅CT平扫", printed="头颅 CT 平扫"
    )
    decision = LabelDecision(region_id="beijing", mark="HR", eligible=True, item=item)
    label = Label(
        label_id="L1", accession_number="CT1", study_instance_uid="1.2", decision=decision, decided_at=AT
    )
    message = opened(label_message(label, SUBJECT, TO, STAMP))
    assert observations(message)["LABEL"] == "HR"
    gone = opened(label_message(replace(label, withdrawn_at=AT, withdrawn_reason="到期"), SUBJECT, TO, STAMP))
    obr = gone.first("OBR")
    assert obr and obr.value(25) == "X"
    assert observations(gone)["LABEL_WITHDRAWN"] == "到期"


# S3
@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\ufffd\ufeff")))
def test_no_text_breaks_out(text: str) -> None:
    subject = replace(SUBJECT, patient=replace(PATIENT, name=text, patient_id="P1" + text))
    raw = alert_message(alert(text), subject, TO, STAMP)
    assert not {0x0B, 0x1C, 0x0A} & set(raw)
    message = Message(raw.decode())
    assert [segment.name for segment in message.segments] == ["MSH", "PID", "OBR"] + ["OBX"] * 6
    lines = plain(text).replace("\r\n", "\n").replace("\r", "\n")
    assert message.segments[3].text_of(message.segments[3].field(5)) == ("" if lines == '""' else lines)


@pytest.mark.parametrize("charset", ["GB 18030-2000", "UNICODE UTF-8", "UNICODE UTF-16"])
def test_any_charset_that_has_the_characters(charset: str) -> None:
    rare = replace(SUBJECT, patient=replace(PATIENT, name="𠮷龘"))
    raw = alert_message(alert(), rare, TO.model_copy(update={"charset": charset}), STAMP)
    pid = opened(raw).first("PID")
    assert pid and pid.value(5) == "𠮷龘"


def test_a_charset_without_the_characters_is_an_error_and_no_question_mark() -> None:
    with pytest.raises(InvalidInput, match="choose GB 18030-2000"):
        alert_message(alert(), SUBJECT, TO.model_copy(update={"charset": "ASCII"}), STAMP)


def test_another_library_reads_the_same() -> None:
    parser = pytest.importorskip("hl7apy.parser")
    raw = alert_message(alert("T1WI|T2WI^低&高~\\信号\rOBX|9"), SUBJECT, TO, STAMP).decode()
    message = parser.parse_message(raw, find_groups=False)
    assert [segment.name for segment in message.children] == ["MSH", "PID", "OBR"] + ["OBX"] * 6
    assert message.children[3].obx_8.value == "AA"
