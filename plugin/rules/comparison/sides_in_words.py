"""Sides of what only its words name: 右侧中鼻甲 concluded, where the findings have 中鼻甲 on the left alone.

No lexicon holds every name.  What stands right behind a side word names a place, and the findings
give it a side wherever they name it by the same words.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import islice

from plugin.domain.issue import Section, Span
from plugin.rules.comparison.claims import opposite
from plugin.rules.comparison.clause_state import State
from plugin.rules.comparison.crossed_sides import Crossed
from plugin.rules.comparison.statements import Statement
from plugin.rules.texts import Texts
from plugin.text.reader import ReadText

_SIDED = re.compile(
    r"(?<![向偏以较第])(?P<side>[左右])(?:侧的?|(?![侧移偏凸旋弯前后]|心[房室]|主干))(?P<name>[^左右双两对健患同，。；:、()\s\d.及和与并伴较为呈的]{2,12})"
)
_MOST = 30
"""Sided names of an impression that are looked for; no report has more."""
_MOST_NAMED = 20
"""Places of the findings that are weighed for one name; with more, nothing is said."""
_FEWEST = 2
"""Characters that name a place."""
_BEHIND = "叶侧缘部"
"""What follows a side that is of the place before it."""
_OF_BODY = re.compile(
    r"骨(?!折|质|髓|小梁|皮质)|[肌腱韧脉窦睑眶眼耳叶回核池窝盘椎踝鼻颌咽喉肩肘腕掌指髋膝跖跟距乳肺肾卵睾臀腿臂肋腮颊唇]|神经|[泪唾腮下胸]腺|关节|隐[窝静]|鼻甲|[听锤砧镫]骨|孔|导管"
)
"""What makes a word the name of a place, and not of what befell it: 软组织肿胀, 结节."""
_ELSEWISE = re.compile(
    r"未见|正常|如常|无|术后|病史|治疗后|置换|切除|同前|较前|对侧|建议|请|结合|符合|优势|可能|待|或(?!者)|移位|受压|推压|鉴别|除外"
)
"""Conclusions whose side is of something else, or that conclude nothing."""
_WELL = re.compile(
    r"未见|正常|如常|良好|(?<![不欠])(?:完整|连续|清晰|通畅|对称|规整|光[滑整]|锐利|均匀)(?!性|中断)|不[粗大厚宽窄]|无[异扩狭增肿]"
)


def in_words(reading: Texts) -> Iterator[Crossed]:
    """Names of the impression that the findings hold on the other side alone, by the same words."""
    said, found = reading.impression, reading.findings
    if not found.sides:
        return
    for match in islice(_SIDED.finditer(said.text), _MOST):
        side, name = match["side"], match["name"]
        start = name[:_FEWEST]
        if f"{side}侧{start}" in found.text or f"{side}{start}" in found.text:
            continue
        clause = said.clause_text(said.clause_index(match.start()))
        if _ELSEWISE.search(clause):
            continue
        word = _longest(found.text, name)
        if not word or not _OF_BODY.search(word) or _named_elsewise(reading, match.start(), side, word):
            continue
        witness = _far_side_only(reading, word, "L" if side == "左" else "R")
        if witness is not None:
            here = reading.span(Section.IMPRESSION, match.start(), match.start("name") + len(word))
            yield here, witness, "左右"


def _longest(text: str, name: str) -> str:
    """The longest beginning of a name that stands in a text."""
    for length in range(len(name), _FEWEST - 1, -1):
        if name[:length] in text:
            return name[:length]
    return ""


def _named_elsewise(reading: Texts, at: int, side: str, word: str) -> bool:
    """Whether the impression names it on the other or on both sides as well: then each may be meant."""
    text = reading.impression.text
    others = (
        f"[双两{'右' if side == '左' else '左'}]侧?(?:[^，。；左右]{{0,10}}[、及和与])?{re.escape(word[:3])}"
    )
    return re.search(others, text) is not None


def _far_side_only(reading: Texts, word: str, side: str) -> Span | None:
    """Where the findings see something at `word` on the other side, if its own has nothing of that name."""
    text = reading.findings
    places = _places(text.text, word)
    short = _places(text.text, word[:_FEWEST])
    if len(short) > _MOST_NAMED:
        return None
    exact = set(places)
    states = {statement.clause: statement for statement in reading.findings_statements}
    witness: Span | None = None
    for at in short:
        index = text.clause_index(at)
        here = _side_at(text, at, len(word))
        statement = states.get(index)
        if here != opposite(side):
            if statement is None or not _is_well(statement):
                return None
        elif witness is None and at in exact and statement is not None and statement.state is State.SEEN:
            witness = reading.span(Section.FINDINGS, statement.start, statement.end)
    return witness


def _places(text: str, word: str) -> list[int]:
    return [match.start() for match in islice(re.finditer(re.escape(word), text), _MOST_NAMED + 1)]


def _side_at(text: ReadText, at: int, length: int) -> str:
    """The side that a word of the findings is on: of the side word last before it in its sentence."""
    sides = text.sides
    before = bisect_right(sides, (at, at, "")) - 1
    after = before + 1
    # 甲状腺左叶: a side may stand behind as well.
    if after < len(sides) and sides[after][0] == at + length and text.text[sides[after][1]] in _BEHIND:
        return sides[after][2]
    if before < 0 or sides[before][0] < text.sentence_at(at)[0]:
        return ""
    return sides[before][2]


def _is_well(statement: Statement) -> bool:
    return statement.state is State.SOUND or (
        statement.state is State.OPEN and _WELL.search(statement.text) is not None
    )
