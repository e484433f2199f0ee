"""The side that was examined, against what order and text say."""

from __future__ import annotations

from collections.abc import Iterator

from plugin.domain.issue import Span
from plugin.rules.case_reading import CaseReading
from plugin.rules.claims import opposite
from plugin.text.mention import Mention
from plugin.text.reader import ReadText, read
from plugin.text.terms import NOT_SAID

Disagreement = tuple[Span, str, Span]
"""Place, what is wrong there, and the place it was held against."""

_NAMES = {"L": "左", "R": "右"}


def not_as_examined(reading: CaseReading) -> Iterator[Disagreement]:
    """Examination and order on different sides, or a text on the side that was not examined."""
    yield from _record(reading)
    yield from _against_exam(reading)


def with_side(text: ReadText, mention: Mention) -> tuple[int, int]:
    """Span from the side word that reaches the mention to its end."""
    return side_and_place(text, mention.start, mention.end - mention.start)


def side_and_place(text: ReadText, start: int, length: int) -> tuple[int, int]:
    """Span from the side word that reaches the place at `start` to its end."""
    opens = text.clause_at(start).start
    side = max(text.text.rfind(word, opens, start + 1) for word in ("左", "右", "双", "两"))
    return (side if side >= 0 else start), start + length


def _record(reading: CaseReading) -> Iterator[Disagreement]:
    """Examination and order name different sides of one thing."""
    done, order = reading.report.exam.exam_item, reading.order
    if not order or not done or not order.exam_item or done == order.exam_item:
        return
    ours, theirs = _sided(read(done, reading.lexicon)), _sided(read(order.exam_item, reading.lexicon))
    for one in ours:
        if any(
            _same_thing(reading, one, other) and other.side == opposite(one.side) for other in theirs
        ) and not any(_same_thing(reading, one, other) and other.side == one.side for other in theirs):
            text = f"检查名称“{done}”与申请单“{order.exam_item}”左右不一致。"
            yield reading.record("检查名称"), text, reading.ordered("检查项目")
            return


def _sided(text: ReadText) -> list[Mention]:
    return [m for m in text.anatomy if m.side in _NAMES and m.term.paired]


def _same_thing(reading: CaseReading, one: Mention, other: Mention) -> bool:
    return reading.lexicon.related(one.term.id, other.term.id) or (
        bool(one.term.region) and one.term.region == other.term.region and one.term.region not in _BROAD
    )


_BROAD = frozenset(("head", "neck", "chest", "abdomen", "pelvis", "spine"))


def _against_exam(reading: CaseReading) -> Iterator[Disagreement]:
    """The text speaks only of the side that was not examined."""
    examined = _sided(reading.exam_item)
    sides = {m.side for m in examined} | {m.side for m in reading.exam_item.anatomy if m.side == "B"}
    if len(sides) != 1 or not examined:
        return
    side = examined[0].side
    for section, text in reading.sections:
        close = [
            m
            for m in text.anatomy
            if m.side and m.assertion not in NOT_SAID and any(_same_thing(reading, m, e) for e in examined)
        ]
        wrong = [m for m in close if m.side == opposite(side)]
        if wrong and len(wrong) == len(close):
            place = reading.span(section, *with_side(text, wrong[0]))
            examined_side = f"检查名称为{_NAMES[side]}侧（{reading.exam_item.text}）"
            says = f"“{place.text}”与{examined_side}左右不一致，请核对。"
            yield place, says, reading.record("检查名称")
            return
