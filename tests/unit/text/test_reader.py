"""What the reader makes of report text: scope of denial, sides, places in the text as given."""

from __future__ import annotations

from pathlib import Path

import pytest
from effort import blows_up, steps
from hypothesis import given, settings
from hypothesis import strategies as st

from plugin.text.lexicon import Lexicon
from plugin.text.normalize import normalize
from plugin.text.reader import ReadText, read
from plugin.text.terms import Assertion

ROOT = Path(__file__).resolve().parents[3]
LEXICON = Lexicon.load(ROOT / "config" / "rules" / "lexicon")


def said_of(text: str, word: str) -> Assertion:
    reading = read(text, LEXICON)
    at = reading.text.rindex(word)
    return reading.assertion_at(at, at + len(word))


@pytest.mark.parametrize(
    ("text", "word", "expected"),
    [
        ("未见骨折。", "骨折", Assertion.DENIED),
        ("未见渗出、实变及结节影。", "结节", Assertion.DENIED),
        ("未见渗出，右肺见结节。", "结节", Assertion.AFFIRMED),
        ("未见肿大淋巴结但见钙化", "钙化", Assertion.AFFIRMED),
        ("骨折征象未见。", "骨折", Assertion.DENIED),
        ("余未见异常。", "异常", Assertion.DENIED),
        ("右肺结节可能。", "结节", Assertion.UNCERTAIN),
        ("骨折不除外。", "骨折", Assertion.UNCERTAIN),
        ("脑膜瘤？", "脑膜瘤", Assertion.UNCERTAIN),
        ("考虑脑膜瘤。", "脑膜瘤", Assertion.PROBABLE),
        ("陈旧性骨折。", "骨折", Assertion.HISTORIC),
        ("子宫肌瘤术后。", "肌瘤", Assertion.HISTORIC),
        ("积液已吸收。", "积液", Assertion.RESOLVED),
        ("结节较前缩小。", "结节", Assertion.KNOWN),
        ("建议增强扫描，除外肿瘤。", "肿瘤", Assertion.HYPOTHETICAL),
        ("原诊“右肺结节”，现复查。", "结节", Assertion.QUOTED),
        ("母亲患乳腺癌。", "乳腺癌", Assertion.FAMILY),
        ("无名动脉狭窄。", "狭窄", Assertion.AFFIRMED),
        ("密度不均匀，见结节。", "结节", Assertion.AFFIRMED),
        ("动脉导管未闭伴扩张。", "扩张", Assertion.AFFIRMED),
    ],
)
def test_assertion(text, word, expected):
    assert said_of(text, word) is expected


@pytest.mark.parametrize(
    ("text", "word", "side"),
    [
        ("左肾结石", "肾", "L"),
        ("右侧股骨颈骨折", "股骨颈", "R"),
        ("双侧侧脑室扩大", "侧脑室", "B"),
        ("左、右侧上颌窦炎", "上颌窦", "B"),
        ("左侧额叶、顶叶见低密度影", "顶叶", "L"),
        ("左侧额叶及右侧顶叶见低密度影", "顶叶", "R"),
        ("左侧第5、6肋骨骨折", "肋骨", "L"),
        ("右肺未见异常，肝脏见囊肿", "肝脏", ""),
        ("中线结构左移", "中线结构", ""),
    ],
)
def test_side(text, word, side):
    found = [m for m in read(text, LEXICON).anatomy if text[m.start : m.end] == word]

    assert [m.side for m in found] == [side]


def test_mentions_point_into_the_text_as_given():
    given_text = "<p>　　左　肺 见 结节，大小约２．５ cm × １.２cm</p>\u200b右\u200b肾结石"
    reading = read(given_text, LEXICON)

    stone = next(m for m in reading.observations if m.term.id == "stone")
    assert given_text[slice(*reading.original(stone.start, stone.end))] == "结石"
    assert stone.side == "R"
    (measure,) = reading.measures
    assert measure.values_mm == (25.0, 12.0)
    assert given_text[slice(*reading.original(measure.start, measure.end))] == "２．５ cm × １.２cm"


def test_items_are_told_from_decimals():
    reading = read("1.左肺结节1.2cm。2、右肾结石\n（3）肝囊肿；④脾大", LEXICON)

    assert [item.number for item in reading.items] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("text", "values", "digits"),
    [
        ("约12mm×8.5mm", (12.0, 8.5), (0, 1)),
        ("约2.3×1.8cm", (23.0, 18.0), (1, 1)),
        ("约3厘米", (30.0,), (0,)),
        ("10.5m×5m", (10500.0, 5000.0), (1, 0)),
    ],
)
def test_measures(text, values, digits):
    (measure,) = read(text, LEXICON).measures

    assert measure.values_mm == pytest.approx(values)
    assert measure.digits == digits


def test_numbers_without_a_unit_are_no_measures():
    assert read("Img25/123，T2WI 5000/100ms，L4/5，2024-05-01", LEXICON).measures == ()


@given(st.text(max_size=300))
@settings(max_examples=200)
def test_any_text_is_read(text):
    reading = read(text, LEXICON)

    for mention in reading.mentions:
        start, end = reading.original(mention.start, mention.end)
        assert 0 <= start <= end <= len(text)
    assert reading.items is not None
    assert reading.dates is not None


@given(st.text(alphabet="左右双肺肾见未、，。；及结节骨折 1.2cmT×()<>“”\n\t&;#", max_size=200))
@settings(max_examples=200)
def test_any_place_of_the_normalised_text_has_one_in_the_original(text):
    normal = normalize(text)

    assert len(normal.folded) == len(normal.text)
    for at in range(len(normal.text)):
        start, end = normal.span(at, at + 1)
        assert 0 <= start < end <= len(text)


def _read_all(text: str) -> ReadText:
    reading = read(text, LEXICON)
    assert reading.mentions is not None
    assert reading.measures is not None
    assert reading.items is not None
    assert reading.statements is not None
    return reading


@pytest.mark.parametrize(
    "part", ["左肺", "未见", " ", "“原诊", "(1)", "1×", "<p ", "，", "左、", "胸12、", "&#"]
)
def test_time_grows_with_length_only(part):
    one, eight = (steps(lambda: _read_all(part * (length // len(part)))) for length in (2_000, 16_000))  # noqa: B023 - run at once

    assert eight < 10 * one
    # Inside a regular expression no steps are counted; one that goes by the square would take minutes of this.
    assert not blows_up(lambda: _read_all(part * (200_000 // len(part))))
