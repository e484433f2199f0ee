"""Sentences that come again are read by themselves, and say what they say in their text."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from plugin.text.apart import OFTEN
from plugin.text.lexicon import Lexicon
from plugin.text.matcher import TermMatcher
from plugin.text.reader import ReadText

CONFIG = Path(__file__).resolve().parents[3] / "config" / "rules" / "lexicon"
LEXICON = Lexicon.load(CONFIG)
# A word that a sentence may end in: all of a text is read together.
ACROSS = TermMatcher([("影。右", "across")])
TOGETHER = Lexicon.load(CONFIG)
TOGETHER.look_for(ACROSS)

WORDS = ["左", "右肾", "双肺", "见", "未见", "结节", "囊肿", "术后", "病史：", "可能", "建议除外", "，", "、", "。", "；", "\n", "1.", "2、",
         "肝S8.", "结节.", "!", "甲状腺", "左叶", "？", " ", "　", "同前", "：", "“", "原诊“", "”", "１２ｍｍ"]  # fmt: skip


@given(st.lists(st.lists(st.sampled_from(WORDS), max_size=12).map("".join), max_size=4).map("。".join))
@settings(max_examples=300)
def test_sentences_say_by_themselves_what_they_say_together(text: str) -> None:
    for _ in range(OFTEN):
        ReadText(text, LEXICON).mentions  # noqa: B018 - so that each of its sentences has come often
    apart, together = ReadText(text, LEXICON), ReadText(text, TOGETHER)

    assert apart.clauses == together.clauses
    assert apart.mentions == together.mentions
    assert apart.sides == together.sides
    assert apart.items == together.items
    for clause in apart.clauses:
        span = clause.start, clause.end
        assert apart.cues_at(*span) == together.cues_at(*span)
        assert apart.assertion_at(*span) is together.assertion_at(*span)


def template_in(texts: int) -> list[ReadText]:
    lexicon = Lexicon.load(CONFIG)
    return [
        ReadText(f"双肺纹理清晰，未见实变影及结节影。右肾见囊肿，约{size}mm。", lexicon)
        for size in range(texts)
    ]


def test_a_sentence_that_comes_often_is_read_once() -> None:
    texts = template_in(OFTEN + 1)

    assert [len(text.stretches) for text in texts] == [1] * (OFTEN - 1) + [2, 2]
    assert texts[-1].stretches[0].stretch is texts[-2].stretches[0].stretch


def test_sentences_that_often_follow_each_other_are_remembered_together() -> None:
    lexicon = Lexicon.load(CONFIG)
    texts = [
        ReadText(f"双肺纹理清晰。未见实变影。右肾见囊肿，约{size}mm。心影不大。", lexicon)
        for size in range(2 * OFTEN)
    ]

    assert [len(text.stretches) for text in texts] == [1] * (OFTEN - 1) + [4] * (OFTEN - 1) + [3, 3]
    assert [placed.stretch.text for placed in texts[-1].stretches] == [
        "双肺纹理清晰。未见实变影。",
        f"右肾见囊肿，约{2 * OFTEN - 1}mm。",
        "心影不大。",
    ]
    assert texts[-1].stretches[0].stretch is texts[-2].stretches[0].stretch


def test_a_text_of_few_templates_is_read_together() -> None:
    template, lexicon = "心影不大。", Lexicon.load(CONFIG)
    for _ in range(OFTEN):
        ReadText(template, lexicon).mentions  # noqa: B018 - so that it has come often
    new = "右肺上叶见结节，大小约8mm，左肾见囊肿。"

    assert len(ReadText(template + "右肾石。", lexicon).stretches) == 2
    assert len(ReadText(template + new, lexicon).stretches) == 1


def test_a_word_of_a_site_may_reach_into_the_next_sentence() -> None:
    text = ReadText("左肺见结节影。右肺未见异常。", TOGETHER)

    assert len(text.stretches) == 1
    assert text.find(ACROSS) == [(5, 8, "across")]


def test_what_follows_from_a_stretch_alone_is_worked_out_once() -> None:
    stretches = [text.stretches[0].stretch for text in template_in(OFTEN + 1)]
    asked: list[str] = []

    def noted(stretch: object) -> str:
        asked.append("once")
        return "kept"

    assert [stretch.derived(noted) for stretch in stretches[-2:]] == ["kept", "kept"]
    assert asked == ["once"]
