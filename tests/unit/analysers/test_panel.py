"""An analyser that hangs, lies, babbles, drips or breaks costs its own issues and nothing else."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from analyser_server import ModelServer, model_server, written
from patience import PATIENCE_S

from plugin.analysers.panel import Panel, Resting, build_panel, declared_in
from plugin.analysers.protocol import AnalyserTools
from plugin.analysers.settings import AnalyserSettings
from plugin.domain.analysis import AnalysisRequest, BreakerState
from plugin.domain.case import PriorExam
from plugin.domain.errors import ConfigError, DeliveryFailed
from plugin.domain.issue import Section, Severity
from plugin.kit import signature
from tests.conftest import ROOT, StoppedClock

KEY = "whsec_QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo="
QUESTION = AnalysisRequest(
    request_id="0123456789abcdef",
    sex="M",
    age="72Y",
    modality="CT",
    exam_item="胸部CT平扫",
    findings="左肺上叶见结节𠮷，约 8 mm。",
    impression="右肺上叶结节。",
    priors=(PriorExam(impression="左肺上叶结节。", accession_number="A0"),),
)
REMARK: dict[str, Any] = {
    "rule": "wrong_side",
    "severity": "warning",
    "section": "impression",
    "start": 0,
    "end": 2,
    "text": "右肺",
    "message": "描述为左肺，结论为右肺。",
    "related": [{"section": "findings", "start": 0, "end": 2, "text": "左肺"}],
}


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with model_server() as running:
        yield running


def panel(tmp_path: Path, server: ModelServer, clock: StoppedClock, **changes: Any) -> Panel:
    tools = AnalyserTools(secret={"lungnet": KEY}.__getitem__, clock=clock)
    return build_panel(declared_in(written(tmp_path / "analysers.toml", server, **changes)), tools)


def answer(**changes: Any) -> dict[str, Any]:
    return {"version": "2.1.0", "issues": [{**REMARK, **changes}]}


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


def test_the_question_names_nobody_and_is_signed(tmp_path, server, clock) -> None:
    panel(tmp_path, server, clock, secret="lungnet").ask("lungnet", QUESTION)
    [said], [sent], [body] = server.asked, server.headers, server.bodies
    assert said["schema"] == "signgate.analysis/1"
    assert said["findings"] == QUESTION.findings
    assert "accession_number" not in json.dumps(said)
    call_id, _ = signature.verify([signature.decode_secret(KEY)], sent, body, clock().timestamp())
    assert call_id == QUESTION.request_id


def test_a_graver_severity_than_allowed_is_lowered(tmp_path, server, clock) -> None:
    server.answer = answer(severity="error")
    assert panel(tmp_path, server, clock).ask("lungnet", QUESTION).issues[0].severity is Severity.WARNING
    trusted = panel(tmp_path, server, clock, highest="error")
    assert trusted.ask("lungnet", QUESTION).issues[0].severity is Severity.ERROR


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"text": "左肺"}, "other words stand"),
        ({"start": 0, "end": 900}, "is no place"),
        ({"start": 2, "end": 2}, "is no place"),
        ({"start": -1}, "issues.0.start"),
        ({"start": True}, "issues.0.start"),
        ({"start": "0"}, "issues.0.start"),
        ({"section": "patient"}, "issues.0.section"),
        ({"severity": "fatal"}, "issues.0.severity"),
        ({"rule": "laterality:x"}, "issues.0.rule"),
        ({"rule": ""}, "issues.0.rule"),
        ({"message": "长" * 201}, "issues.0.message"),
        ({"message": "\u202e反写"}, "formatting character"),
        ({"message": "行\n行"}, "control"),
        ({"surprise": 1}, "unknown key"),
        ({"related": [{"section": "findings", "start": 0, "end": 2, "text": "右肺"}]}, "related.0"),
        # An offset that counts UTF-16 units misses by one behind 𠮷.
        ({"section": "findings", "start": 9, "end": 10, "text": "，"}, "UTF-16"),
    ],
)
def test_an_answer_with_one_mistake_is_refused_whole(tmp_path, server, clock, wrong, why) -> None:
    sound = {**REMARK, "rule": "sound"}
    server.answer = {"version": "1", "issues": [{**REMARK, **wrong}, sound]}
    asked = panel(tmp_path, server, clock)
    with pytest.raises(DeliveryFailed, match=why) as refused:
        asked.ask("lungnet", QUESTION)
    assert not {"右肺上叶", "左肺上叶"} & {refused.value.text}
    assert asked.states()[0].last_error == refused.value.text


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"<html>Service ready</html>",
        b"[]",
        b'{"version": "1"}',
        b'{"version": "1", "version": "2", "issues": []}',
        b'{"version": "1", "issues": [], "x": NaN}',
        b'{"version": "1", "issues": ' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"version": "1\\u0000", "issues": []}',
        b'{"version": "", "issues": []}',
        b'{"version": "1", "issues": {}}',
        b"\xff\xfe{}",
        b" " * 300_000,
        json.dumps({"version": "1", "issues": [REMARK, REMARK]}).encode(),
        json.dumps({"version": "1", "issues": [{**REMARK, "rule": f"rule_{n}"} for n in range(21)]}).encode(),
    ],
)
def test_garbage_is_refused(tmp_path, server, clock, garbage) -> None:
    server.answer = garbage
    with pytest.raises(DeliveryFailed, match="answer"):
        panel(tmp_path, server, clock).ask("lungnet", QUESTION)


@pytest.mark.parametrize("status", [301, 307, 400, 404, 500, 503])
def test_an_error_and_a_redirect_are_failures(tmp_path, server, clock, status) -> None:
    server.status, server.location = status, "http://169.254.169.254/latest"
    with pytest.raises(DeliveryFailed, match=str(status)):
        panel(tmp_path, server, clock).ask("lungnet", QUESTION)
    assert len(server.asked) == 1


def test_a_server_that_hangs_or_drips_has_its_time_and_no_more(tmp_path, server, clock) -> None:
    asked = panel(tmp_path, server, clock, timeout_s=0.3)
    for hangs, drip_s in ((True, 0.0), (False, 0.1)):
        server.hangs, server.drip_s = hangs, drip_s
        with pytest.raises(DeliveryFailed, match="in time"):
            asked.ask("lungnet", QUESTION)
    assert asked.states()[0].failed == 2


def test_nobody_listening_is_a_failure(tmp_path, server, clock) -> None:
    asked = panel(tmp_path, server, clock)
    server.server_close()
    with pytest.raises(DeliveryFailed, match="cannot be called"):
        asked.ask("lungnet", QUESTION)


def test_an_address_outside_the_networks_is_never_called(tmp_path, server, clock) -> None:
    with pytest.raises(DeliveryFailed, match="no allowed address"):
        panel(tmp_path, server, clock, networks=["10.0.0.0/8"]).ask("lungnet", QUESTION)
    assert server.asked == []


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
    assert state.breaker is BreakerState.OPEN
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


def test_what_a_plug_in_raises_is_told_by_its_kind_alone(clock) -> None:
    class Broken:
        place = ""

        def analyse(self, request: AnalysisRequest, timeout_s: float) -> dict[str, Any]:
            raise ValueError(request.findings)

    asked = Panel([(own_settings(), Broken())], clock)
    with pytest.raises(DeliveryFailed, match=r"^broke: ValueError$"):
        asked.ask("own", QUESTION)


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
