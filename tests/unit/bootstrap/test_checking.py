"""The check of a draft: beside the writer when it is busy, with what the archive knows when asked, and nothing kept."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from conftest import StoppedClock
from web_house import REPORT, WRONG_SIDE, WebHouse, web_house

from plugin.bootstrap.checking import Checker
from plugin.domain.errors import InvalidInput
from plugin.domain.listing import Page
from plugin.store.reading import SqlReading


@pytest.fixture
def house(tmp_path: Path, clock: StoppedClock) -> Iterator[WebHouse]:
    with web_house(tmp_path, clock) as built:
        yield built


@pytest.fixture
def check(house: WebHouse) -> Checker:
    return Checker(house.journeys, house.store)


def rules(answer: dict[str, Any]) -> set[str]:
    return {issue["rule"] for issue in answer["issues"]}


def test_its_own_id_comes_back_and_nothing_is_kept(house: WebHouse, check: Checker) -> None:
    answer = check({"id": "draft", **WRONG_SIDE})
    assert answer["id"] == "draft"
    assert "laterality" in rules(answer)
    assert check(REPORT)["id"] is None
    assert SqlReading(house.store, house.jobs).exams("", Page()).rows == []


def test_the_archive_is_asked_only_when_it_is_to_be(house: WebHouse, check: Checker) -> None:
    house.hold(1)
    exam = {**REPORT["exam"], "performed_at": "2026-06-20 08:00:00", "accession_number": "A2"}
    later = {**REPORT, "exam": exam, "report": {**REPORT["report"], "reported_at": "2026-06-20 09:00:00"}}
    assert "no_comparison" not in rules(check(later))
    assert "no_comparison" in rules(check(later, archive=True))


def test_it_is_inspected_beside_the_writer_where_inspectors_are_at_work(
    check: Checker, monkeypatch: pytest.MonkeyPatch
) -> None:
    inspectors, ahead = check.journeys.inspectors, []
    done: Future[None] = Future()
    done.set_result(None)
    monkeypatch.setattr(inspectors, "ahead", lambda cases: ahead.extend(cases(None)) or done)
    answer = check(WRONG_SIDE)
    assert [case.report.impression for case in ahead] == [WRONG_SIDE["impression"]]
    monkeypatch.setattr(inspectors, "ahead", lambda _: None)
    assert check(WRONG_SIDE) == answer
    assert len(ahead) == 1


def test_what_is_wrong_is_named_by_its_place(check: Checker) -> None:
    with pytest.raises(InvalidInput) as wrong:
        check({**REPORT, "exam": "CT"})
    assert wrong.value.where == "/exam"
