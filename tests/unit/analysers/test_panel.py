"""An analyser that hangs, lies, babbles, drips or breaks costs its own issues and nothing else."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from analyser_server import QUESTION, REMARK, answer, panel, written
from patience import PATIENCE_S

from plugin.analysers.panel import Panel, Resting, declared_in
from plugin.analysers.settings import AnalyserSettings
from plugin.domain.analysis import AnalyserFault, AnalysisRequest, BreakerState
from plugin.domain.errors import ConfigError, DeliveryFailed
from plugin.domain.issue import Section
from tests.conftest import ROOT


def test_an_answer_becomes_issues_that_say_whose_they_are(tmp_path, server, clock) -> None:
    server.answer = answer()
    asked = panel(tmp_path, server, clock)
    [issue] = asked.ask("lungnet", QUESTION).issues
    assert (issue.rule, issue.analyser, issue.analyser_version) == ("lungnet:wrong_side", "lungnet", "2.1.0")
    assert (issue.section, issue.start, issue.end, issue.text) == (Section.IMPRESSION, 0, 2, "右肺")
    assert [(span.section, span.text) for span in issue.related] == [(Section.FINDINGS, "左肺")]
    [state] = asked.states()
    assert (state.answered, state.issues, state.failed, state.version) == (1, 1, 0, "2.1.0")
    assert (state.breaker, state.place) == (BreakerState.CLOSED, f"127.0.0.1:{server.port}")


def test_who_fails_again_and_again_is_left_in_peace_and_then_tried_once(tmp_path, server, clock) -> None:
    asked = panel(tmp_path, server, clock, breaker_failures=3, breaker_pause_s=60)
    server.status = 500
    for _ in range(3):
        with pytest.raises(DeliveryFailed, match="500"):
            asked.ask("lungnet", QUESTION)
    with pytest.raises(Resting):
        asked.ask("lungnet", QUESTION)
    assert len(server.asked) == 3
    [state] = asked.states()
    assert (state.breaker, state.last_fault) == (BreakerState.OPEN, AnalyserFault.UNREACHED)
    assert state.open_until == clock() + timedelta(seconds=60)
    assert 'signgate_analyser_resting{analyser="lungnet"} 1' in asked.metrics()

    clock.now += timedelta(seconds=61)
    with pytest.raises(DeliveryFailed, match="500"):
        asked.ask("lungnet", QUESTION)
    with pytest.raises(Resting):
        asked.ask("lungnet", QUESTION)
    clock.now += timedelta(seconds=61)
    server.status = 200
    asked.ask("lungnet", QUESTION)
    assert asked.states()[0].breaker is BreakerState.CLOSED
    asked.ask("lungnet", QUESTION)


def test_no_more_questions_at_once_than_allowed(tmp_path, server, clock) -> None:
    asked = panel(tmp_path, server, clock, parallel=2, breaker_failures=100)
    server.drip_s = 0.005
    refused: list[str] = []

    def ask() -> None:
        try:
            asked.ask("lungnet", QUESTION)
        except Resting as resting:
            refused.append(resting.text)

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert server.most_at_once <= 2
    assert len(server.asked) + len(refused) == 6


def test_a_plug_in_that_hangs_keeps_its_slot_and_delays_nobody(clock) -> None:
    over = threading.Event()

    class Hanging:
        place = ""

        def analyse(self, request: AnalysisRequest, timeout_s: float) -> dict[str, Any]:
            over.wait(PATIENCE_S)
            return {}

    settings = own_settings(timeout_s=0.05, parallel=1)
    asked = Panel([(settings, Hanging())], clock)
    with pytest.raises(DeliveryFailed, match=r"within 0\.05 s"):
        asked.ask("own", QUESTION)
    with pytest.raises(Resting, match="busy"):
        asked.ask("own", QUESTION)
    over.set()
    assert asked.states()[0].last_fault is AnalyserFault.LATE


def test_what_a_plug_in_raises_is_told_by_its_kind_alone(clock) -> None:
    class Broken:
        place = ""

        def analyse(self, request: AnalysisRequest, timeout_s: float) -> dict[str, Any]:
            raise ValueError(request.findings)

    asked = Panel([(own_settings(), Broken())], clock)
    with pytest.raises(DeliveryFailed, match=r"^broke: ValueError$"):
        asked.ask("own", QUESTION)
    assert asked.states()[0].last_fault is AnalyserFault.BROKE


@pytest.mark.parametrize("said", [None, [], "sound", 7, {1: 2}, {"version": "1", "issues": [None]}])
def test_whatever_a_plug_in_returns_is_checked_and_a_trial_always_ends(clock, said) -> None:
    class Odd:
        place = ""
        answer: Any = said

        def analyse(self, request: AnalysisRequest, timeout_s: float) -> Any:
            return self.answer

    odd = Odd()
    asked = Panel([(own_settings(breaker_failures=1), odd)], clock)
    for _ in range(2):
        with pytest.raises(DeliveryFailed, match="the answer is refused"):
            asked.ask("own", QUESTION)
        assert asked.states()[0].last_fault is AnalyserFault.REFUSED
        with pytest.raises(Resting):
            asked.ask("own", QUESTION)
        clock.advance(seconds=61)
    odd.answer = {"version": "1", "issues": []}
    asked.ask("own", QUESTION)
    assert asked.states()[0].breaker is BreakerState.CLOSED


def own_settings(**changes: Any) -> AnalyserSettings:
    return AnalyserSettings.model_validate({"name": "own", "kind": "own", "enabled": True, **changes})


def test_off_is_not_asked_and_needs_no_secret(tmp_path, server, clock) -> None:
    asked = panel(tmp_path, server, clock, enabled=False, secret="not kept")
    with pytest.raises(Resting, match="switched on"):
        asked.ask("lungnet", QUESTION)
    assert [state.enabled for state in asked.states()] == [False]
    assert server.asked == []


@pytest.mark.parametrize(
    ("changes", "key", "why"),
    [
        ({"kind": "grpc"}, "analyser.0", "unknown outside analyser 'grpc'; known: http"),
        ({"name": "Lung Net"}, "analyser.0.name", "pattern"),
        ({"timeout": 5}, "analyser.0.timeout", "unknown key"),
        ({"timeout_s": 0}, "analyser.0.timeout_s", "greater than 0"),
        ({"highest": "fatal"}, "analyser.0.highest", "error"),
        ({"url": "http://10.0.0.1:1/"}, "analyser.0", "is not in allowed"),
        ({"url": "ftp://127.0.0.1/"}, "analyser.0", "https"),
        ({"networks": ["10.0.0"]}, "analyser.0.networks", "does not appear"),
    ],
)
def test_a_mistake_in_the_file_is_named_with_its_place(tmp_path, server, changes, key, why) -> None:
    with pytest.raises(ConfigError) as wrong:
        declared_in(written(tmp_path / "analysers.toml", server, **changes))
    assert wrong.value.key == key
    assert why in str(wrong.value)
    assert "analysers.toml" in str(wrong.value)


def test_a_secret_that_is_not_kept_is_named(tmp_path, server, clock) -> None:
    with pytest.raises(ConfigError, match="no secret called 'other'"):
        panel(tmp_path, server, clock, secret="other")


def test_a_name_stands_once(tmp_path, server) -> None:
    file = written(tmp_path / "analysers.toml", server)
    file.write_text(file.read_text() * 2)
    with pytest.raises(ConfigError, match="stands twice"):
        declared_in(file)


def test_the_shipped_file_asks_nobody() -> None:
    assert declared_in(ROOT / "config" / "analysers.toml") == ()


def test_a_long_report_is_asked_as_it_is(tmp_path, server, clock) -> None:
    long = replace(QUESTION, findings="左肺。" * 5000)
    server.answer = {"version": "1", "issues": [{**REMARK, "start": 0, "end": 2, "related": []}]}
    assert len(panel(tmp_path, server, clock).ask("lungnet", long).issues) == 1
