"""Where a pattern may be met is told from the words of each sentence, once for one that comes often."""

from pathlib import Path

import pytest

from plugin.rules.critical.catalogue import Catalogue
from plugin.rules.critical.patterns import Patterns
from plugin.rules.critical.scan import Scan
from plugin.text.apart import OFTEN
from plugin.text.lexicon import Lexicon
from plugin.text.reader import ReadText

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture(scope="module")
def patterns() -> Patterns:
    return Patterns(Catalogue(ROOT / "config/critical"))


@pytest.fixture(scope="module")
def lexicon(patterns: Patterns) -> Lexicon:
    lexicon = Lexicon.load(ROOT / "config/rules/lexicon")
    lexicon.look_for(patterns.words)
    return lexicon


def met(text: str, patterns: Patterns, lexicon: Lexicon) -> set[str]:
    scan = Scan(patterns, ReadText(text, lexicon))
    return {
        pattern.code
        for pattern, where in scan.whole
        for passage, anchor in scan.tries(pattern, where)
        if passage.match(pattern, anchor)
    }


@pytest.mark.parametrize(
    ("text", "is_met"),
    [
        ("左侧大脑半球见大片低密度影，脑沟消失。", True),
        ("左侧大脑半球见大片低密度影；脑沟消失。", True),
        ("左侧大脑半球见大片低密度影；；\n脑沟消失。", True),
        ("左侧大脑半球见大片低密度影。脑沟消失。", False),
        ("1.左侧大脑半球见大片低密度影；\n2.脑沟消失。", False),
    ],
)
def test_the_words_of_a_pattern_stand_in_one_sentence_that_a_semicolon_does_not_end(
    patterns: Patterns, lexicon: Lexicon, text: str, is_met: bool
) -> None:
    # Read anew until each sentence is remembered by itself: what is told must not change.
    for _ in range(7):
        assert ("LARGE_INFARCT" in met(text, patterns, lexicon)) is is_met


def test_a_sentence_that_comes_often_is_asked_once(
    patterns: Patterns, lexicon: Lexicon, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    whole_in = Patterns.whole_in
    monkeypatch.setattr(
        Patterns,
        "whole_in",
        lambda self, stretch: asked.append(stretch.text) or whole_in(self, stretch),
    )
    often = "所扫肝脏内见一类圆形低密度影，边界清楚。双肺未见实变影。"
    for number in range(2 * OFTEN + 4):
        assert not Scan(patterns, ReadText(f"{often}建议{number}年后复查。", lexicon)).whole
    assert sum("肝脏" in text for text in asked[-4:]) == 0


def test_words_under_a_mask_are_none(patterns: Patterns, lexicon: Lexicon) -> None:
    assert "ICH" in met("右侧颞叶血肿。", patterns, lexicon)
    assert "ICH" not in met("右侧颞叶头皮血肿。", patterns, lexicon)
