"""Texts read lately: kept, let go in time, and never a reading for other words."""

from __future__ import annotations

from pathlib import Path

from plugin.text.lexicon import Lexicon
from plugin.text.matcher import TermMatcher
from plugin.text.reader import read
from plugin.text.recent import Recent

CONFIG = Path(__file__).resolve().parents[3] / "config"


def test_keeps_what_was_put_and_lets_the_oldest_go() -> None:
    recent: Recent[int] = Recent(10)
    for number, text in enumerate(("aaaa", "bbbb", "cccc", "dddd", "eeee")):
        recent.put(text, number)
    assert recent.get("eeee") == 4
    assert recent.get("aaaa") is None
    assert len(recent) <= 5


def test_what_is_asked_for_stays() -> None:
    recent: Recent[int] = Recent(8)
    recent.put("kept", 1)
    for number in range(20):
        recent.put(f"{number:04}", number)
        assert recent.get("kept") == 1


def test_a_text_longer_than_a_generation_is_not_kept() -> None:
    recent: Recent[int] = Recent(3)
    recent.put("long", 1)
    assert recent.get("long") is None


def test_a_text_is_read_once_until_other_words_are_looked_for() -> None:
    lexicon = Lexicon.load(CONFIG / "rules" / "lexicon")
    first = read("左肾见结石。", lexicon)
    assert read("左肾见结石。", lexicon) is first
    new_words = TermMatcher([("结石", "stone")])
    lexicon.look_for(new_words)
    again = read("左肾见结石。", lexicon)
    assert again is not first
    assert again.find(new_words) == [(3, 5, "stone")]


def test_what_follows_from_a_text_alone_is_worked_out_once() -> None:
    lexicon = Lexicon.load(CONFIG / "rules" / "lexicon")
    asked: list[str] = []

    def length(text: object) -> int:
        asked.append("once")
        return 6

    text = read("右肾见结石。", lexicon)
    assert (text.derived(length), text.derived(length)) == (6, 6)
    assert asked == ["once"]
