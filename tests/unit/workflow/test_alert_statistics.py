"""How fast critical values were told: what counts, what is in time, and the cases behind a number."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import UTC, datetime, timedelta

from plugin.domain.critical import (
    DRILL_CODE,
    Alert,
    AlertState,
    AlertStep,
    CriticalFinding,
    CriticalState,
    Tier,
)
from plugin.domain.issue import Section
from plugin.domain.listing import AlertCase, AlertRow
from plugin.kit.spreadsheet import written
from plugin.workflow.alert_register import register_rows
from plugin.workflow.alert_statistics import alert_figures
from plugin.workflow.alert_tables import register_table
from plugin.workflow.alert_trail import SYSTEM, Note

AT = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
NOW = AT + timedelta(days=1)


def case(
    name: str, read_after: float | None, department: str = "神经内科", code: str = "ICH", **changes: object
) -> AlertCase:
    """Told after 1 minute, read back `read_after` minutes after the detection."""
    finding = CriticalFinding(
        code=code,
        name="脑出血",
        tier=Tier.RED,
        state=CriticalState.NEW,
        section=Section.IMPRESSION,
        start=0,
        end=3,
        text="脑出血",
    )
    read_at = None if read_after is None else AT + timedelta(minutes=read_after)
    alert = Alert(
        alert_id=name,
        accession_number=name,
        finding=finding,
        state=AlertState.ACKNOWLEDGED if read_at else AlertState.SENT,
        detected_at=AT,
        due_at=AT + timedelta(minutes=10),
        acknowledged_by="N1" if read_at else "",
        acknowledged_at=read_at,
    )
    steps = [
        AlertStep(alert_id=name, at=AT, state=AlertState.DETECTED, actor="signgate", means="report"),
        AlertStep(
            alert_id=name,
            at=AT + timedelta(minutes=1),
            state=AlertState.SENT,
            actor="signgate",
            means="ward_page",
            recipient="神经内科 张三 8102",
            phone="8101",
        ),
    ]
    values = {"trail": tuple(steps), "performed_at": "2026-06-01 07:30", **changes}
    return AlertCase(row=AlertRow(alert=alert, department=department, bed="12"), **values)  # type: ignore[arg-type]  # a test names the fields


def test_in_time_is_by_the_minutes_that_the_finding_has() -> None:
    cases = [case("a", 5), case("b", 10), case("c", 11), case("d", None), case("e", 4, "急诊科")]
    figures = {f.department: f for f in alert_figures(cases, lambda _: 10, NOW, UTC)}
    ward = figures["神经内科"]
    assert (ward.number, ward.in_time, ward.open) == (4, 50.0, 1)
    assert (ward.to_notice, ward.to_read_back) == (1.0, 9.0)
    assert ward.alert_ids == ("a", "b", "c", "d")
    assert ward.late_ids == ("c", "d")
    assert (figures["急诊科"].in_time, figures["合计"].number) == (100.0, 5)


def test_one_that_can_still_come_in_time_is_not_judged() -> None:
    (row, _) = alert_figures([case("a", None)], lambda _: 10, AT + timedelta(minutes=5), UTC)
    assert (row.in_time, row.open) == (None, 1)


def test_the_clinicians_time_starts_with_the_confirmation_that_was_waited_for() -> None:
    steps = list(case("a", 25).trail)
    late = AT + timedelta(minutes=20)
    waited = (
        steps[0],
        AlertStep(alert_id="a", at=late, state=AlertState.CONFIRMED, actor="D7", means="page"),
        AlertStep(alert_id="a", at=late, state=AlertState.SENT, actor="signgate", means="ward_page"),
    )
    (row, _) = alert_figures([case("a", 25, trail=waited)], lambda _: 10, NOW, UTC)
    assert (row.in_time, row.to_notice, row.to_read_back) == (100.0, 20.0, 5.0)


def test_drills_and_shadow_are_in_no_figure_but_a_drill_is_in_the_book() -> None:
    shadow = AlertStep(
        alert_id="s", at=AT, state=AlertState.DETECTED, actor="signgate", means="report", note="shadow"
    )
    cases = [case("d", 5, code=DRILL_CODE), case("s", None, trail=(shadow,))]
    assert alert_figures(cases, lambda _: 10, NOW, UTC) == []
    book = register_rows(cases, UTC)
    assert book[0][-1] == "演练"
    assert book[0][3] == "神经内科 12床"


def test_the_number_in_the_book_is_the_one_that_was_called_until_somebody_has_read_back() -> None:
    (row,) = register_rows([case("a", None)], UTC)
    assert (row[6], row[7], row[8]) == ("", "8101", "")


def test_the_export_has_the_paper_books_columns_and_opens_in_excel() -> None:
    table = register_table([case("a", 5)], UTC)
    assert table.columns == (
        "检查日期", "患者姓名", "病案号", "科室床号", "检查项目", "检查结果",
        "临床联系人", "联系电话", "联系时间", "报告人", "备注",
    )  # fmt: skip
    text = written([table], "csv")
    assert text.startswith(b"\xef\xbb\xbf"), "without it Excel takes Chinese for another code page"
    rows = list(csv.reader(io.StringIO(text.decode("utf-8-sig"))))
    assert rows[0] == list(table.columns)
    assert rows[1][5:9] == ["脑出血", "N1", "8101", "2026-06-01 08:05"]
    with zipfile.ZipFile(io.BytesIO(written([table], "xlsx"))) as book:
        strings = book.read("xl/sharedStrings.xml").decode()
    assert all(f">{word}</t>" in strings for word in (*table.columns, "脑出血", "神经内科 12床"))


def test_the_book_says_in_chinese_what_the_system_noted() -> None:
    first, *_ = case("a", None).trail
    revoked = AlertStep(
        alert_id="a",
        at=AT,
        state=AlertState.REVOKED,
        actor=SYSTEM,
        means="report",
        note=Note.UNSAID.value,
    )
    reminded = [
        AlertStep(alert_id="a", at=AT, state=AlertState.ESCALATED, actor=SYSTEM, means="timer", note=note)
        for note in ("level 1", "nobody is left to tell", "reminder 1", "reminder 2")
    ]
    ((*_, remarks),) = register_rows([case("a", None, trail=(first, *reminded, revoked))], UTC)
    assert remarks == "逐级上报 2 次；无人接收，再次提醒 2 次；撤销 2026-06-01 08:00 更正后的报告不再含此结果"
