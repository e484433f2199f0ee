"""Inspectors are real processes here: what they find is what is found in place, and their death costs nothing."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from patience import PATIENCE_S, until
from processes import inspectors_of

from plugin.domain.case import Case
from plugin.domain.errors import StoreUnavailable
from plugin.domain.patient import Patient
from plugin.domain.report import Exam, Report
from plugin.rules.inspectors.pool import Cases, Inspectors, InspectorSettings
from plugin.rules.rulebook import Rulebook

CONFIG = Path(__file__).parents[4] / "config"


def case(number: str, findings: str = "右肺上叶见结节。", impression: str = "左肺上叶结节。") -> Case:
    exam = Exam(accession_number=number, modality="CT", exam_item="胸部CT平扫")
    patient = Patient(patient_id="P1", name="测试甲", sex="M", age="63岁")
    return Case(report=Report(patient=patient, exam=exam, findings=findings, impression=impression))


@pytest.fixture(autouse=True)
def patient(monkeypatch) -> None:
    """A busy machine is no reason to do without an inspector here."""
    monkeypatch.setattr("plugin.rules.inspectors.pool._SOON_S", PATIENCE_S)


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    return Rulebook.load(CONFIG)


class Snapshots:
    """Puts cases together; remembers of how many requests at a time."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def __call__(self, requests: Sequence[Cases]) -> list[Sequence[Case]]:
        self.sizes.append(len(requests))
        return [request(None) for request in requests]


@contextmanager
def working(rulebook: Rulebook, read: Snapshots | None = None, **settings: float) -> Iterator[Inspectors]:
    """Inspectors of whom one answers."""
    inspectors = Inspectors(
        rulebook, CONFIG, InspectorSettings.model_validate({"processes": 1, "patience_s": 60, **settings})
    )
    inspectors.start(lambda: 99, read or Snapshots())
    try:
        inspectors.wanted()
        until(inspectors.wanted)
        yield inspectors
    finally:
        inspectors.close()


def asked(inspectors: Inspectors, *cases: Case) -> Future[None]:
    done = inspectors.ahead(lambda _: cases)
    assert done is not None
    return done


def ahead(inspectors: Inspectors, *cases: Case) -> None:
    """Have cases inspected ahead, and wait until they are, or are given up."""
    asked(inspectors, *cases).result(PATIENCE_S)


def children() -> set[int]:
    """Inspectors of this process."""
    return inspectors_of(os.getpid())


def test_what_is_found_beside_is_what_is_found_here_and_a_changed_case_is_inspected_anew(rulebook):
    with working(rulebook) as inspectors:
        known = case("A1")
        ahead(inspectors, known)
        assert inspectors.inspect(known) == rulebook.inspect(known)
        assert inspectors.counts == {"beside": 1, "here": 0, "stale": 0}

        ahead(inspectors, known)
        corrected = case("A1", impression="右肺上叶结节。")
        assert inspectors.inspect(corrected) == rulebook.inspect(corrected) != rulebook.inspect(known)
        assert inspectors.counts["stale"] == 1

        assert inspectors.inspect(known) == rulebook.inspect(known)
        assert inspectors.counts["here"] == 1
        assert 'signgate_inspections{made="beside"} 1' in inspectors.metrics()
        assert "signgate_inspectors 1" in inspectors.metrics()
    assert not children()


def test_many_at_once_each_get_their_own(rulebook):
    cases = [case(f"A{number}", impression=f"左肺上叶结节，{number}mm。") for number in range(40)]
    with working(rulebook) as inspectors:
        for done in [asked(inspectors, each) for each in cases]:
            done.result(PATIENCE_S)
        assert [inspectors.inspect(each) for each in cases] == [rulebook.inspect(each) for each in cases]
        assert inspectors.counts["beside"] == len(cases)


@contextmanager
def busy(inspectors: Inspectors, read: Snapshots) -> Iterator[int]:
    """Its inspector has a case and does not answer until the block ends; gives its process number."""
    (pid,) = children()
    os.kill(pid, signal.SIGSTOP)
    first = asked(inspectors, case("FIRST"))
    until(lambda: read.sizes)
    try:
        yield pid
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
        first.result(PATIENCE_S)


def test_who_waits_at_the_same_time_is_served_together_some_at_a_time(rulebook):
    read = Snapshots()
    with working(rulebook, read) as inspectors:
        with busy(inspectors, read):
            waiting = [asked(inspectors, case(f"A{number}")) for number in range(6)]
        for done in waiting:
            done.result(PATIENCE_S)
        assert read.sizes == [1, 4, 2]
        for number in range(6):
            inspectors.inspect(case(f"A{number}"))
        assert inspectors.counts["beside"] == 6


def test_more_than_can_be_served_soon_is_not_taken_on(rulebook, monkeypatch):
    monkeypatch.setattr("plugin.rules.inspectors.pool._MOST_WAITING", 2)
    read = Snapshots()
    with working(rulebook, read) as inspectors, busy(inspectors, read):
        asked(inspectors, case("A1"))
        asked(inspectors, case("A2"))
        assert inspectors.ahead(lambda _: [case("A3")]) is None


def test_an_inspector_that_dies_is_done_without_and_comes_back(rulebook, monkeypatch):
    monkeypatch.setattr("plugin.rules.inspectors.pool._PAUSES_S", (0.0,))
    with working(rulebook) as inspectors:
        (dead,) = children()
        os.kill(dead, signal.SIGKILL)
        until(lambda: "signgate_inspectors 0" in inspectors.metrics())
        ahead(inspectors, case("A1"))
        assert inspectors.inspect(case("A1")) == rulebook.inspect(case("A1"))
        assert inspectors.counts == {"beside": 0, "here": 1, "stale": 0}
        until(lambda: children() not in ({dead}, set()) and inspectors.wanted())
        ahead(inspectors, case("A2"))
        assert inspectors.inspect(case("A2")) == rulebook.inspect(case("A2"))
        assert inspectors.counts["beside"] == 1


def test_one_that_dies_while_it_is_asked_takes_nobody_with_it(rulebook, monkeypatch):
    monkeypatch.setattr("plugin.rules.inspectors.pool._PAUSES_S", (PATIENCE_S,))
    read = Snapshots()
    with working(rulebook, read) as inspectors:
        with busy(inspectors, read) as pid:
            behind = asked(inspectors, case("A1"))
            os.kill(pid, signal.SIGKILL)
        behind.result(PATIENCE_S)
        inspectors.inspect(case("A1"))
        assert inspectors.counts == {"beside": 0, "here": 1, "stale": 0}
        until(lambda: not inspectors.wanted())


def test_a_rule_that_fails_beside_is_noted_and_the_report_inspected_here(rulebook, monkeypatch):
    told = []
    monkeypatch.setattr(
        "plugin.rules.inspectors.pool._log.error", lambda event, **about: told.append((event, about))
    )
    with working(rulebook) as inspectors:
        odd = Case(report="no report at all")  # type: ignore[arg-type]
        ahead(inspectors, odd, case("A1"))
        ((event, about),) = told
        assert event == "inspector.rule_failed"
        assert about["error"].startswith("AttributeError at ")
        inspectors.inspect(case("A1"))
        assert inspectors.counts["beside"] == 1


def test_cases_that_cannot_be_read_are_told_in_their_transactions_and_not_before(rulebook, monkeypatch):
    told = []
    monkeypatch.setattr("plugin.rules.inspectors.pool._log.warning", lambda event, **_: told.append(event))
    with working(rulebook) as inspectors:

        def gone(_unit: object) -> list[Case]:
            raise StoreUnavailable("gone")

        done = inspectors.ahead(gone)
        assert done is not None
        done.result(PATIENCE_S)
        assert told == ["inspector.no_cases"]
        ahead(inspectors, case("A1"))
        inspectors.inspect(case("A1"))
        assert inspectors.counts["beside"] == 1


def test_nobody_waits_long_behind_one_that_is_busy(rulebook, monkeypatch):
    monkeypatch.setattr("plugin.rules.inspectors.pool._SOON_S", 0.01)
    read = Snapshots()
    with working(rulebook, read) as inspectors:
        with busy(inspectors, read):
            ahead(inspectors, case("A2"))
        inspectors.inspect(case("FIRST"))
        inspectors.inspect(case("A2"))
        assert inspectors.counts == {"beside": 1, "here": 1, "stale": 0}


def test_one_that_hangs_is_ended_and_nobody_gets_its_late_answer(rulebook, monkeypatch):
    monkeypatch.setattr("plugin.rules.inspectors.pool._PAUSES_S", (PATIENCE_S,))
    monkeypatch.setattr("plugin.rules.inspectors.pool._SOON_S", 0.1)
    with working(rulebook, patience_s=0.5) as inspectors:
        (hung,) = children()
        os.kill(hung, signal.SIGSTOP)
        ahead(inspectors, case("A1"))
        assert inspectors.inspect(case("A1")) == rulebook.inspect(case("A1"))
        assert inspectors.counts == {"beside": 0, "here": 1, "stale": 0}
        until(lambda: not inspectors.wanted())
        until(lambda: not children())


def test_one_that_no_longer_reads_what_it_is_sent_holds_nobody_up(rulebook, monkeypatch):
    """More is sent than a socket holds: whoever sends would wait as long as it does."""
    monkeypatch.setattr("plugin.rules.inspectors.pool._PAUSES_S", (PATIENCE_S,))
    with working(rulebook, patience_s=0.5) as inspectors:
        (hung,) = children()
        os.kill(hung, signal.SIGSTOP)
        ahead(inspectors, case("A1", findings="右肺上叶见结节。" * 1_000_000))
        until(lambda: not inspectors.wanted())
        until(lambda: not children())


def test_what_cannot_even_be_sent_holds_nobody_up(rulebook, monkeypatch):
    monkeypatch.setattr("plugin.rules.inspectors.pool._PAUSES_S", (0.0,))
    with working(rulebook) as inspectors:
        (asked_in_vain,) = children()
        ahead(inspectors, Case(report=lambda: "no report, and not to be sent"))  # type: ignore[arg-type]
        until(lambda: children() not in ({asked_in_vain}, set()) and inspectors.wanted())
        ahead(inspectors, case("A1"))
        inspectors.inspect(case("A1"))
        assert inspectors.counts["beside"] == 1


def test_what_is_asked_before_the_end_is_answered_and_nothing_is_taken_on_after_it(rulebook):
    with working(rulebook) as inspectors:
        asked_last = [asked(inspectors, case(f"A{number}")) for number in range(9)]
        inspectors.close()
        for number, done in enumerate(asked_last):
            done.result(PATIENCE_S)
            inspectors.inspect(case(f"A{number}"))
        assert inspectors.counts["beside"] == 9
        assert inspectors.ahead(lambda _: [case("LATE")]) is None


def test_a_rulebook_of_another_version_is_not_asked(rulebook, monkeypatch):
    monkeypatch.setattr("plugin.rules.inspectors.pool._PAUSES_S", (PATIENCE_S,))
    told = []
    monkeypatch.setattr("plugin.rules.inspectors.pool._log.warning", lambda event, **_: told.append(event))
    other = Rulebook(rulebook.lexicon, rulebook.checks, rulebook.forms, rulebook.detector, "another")
    inspectors = Inspectors(other, CONFIG, InspectorSettings(processes=1))
    inspectors.start(lambda: 99, Snapshots())
    inspectors.wanted()
    until(lambda: told)
    assert told == ["inspector.other_rules"]
    assert not inspectors.wanted()
    inspectors.close()
    assert not children()


def test_none_is_started_before_anybody_waits_nor_where_none_is_wanted(rulebook):
    idle = Inspectors(rulebook, CONFIG, InspectorSettings(processes=1))
    idle.start(lambda: 0, Snapshots())
    assert not idle.wanted()
    none = Inspectors(rulebook, CONFIG, InspectorSettings(processes=0))
    none.start(lambda: 99, Snapshots())
    assert not none.wanted()
    assert not children()
    for inspectors in (idle, none):
        assert inspectors.ahead(lambda _: [case("A1")]) is None
        assert inspectors.inspect(case("A1")) == rulebook.inspect(case("A1"))
        inspectors.close()


def test_what_nobody_comes_for_is_not_kept_for_ever(rulebook, monkeypatch):
    monkeypatch.setattr("plugin.rules.inspectors.pool._MOST_KEPT", 2)
    with working(rulebook) as inspectors:
        for number in range(4):
            ahead(inspectors, case(f"A{number}"))
        for number in range(4):
            inspectors.inspect(case(f"A{number}"))
        assert inspectors.counts == {"beside": 2, "here": 2, "stale": 0}
