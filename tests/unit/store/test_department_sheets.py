"""Sheets beside the score sheets, on both databases: by form, by time and by what they hold."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from plugin.domain.department_sheet import DepartmentSheet
from plugin.domain.scoring import FormAnswers, ScoreResult
from plugin.store.store import SqlStore

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)


def sheet(number: int, form_id: str = "peer_learning", **more: str) -> DepartmentSheet:
    return DepartmentSheet(
        sheet_id=f"S{number}",
        form_id=form_id,
        form_version="1",
        first_day=date(2026, 6, 1),
        last_day=date(2026, 6, 1),
        scorer_id="D9",
        scorer_name="测试医师壬",
        scorer_role="senior",
        scored_at=NOW + timedelta(days=number),
        answers=FormAnswers(present=frozenset({"PEER-K1"})),
        result=ScoreResult(score=None, grade="", passed=True),
        **more,
    )


def test_sheets_are_found_by_form_time_and_value(store: SqlStore) -> None:
    kept = [
        sheet(1, accession_number="A_1"),
        sheet(2, accession_number="AB1", amends="S1"),
        sheet(3, accession_number='A"%!1', about_name="测试医师甲"),
        sheet(4, form_id="department_b1"),
    ]
    for each in kept:
        store.write(lambda uow, each=each: uow.department_sheets.add(each))

    def found(*times: datetime, **more: str) -> list[str]:
        of_form = store.read(lambda uow: uow.department_sheets.of_form("peer_learning", *times, **more))
        return [each.sheet_id for each in of_form]

    assert found() == ["S3", "S2", "S1"], "newest first"
    assert found(NOW + timedelta(days=1), NOW + timedelta(days=2)) == ["S1"], "the end is not in it"
    assert found(holding="A_1") == ["S1"], "_ and % are letters"
    assert found(holding='A"%!1') == ["S3"]
    assert found(holding="测试医师甲") == ["S3"]
    assert found(holding="A_") == [], "a whole value"
    assert store.read(lambda uow: uow.department_sheets.of_form("peer_learning", limit=1)) == [kept[2]]
    assert store.read(lambda uow: uow.department_sheets.replaced("peer_learning")) == {"S1"}
    assert store.read(lambda uow: uow.department_sheets.replaced("department_b1")) == set()
