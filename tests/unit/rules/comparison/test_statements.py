"""Statements: places, sides and state of each clause."""

import gc
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from plugin.rules.comparison.claims import claims_of
from plugin.rules.comparison.clause_state import State
from plugin.rules.comparison.statements import Told, statements_of
from plugin.text.apart import OFTEN
from plugin.text.lexicon import Lexicon
from plugin.text.matcher import TermMatcher
from plugin.text.reader import ReadText, read

CONFIG = Path(__file__).resolve().parents[4] / "config/rules/lexicon"
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


def test_places_are_found_again_from_a_clause_that_names_none() -> None:
    text = read("左肾下极见结节，边界清楚，左侧较大。", LEXICON)

    for said in statements_of(text):
        begins = said.start + said.named_at + said.places[-1].start
        assert text.text.startswith(said.places[-1].word, begins)
