"""Statements: places, sides and state of each clause."""

import gc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugin.rules.claims import claims_of
from plugin.rules.statements import State, Told, levels_of, statements_of
from plugin.text.apart import OFTEN
from plugin.text.lexicon import Lexicon
from plugin.text.matcher import TermMatcher
from plugin.text.reader import ReadText, read

CONFIG = Path(__file__).resolve().parents[3] / "config/rules/lexicon"
LEXICON = Lexicon.load(CONFIG)
# A word that a sentence may end in: all of a text is read together.
TOGETHER = Lexicon.load(CONFIG)
TOGETHER.look_for(TermMatcher([("影。右", "across")]))
WORDS = ["左", "右肾", "肾盂", "双肺", "见", "未见", "结节", "囊肿", "术后", "可能", "，", "、", "；", "甲状腺", "左叶", "右叶", "肝右叶", "L4/5",
         "大小约12mm", "纤细", "正常", "建议复查"]  # fmt: skip


def test_a_clause_is_seen_sound_or_open() -> None:
    said = statements_of(read("左侧椎动脉纤细，右侧椎动脉未见狭窄，左肾大小约20mm，建议复查。", LEXICON))

    assert [s.state for s in said] == [State.SEEN, State.SOUND, State.OPEN, State.OPEN]


def test_a_part_lies_on_the_side_that_its_sentence_named() -> None:
    said = statements_of(read("左肾形态正常，肾盂内见充盈缺损。肾盂未见扩张。", LEXICON))

    assert [sorted(s.sides) for s in said] == [["L"], ["L"], []]


def test_a_lobe_named_by_its_side_alone_belongs_to_the_organ_named_before() -> None:
    said = statements_of(read("甲状腺左叶大小正常。右叶见结节。", LEXICON))

    assert [(p.term.id, p.side) for p in said[1].places] == [("thyroid", "R")]


@given(st.lists(st.lists(st.sampled_from(WORDS), max_size=10).map("".join), max_size=5).map("。".join))
@settings(max_examples=200)
def test_sentences_that_came_before_state_what_they_state_together(text: str) -> None:
    for _ in range(OFTEN):
        statements_of(ReadText(text, LEXICON))
    apart, together = ReadText(text, LEXICON), ReadText(text, TOGETHER)

    assert statements_of(apart) == statements_of(together)
    assert claims_of(apart) == claims_of(together)


def test_what_a_text_states_goes_with_the_text_and_waits_for_no_collector() -> None:
    def alive() -> int:
        return sum(isinstance(held, Told) for held in gc.get_objects())

    gc.disable()
    try:
        before = alive()
        text = ReadText("甲状腺左叶大小正常。右叶见结节。", LEXICON)
        statements_of(text)
        during = alive()
        del text
        assert (during, alive()) == (before + 1, before)
    finally:
        gc.enable()


def test_anatomy_is_no_change() -> None:
    assert statements_of(read("胆囊大小约68×25mm。", LEXICON))[0].state is State.OPEN


@pytest.mark.parametrize(
    ("said", "levels"),
    [
        ("L4/5椎间盘突出", {"L4/5"}),
        ("颈4/5、5/6椎间盘突出", {"C4/5", "C5/6"}),
        ("腰1-3椎体", {"L1", "L2", "L3", "L1/2", "L2/3"}),
        ("肝右叶S8段见结节", {"H8"}),
        ("双肺未见异常", set()),
    ],
)
def test_levels(said: str, levels: set[str]) -> None:
    assert levels_of(said) == levels
