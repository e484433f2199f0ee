"""Inspectors are real processes here: what they find is what is found in place, and their death costs nothing."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from patience import PATIENCE_S, until
from processes import inspectors_of

from plugin.domain.case import Case
from plugin.domain.patient import Patient
from plugin.domain.report import Exam, Report
from plugin.rules.inspectors import Inspectors, InspectorSettings
from plugin.rules.rulebook import Rulebook

CONFIG = Path(__file__).parents[3] / "config"


def case(number: str, findings: str = "右肺上叶见结节。", impression: str = "左肺上叶结节。") -> Case:
    exam = Exam(accession_number=number, modality="CT", exam_item="胸部CT平扫")
    patient = Patient(patient_id="P1", name="测试甲", sex="M", age="63岁")
    return Case(report=Report(patient=patient, exam=exam, findings=findings, impression=impression))


@pytest.fixture(autouse=True)
def patient(monkeypatch) -> None:
    """A busy machine is no reason to do without an inspector here."""
    monkeypatch.setattr("plugin.rules.inspectors._SOON_S", PATIENCE_S)


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    return Rulebook.load(CONFIG)


@contextmanager
def working(rulebook: Rulebook, **settings: float) -> Iterator[Inspectors]:
    """Inspectors of whom one answers."""
    inspectors = Inspectors(
        rulebook, CONFIG, InspectorSettings.model_validate({"processes": 1, "patience_s": 60, **settings})
    )
    inspectors.start(waiting=lambda: 99)
    try:
        inspectors.wanted()
        until(inspectors.wanted)
        yield inspectors
    finally:
        inspectors.close()


def children() -> set[int]:
    """Inspectors of this process."""
    return inspectors_of(os.getpid())


def test_what_is_found_beside_is_what_is_found_here_and_a_changed_case_is_inspected_anew(rulebook):
    with working(rulebook) as inspectors:
        known = case("A1")
        inspectors.ahead(known)
        assert inspectors.inspect(known) == rulebook.inspect(known)
        assert inspectors.counts == {"beside": 1, "here": 0, "stale": 0}

        inspectors.ahead(known)
        corrected = case("A1", impression="右肺上叶结节。")
        assert inspectors.inspect(corrected) == rulebook.inspect(corrected) != rulebook.inspect(known)
        assert inspectors.counts["stale"] == 1

        assert inspectors.inspect(known) == rulebook.inspect(known)
        assert inspectors.counts["here"] == 1
        assert 'signgate_inspections{made="beside"} 1' in inspectors.metrics()
    assert not children()


def test_many_at_once_each_get_their_own(rulebook):
    cases = [case(f"A{number}", impression=f"左肺上叶结节，{number}mm。") for number in range(40)]
    with working(rulebook) as inspectors:
        threads = [threading.Thread(target=inspectors.ahead, args=(each,)) for each in cases]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [inspectors.inspect(each) for each in cases] == [rulebook.inspect(each) for each in cases]
        assert inspectors.counts["beside"] == len(cases)


def test_an_inspector_that_dies_is_done_without_and_comes_back(rulebook, monkeypatch):
    monkeypatch.setattr("plugin.rules.inspectors._PAUSES_S", (0.0,))
    with working(rulebook) as inspectors:
        (dead,) = children()
        os.kill(dead, signal.SIGKILL)
        inspectors.ahead(case("A1"))
        assert inspectors.inspect(case("A1")) == rulebook.inspect(case("A1"))
        until(lambda: children() not in ({dead}, set()) and inspectors.wanted())
        inspectors.ahead(case("A2"))
        assert inspectors.inspect(case("A2")) == rulebook.inspect(case("A2"))
        assert inspectors.counts["beside"] >= 1


def test_a_rule_that_fails_beside_is_noted_and_the_report_inspected_here(rulebook, monkeypatch):
    told = []
    monkeypatch.setattr(
        "plugin.rules.inspectors._log.error", lambda event, **about: told.append((event, about))
    )
    with working(rulebook) as inspectors:
        odd = Case(report="no report at all")  # type: ignore[arg-type]
        assert inspectors._ask(odd) is None
        ((event, about),) = told
        assert event == "inspector.rule_failed"
        assert about["error"].startswith("AttributeError at ")
        inspectors.ahead(case("A1"))
        inspectors.inspect(case("A1"))
        assert inspectors.counts["beside"] == 1


def test_nobody_waits_long_for_one_that_is_busy(rulebook, monkeypatch):
    monkeypatch.setattr("plugin.rules.inspectors._SOON_S", 0.01)
    with working(rulebook) as inspectors:
        (busy,) = children()
        os.kill(busy, signal.SIGSTOP)
        first = threading.Thread(target=inspectors.ahead, args=(case("A1"),))
        first.start()
        until(lambda: inspectors._idle.empty())
        inspectors.ahead(case("A2"))
        os.kill(busy, signal.SIGCONT)
        first.join(PATIENCE_S)
        inspectors.inspect(case("A1"))
        inspectors.inspect(case("A2"))
        assert inspectors.counts == {"beside": 1, "here": 1, "stale": 0}


def test_one_that_hangs_is_ended_and_nobody_gets_its_late_answer(rulebook, monkeypatch):
    monkeypatch.setattr("plugin.rules.inspectors._PAUSES_S", (PATIENCE_S,))
    with working(rulebook, patience_s=0.5) as inspectors:
        (hung,) = children()
        os.kill(hung, signal.SIGSTOP)
        inspectors.ahead(case("A1"))
        assert inspectors.inspect(case("A1")) == rulebook.inspect(case("A1"))
        assert inspectors.counts == {"beside": 0, "here": 1, "stale": 0}
        until(lambda: not inspectors.wanted())
        assert not children()


def test_a_rulebook_of_another_version_is_not_asked(rulebook, monkeypatch):
    monkeypatch.setattr("plugin.rules.inspectors._PAUSES_S", (PATIENCE_S,))
    told = []
    monkeypatch.setattr("plugin.rules.inspectors._log.warning", lambda event, **_: told.append(event))
    other = Rulebook(rulebook.lexicon, rulebook.checks, rulebook.forms, rulebook.detector, "another")
    inspectors = Inspectors(other, CONFIG, InspectorSettings(processes=1))
    inspectors.start(waiting=lambda: 99)
    inspectors.wanted()
    until(lambda: told)
    assert told == ["inspector.other_rules"]
    assert not inspectors.wanted()
    inspectors.close()
    assert not children()


def test_none_is_started_before_anybody_waits_nor_where_none_is_wanted(rulebook):
    idle = Inspectors(rulebook, CONFIG, InspectorSettings(processes=1))
    idle.start(waiting=lambda: 0)
    assert not idle.wanted()
    none = Inspectors(rulebook, CONFIG, InspectorSettings(processes=0))
    none.start(waiting=lambda: 99)
    assert not none.wanted()
    assert not children()
    for inspectors in (idle, none):
        inspectors.ahead(case("A1"))
        assert inspectors.inspect(case("A1")) == rulebook.inspect(case("A1"))
        inspectors.close()


def test_what_nobody_comes_for_is_not_kept_for_ever(rulebook, monkeypatch):
    monkeypatch.setattr("plugin.rules.inspectors._MOST_KEPT", 2)
    with working(rulebook) as inspectors:
        for number in range(4):
            inspectors.ahead(case(f"A{number}"))
        for number in range(4):
            inspectors.inspect(case(f"A{number}"))
        assert inspectors.counts == {"beside": 2, "here": 2, "stale": 0}
