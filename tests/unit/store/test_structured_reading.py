"""The share of structured reports counts the version that stands of each examination, of the time asked for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from conftest import StoppedClock

from plugin.domain.listing import StructuredShare
from plugin.domain.report import Exam, Report
from plugin.store.jobs import SqlJobStore
from plugin.store.reading import SqlReading
from plugin.store.store import SqlStore
from plugin.workflow.score_tables import structured_table


@pytest.fixture
def reading(store: SqlStore, clock: StoppedClock) -> SqlReading:
    return SqlReading(store, SqlJobStore(store, clock))


def keep(
    store: SqlStore,
    clock: StoppedClock,
    number: str,
    *,
    structured: bool,
    text: str = "",
    modality: str = "CT",
) -> None:
    report = Report(
        exam=Exam(accession_number=number, modality=modality),
        department="呼吸科",
        findings=text or number,
        reported_at=clock().isoformat(),
    )
    store.write(
        lambda uow: uow.reports.save(
            report, (), source="oru", at=clock(), rulebook="1", structured=structured
        )
    )


def test_versions_that_stand_are_counted_by_department_and_modality(
    store: SqlStore, reading: SqlReading, clock: StoppedClock
) -> None:
    since = clock()
    keep(store, clock, "A1", structured=True)
    keep(store, clock, "A2", structured=True)
    keep(store, clock, "B1", structured=False, modality="MR")
    clock.advance(minutes=5)
    keep(store, clock, "A2", structured=False, text="改写为叙述")
    until = clock() + timedelta(seconds=1)
    shares = reading.structured(since, until)
    assert [(each.modality, each.structured, each.reports) for each in shares] == [("CT", 1, 2), ("MR", 0, 1)]
    cases = reading.structured_cases(since, until, shares[0].department, "CT")
    assert [(case.accession_number, case.structured) for case in cases] == [("A1", True), ("A2", False)]
    assert reading.structured(until, until + timedelta(days=1)) == []


def test_the_table_adds_up() -> None:
    shares = [
        StructuredShare(department="呼吸科", modality="CT", structured=1, reports=4),
        StructuredShare(department="骨科", modality="DX", structured=3, reports=4),
    ]
    table = structured_table(shares)
    assert table.rows[-1] == ["合计", "", 4, 8, 50.0]
    assert structured_table([]).rows == []
