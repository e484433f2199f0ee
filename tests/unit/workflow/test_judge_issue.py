"""Verdicts roll up, a rule falls silent by its numbers, and a person lets it speak again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from plugin.domain.errors import InvalidInput, UnknownReport
from plugin.domain.feedback import RuleStanding, Verdict
from plugin.domain.issue import Issue
from plugin.domain.people import Account, Role
from plugin.domain.person_notice import PersonOccasion
from plugin.rules.earning import Earning
from plugin.workflow.judge_issue import JudgeIssue, place, place_text, read_place
from plugin.workflow.ports.unit_of_work import UnitOfWork
from tests.unit.workflow.conftest import SOUND, World

WRONG = replace(
    SOUND,
    findings="双肺纹理清晰，左肺上叶见一实性结节，直径约 8 mm，边界清楚。纵隔未见肿大淋巴结。",
    impression="右肺上叶结节，建议随访。",
)


def judge_of(world: World, **settings: object) -> JudgeIssue:
    earning = Earning(**{"min_judged": 5, "floor": 0.5, **settings})
    return replace(world.journeys.judge, site="H1", earning=earning)


def first_issue(world: World) -> Issue:
    world.report(WRONG)
    return next(iter(world.store.read(lambda uow: list(uow.reports.issues("A1")))))


def say(world: World, judge: JudgeIssue, issue: Issue, verdict: Verdict, who: str = "D7") -> RuleStanding:
    return world.store.write(lambda uow: judge(uow, "A1", issue, verdict, who))


def test_a_later_verdict_of_the_same_person_replaces_the_earlier(world: World) -> None:
    judge, issue = judge_of(world), first_issue(world)
    say(world, judge, issue, Verdict.ACCEPTED)
    say(world, judge, issue, Verdict.ACCEPTED)
    standing = say(world, judge, issue, Verdict.DISMISSED)
    assert (standing.accepted, standing.dismissed) == (0, 1)
    standing = say(world, judge, issue, Verdict.ACCEPTED, "D8")
    assert (standing.accepted, standing.dismissed) == (1, 1)


def test_a_rule_that_is_dismissed_falls_silent_and_its_issues_are_not_shown(world: World) -> None:
    judge, issue = judge_of(world, never_silent=()), first_issue(world)
    standings = [say(world, judge, issue, Verdict.DISMISSED, f"D{n}") for n in range(5)]
    assert [each.silent for each in standings] == [False] * 4 + [True]
    assert standings[-1].changed_by == "earning"
    shown = world.store.write(lambda uow: world.journeys.receive_report(uow, WRONG, source="oru")).issues
    assert issue.rule not in {each.rule for each in shown}
    trail = world.store.read(lambda uow: uow.feedback.standing(issue.rule, "H1"))
    assert trail.silent


def test_those_who_may_let_a_fallen_rule_speak_again_are_told_once_a_fall(world: World) -> None:
    judge, issue = judge_of(world, never_silent=()), first_issue(world)

    def hire(uow: UnitOfWork) -> None:
        for login, role in (("zhuren", Role.HEAD), ("zhikong", Role.QC_STAFF), ("yishi", Role.RADIOLOGIST)):
            account = Account(login=login, name=login, role=role, password_hash="x", staff_id=f"S-{login}")
            uow.people.save(account)

    def told(login: str) -> list[tuple[PersonOccasion, str]]:
        found = world.store.read(lambda uow: uow.person_notices.of(f"S-{login}", login))
        return [(each.occasion, each.rule) for each in found]

    world.store.write(hire)
    for n in range(7):
        say(world, judge, issue, Verdict.DISMISSED, f"D{n}")
    fallen = (PersonOccasion.RULE_SILENCED, issue.rule)
    assert (told("zhuren"), told("zhikong"), told("yishi")) == ([fallen], [fallen], [])
    assert world.jobs().count("send_person_notice") == 2

    world.clock.advance(minutes=1)
    world.store.write(lambda uow: judge.set_silent(uow, issue.rule, False, "zhuren", "词表已更新"))
    for n in range(5):
        say(world, judge, issue, Verdict.DISMISSED, f"E{n}")
    assert told("zhuren") == [fallen, fallen]


def test_a_person_lets_it_speak_again_and_its_counts_begin_anew(world: World) -> None:
    judge, issue = judge_of(world), first_issue(world)
    world.store.write(lambda uow: judge.set_silent(uow, issue.rule, True, "head", "词表更新前"))
    restored = world.store.write(lambda uow: judge.set_silent(uow, issue.rule, False, "head", "词表已更新"))
    assert (restored.silent, restored.judged, restored.reason) == (False, 0, "词表已更新")
    shown = world.store.write(lambda uow: world.journeys.receive_report(uow, WRONG, source="oru")).issues
    assert issue.rule in {each.rule for each in shown}
    with pytest.raises(InvalidInput, match="reason"):
        world.store.write(lambda uow: judge.set_silent(uow, issue.rule, True, "head", " "))


def test_a_verdict_from_before_the_counts_began_anew_is_not_taken_from_them(world: World) -> None:
    judge, issue = judge_of(world), first_issue(world)
    say(world, judge, issue, Verdict.ACCEPTED, "D7")
    world.clock.advance(minutes=1)
    world.store.write(lambda uow: judge.set_silent(uow, issue.rule, False, "head", "词表已更新"))
    world.clock.advance(minutes=1)
    say(world, judge, issue, Verdict.ACCEPTED, "D8")
    standing = say(world, judge, issue, Verdict.DISMISSED, "D7")
    assert (standing.accepted, standing.dismissed) == (1, 1)
    standing = say(world, judge, issue, Verdict.ACCEPTED, "D7")
    assert (standing.accepted, standing.dismissed) == (2, 0)


def test_each_fault_of_the_header_is_judged_by_itself(world: World) -> None:
    judge = judge_of(world)
    nobody = replace(WRONG, author="", verifier="", delivered=frozenset({"report.author", "report.verifier"}))
    world.report(nobody)
    issues = world.store.read(lambda uow: list(uow.reports.issues("A1")))
    author, verifier = (i for i in issues if i.rule == "missing_field" and "医师" in i.message)
    assert place(author)[:4] == place(verifier)[:4]
    say(world, judge, author, Verdict.ACCEPTED)
    standing = say(world, judge, verifier, Verdict.DISMISSED)
    assert (standing.accepted, standing.dismissed) == (1, 1)
    said = world.store.read(lambda uow: judge.feedback(uow, "A1", "D7"))
    assert said[place(author)].verdict is Verdict.ACCEPTED
    assert said[read_place(place_text(verifier))].verdict is Verdict.DISMISSED
    found = world.store.read(lambda uow: judge.find(uow, "A1", place(verifier)))
    assert found.message == verifier.message
    with pytest.raises(InvalidInput, match="several"):
        world.store.read(lambda uow: judge.find(uow, "A1", (*place(author)[:4], "")))


def test_only_an_issue_that_stands_is_judged(world: World) -> None:
    judge, issue = judge_of(world), first_issue(world)
    find = world.journeys.judge.find
    assert world.store.read(lambda uow: find(uow, "A1", place(issue))) == issue
    assert read_place(place_text(issue)) == place(issue)
    with pytest.raises(InvalidInput, match="stands at"):
        world.store.read(lambda uow: find(uow, "A1", (issue.rule, issue.section.value, 0, 999, "")))
    with pytest.raises(UnknownReport):
        world.store.write(lambda uow: judge(uow, "unknown", issue, Verdict.ACCEPTED, "D7"))
