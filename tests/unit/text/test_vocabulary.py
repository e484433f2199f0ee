"""The shared pass finds for each list what the list finds alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from plugin.text.assertion import Assertions
from plugin.text.every_term import EveryTerm
from plugin.text.matcher import TermMatcher
from plugin.text.segments import split_clauses
from plugin.text.terms import Assertion, CueWord, Reach
from plugin.text.vocabulary import Vocabulary

PLAIN = TermMatcher((word, word) for word in ("不", "不规则", "规则", "ct", "ct值", "则边"))
OTHER = TermMatcher((word, word) for word in ("规则", "边缘", "值"))
EVERY = EveryTerm(["规则", "不规则", "则边", "ct", "边缘", "缘不", "pe", "值"])
VOCABULARY = Vocabulary([PLAIN, OTHER, EVERY])


@given(
    st.lists(st.sampled_from(["不", "规则", "边缘", "ct", "值", "pet", "a", "，"]), max_size=30).map("".join)
)
def test_each_finds_what_it_finds_alone(text):
    found = VOCABULARY.find(text)

    for matcher in (PLAIN, OTHER):
        assert matcher.among(text, found.get(VOCABULARY.number(matcher), [])) == matcher.find(text)
    assert EVERY.whole(text, found.get(VOCABULARY.number(EVERY), [])) == EVERY.find(text)


def test_a_stranger_has_no_number():
    assert VOCABULARY.number(EveryTerm(["肺"])) is None


def test_no_seeker_finds_nothing():
    assert Vocabulary([]).find("双肺") == {}


def test_of_a_clause_full_of_cues_the_nearest_are_weighed():
    text = "未见" + "可见" * 100 + "结节"
    denial, end = CueWord(Reach.BEFORE, Assertion.DENIED), CueWord(Reach.STOP, None)
    hits = [(0, 2, denial), *((at, at + 2, end) for at in range(2, 202, 2)), (202, 204, denial)]
    said = Assertions(text + "影", split_clauses(text + "影")[0], hits)

    assert said.in_clause(0, 204, 205) is Assertion.DENIED
    assert said.in_clause(0, 2, 4) is Assertion.DENIED
    assert said.in_clause(0, 100, 102) is Assertion.AFFIRMED
