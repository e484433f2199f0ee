"""A stranger's answer is believed where the text bears it out, and otherwise not at all."""

from __future__ import annotations

import pytest
from analyser_server import QUESTION, REMARK, answer

from plugin.analysers.answer import read_answer
from plugin.domain.errors import DeliveryFailed
from plugin.domain.issue import Section, Severity


def test_an_answer_becomes_issues_with_their_places() -> None:
    read = read_answer("lungnet", QUESTION, answer(), Severity.WARNING)
    assert (read.analyser, read.version) == ("lungnet", "2.1.0")
    [issue] = read.issues
    assert (issue.rule, issue.analyser, issue.analyser_version) == ("lungnet:wrong_side", "lungnet", "2.1.0")
    assert (issue.section, issue.start, issue.end, issue.text) == (Section.IMPRESSION, 0, 2, "右肺")
    assert [(span.section, span.text) for span in issue.related] == [(Section.FINDINGS, "左肺")]


def test_a_graver_severity_than_allowed_is_lowered_and_no_other() -> None:
    def severity(said: str, highest: Severity) -> Severity:
        return read_answer("lungnet", QUESTION, answer(severity=said), highest).issues[0].severity

    assert severity("error", Severity.WARNING) is Severity.WARNING
    assert severity("error", Severity.ERROR) is Severity.ERROR
    assert severity("info", Severity.WARNING) is Severity.INFO


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
def test_an_answer_with_one_mistake_is_refused_whole(wrong, why) -> None:
    sound = {**REMARK, "rule": "sound"}
    with pytest.raises(DeliveryFailed, match=why) as refused:
        read_answer(
            "lungnet", QUESTION, {"version": "1", "issues": [{**REMARK, **wrong}, sound]}, Severity.ERROR
        )
    assert not {"右肺上叶", "左肺上叶"} & {refused.value.text}


def test_one_rule_names_one_place_once() -> None:
    again = {"version": "1", "issues": [REMARK, {**REMARK, "message": "再看一次。"}]}
    with pytest.raises(DeliveryFailed, match="one place twice"):
        read_answer("lungnet", QUESTION, again, Severity.ERROR)
    other = {"version": "1", "issues": [REMARK, {**REMARK, "rule": "other"}]}
    assert len(read_answer("lungnet", QUESTION, other, Severity.ERROR).issues) == 2
