"""From a kept report to the issues of an outside analyser, over a real store, worker and HTTP server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from analyser_server import ModelServer, model_server, written
from patience import until

from plugin.analysers.panel import Panel, build_panel, declared_in
from plugin.analysers.protocol import AnalyserTools
from plugin.bootstrap.analysers import asked
from plugin.delivery.ask_analyser import AskAnalyser
from plugin.delivery.worker import Worker, WorkerSettings
from plugin.domain.delivery import JobKind, JobState
from plugin.domain.feedback import Verdict
from plugin.domain.issue import Issue, Section, Severity
from plugin.domain.report import Report, ReportStatus
from plugin.rules.earning import Earning
from plugin.store.jobs import SqlJobStore
from plugin.workflow.ask_analysers import AskAnalysers
from plugin.workflow.judge_issue import JudgeIssue
from plugin.workflow.receive_report import ReceiveReport
from tests.conftest import StoppedClock
from tests.unit.workflow.conftest import SOUND, World, world  # noqa: F401  the fixture

WRONG = replace(SOUND, impression="右肺上叶结节，建议随访。")


def remark(rule: str = "unclear", severity: str = "warning", start: int = 0, end: int = 2) -> dict[str, Any]:
    text = SOUND.findings[start:end]
    return {"rule": rule, "severity": severity, "section": "findings", "start": start, "end": end,
            "text": text, "message": "建议复核。"}  # fmt: skip


@dataclass
class Ward:
    """A hospital with one analyser."""

    world: World
    server: ModelServer
    panel: Panel
    receive: ReceiveReport
    worker: Worker
    jobs: SqlJobStore
    clock: StoppedClock

    def report(self, report: Report = SOUND, source: str = "oru") -> tuple[Issue, ...]:
        return self.world.store.write(lambda uow: self.receive(uow, report, source=source)).issues

    def issues(self) -> list[Issue]:
        return list(self.world.store.read(lambda uow: uow.reports.issues("A1")))

    def outside(self) -> list[Issue]:
        return [issue for issue in self.issues() if issue.analyser]

    def job_states(self) -> list[JobState]:
        listing = self.jobs.listing(None, limit=1000)
        return [job.state for job in listing if job.kind is JobKind.ASK_ANALYSER]


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with model_server() as running:
        yield running


@pytest.fixture
def ward(tmp_path: Path, world: World, server: ModelServer, clock: StoppedClock) -> Ward:  # noqa: F811
    declared = declared_in(written(tmp_path / "analysers.toml", server))
    panel = build_panel(declared, AnalyserTools(secret={}.__getitem__, clock=clock))
    analysers = AskAnalysers(members=asked(declared), earning=Earning(min_judged=5, floor=0.5), site="H1")
    jobs = SqlJobStore(world.store, clock)
    handler = AskAnalyser(
        read=world.store.read, panel=panel, request=analysers.request, keep=analysers.keep, clock=clock
    )
    worker = Worker(jobs, {JobKind.ASK_ANALYSER: handler}, clock, lambda: 0.0, WorkerSettings())
    receive = replace(world.journeys.receive_report, analysers=analysers)
    return Ward(world, server, panel, receive, worker, jobs, clock)


def test_what_it_says_is_added_after_the_commit_and_stays(ward: Ward) -> None:
    ward.server.answer = {"version": "3", "issues": [remark()]}
    assert ward.report() == ()
    assert ward.server.asked == []
    ward.worker.run_due()
    [issue] = ward.outside()
    assert (issue.rule, issue.analyser_version) == ("lungnet:unclear", "3")
    # The same text once more, by a sign event: nobody is asked again, and what was said is answered.
    assert [each.rule for each in ward.report(source="sign")] == ["lungnet:unclear"]
    ward.worker.run_due()
    assert len(ward.server.asked) == 1
    assert ward.outside() == [issue]


def test_its_issues_come_behind_ours_whenever_they_came(ward: Ward) -> None:
    ward.server.answer = {"version": "3", "issues": [remark()]}
    ward.report(WRONG)
    ward.worker.run_due()
    for _ in range(2):
        analysers = [issue.analyser for issue in ward.issues()]
        assert len(analysers) > 1
        assert analysers == sorted(analysers)
        ward.report(WRONG, source="sign")


def test_another_text_is_another_question_and_has_no_old_answer(ward: Ward) -> None:
    ward.server.answer = {"version": "3", "issues": [remark()]}
    ward.report()
    ward.report(replace(SOUND, impression="未见明显异常。", reported_at="2026-06-01 09:00:00"))
    ward.worker.run_due()
    assert [asked["impression"] for asked in ward.server.asked] == ["未见明显异常。"]
    assert len(ward.outside()) == 1
    ward.report(replace(SOUND, impression="双肺未见异常。", reported_at="2026-06-01 10:00:00"))
    assert ward.outside() == []


def test_a_text_that_changes_while_it_is_read_gets_no_answer(ward: Ward) -> None:
    def corrected_meanwhile(_: Any) -> dict[str, Any]:
        ward.report(replace(SOUND, impression="未见明显异常。", reported_at="2026-06-01 09:00:00"))
        return {"version": "3", "issues": [remark()]}

    ward.server.answer = corrected_meanwhile
    ward.report()
    assert ward.worker.run_due(limit=1) == 1
    assert ward.outside() == []


@pytest.mark.parametrize(
    "report",
    [
        replace(SOUND, status=ReportStatus.CANCELLED),
        replace(SOUND, findings="", impression=""),
        replace(SOUND, findings="双肺清晰。" * 5000),
    ],
)
def test_some_reports_nobody_is_asked_about(ward: Ward, report: Report) -> None:
    ward.report(report)
    assert ward.job_states() == []


def test_a_silent_rule_of_an_analyser_is_not_shown_and_a_person_lets_it_speak_again(ward: Ward) -> None:
    house = ward.world
    ward.server.answer = {"version": "3", "issues": [remark()]}
    ward.report()
    ward.worker.run_due()
    [issue] = ward.outside()
    judge = JudgeIssue(
        around=house.journeys.judge.around,
        tell=house.journeys.judge.tell,
        site="H1",
        earning=Earning(min_judged=5, floor=0.5),
    )
    for number in range(5):
        standing = house.store.write(
            lambda uow, who=f"D{number}": judge(uow, "A1", issue, Verdict.DISMISSED, who)
        )
    assert (standing.rule, standing.silent) == ("lungnet:unclear", True)
    assert ward.report(source="sign") == ()
    again = replace(SOUND, impression="未见明显异常。", reported_at="2026-06-01 09:00:00")
    ward.report(again)
    ward.worker.run_due()
    assert ward.outside() == []

    house.store.write(lambda uow: judge.set_silent(uow, issue.rule, False, "head", "模型已更新"))
    ward.report(replace(SOUND, impression="双肺未见异常。", reported_at="2026-06-01 10:00:00"))
    ward.worker.run_due()
    assert [each.rule for each in ward.outside()] == ["lungnet:unclear"]


def test_the_budget_of_a_report_is_shared(ward: Ward) -> None:
    ward.server.answer = {
        "version": "3",
        "issues": [remark(f"rule_{n}", "info" if n % 2 else "warning", n, n + 1) for n in range(20)],
    }
    ward.report()
    ward.worker.run_due()
    shown = ward.outside()
    assert len(shown) == 12
    assert sum(issue.severity is Severity.WARNING for issue in shown) == 10


def test_a_second_failure_leaves_a_report_alone_and_no_job_is_parked(ward: Ward) -> None:
    ward.server.status = 500
    ward.report()
    for _ in range(6):
        ward.worker.run_due()
        ward.clock.advance(seconds=30)
    assert len(ward.server.asked) == 2
    assert ward.job_states() == [JobState.DONE]
    assert ward.panel.states()[0].failed == 2


def test_a_question_that_waited_too_long_is_given_up(ward: Ward) -> None:
    ward.report()
    ward.clock.advance(seconds=601)
    ward.worker.run_due()
    assert ward.server.asked == []
    assert ward.job_states() == [JobState.DONE]
    assert ward.panel.states()[0].late == 1


def test_a_dead_server_is_asked_seldom_and_the_queue_drains_by_age(ward: Ward) -> None:
    ward.server.server_close()
    for number in range(20):
        exam = replace(SOUND.exam, accession_number=f"B{number}")
        ward.report(replace(SOUND, exam=exam))
    for _ in range(80):
        ward.worker.run_due()
        ward.clock.advance(seconds=15)
    assert set(ward.job_states()) == {JobState.DONE}
    [state] = ward.panel.states()
    assert state.failed < 25
    assert state.late + state.failed >= 20


def test_a_hanging_analyser_holds_up_no_report(ward: Ward) -> None:
    ward.server.hangs = True
    ward.report()
    asking = threading.Thread(target=ward.worker.run_due)
    asking.start()
    until(lambda: ward.server.asked)
    ward.report(replace(SOUND, exam=replace(SOUND.exam, accession_number="B1")))
    assert asking.is_alive(), "the report was kept while the analyser hung"
    ward.server.over.set()
    asking.join()


def test_an_answer_of_a_second_analyser_replaces_nothing_of_the_first(ward: Ward) -> None:
    ward.server.answer = {"version": "3", "issues": [remark()]}
    ward.report()
    ward.worker.run_due()
    other = replace(ward.outside()[0], rule="other:x", analyser="other", section=Section.FINDINGS)
    ward.world.store.write(lambda uow: uow.reports.keep_analysis("A1", "other", [other]))
    assert {issue.analyser for issue in ward.outside()} == {"lungnet", "other"}


def test_modalities_choose_whom_to_ask(ward: Ward) -> None:
    analysers = replace(ward.receive.analysers, members=(replace(ward.receive.analysers.members[0],
                                                                  modalities=frozenset({"MR"})),))  # fmt: skip
    receive = replace(ward.receive, analysers=analysers)
    ward.world.store.write(lambda uow: receive(uow, SOUND, source="oru"))
    assert ward.job_states() == []
    assert timedelta() < ward.panel.late_after("lungnet")
