"""The side that was examined, against what order and text say."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plugin.domain.issue import Section, Span
from plugin.rules.case_reading import CaseReading
from plugin.rules.comparison.claims import opposite
from plugin.text.mention import Mention
from plugin.text.reader import ReadText, read
from plugin.text.terms import NOT_SAID, Assertion

Disagreement = tuple[Span, str, Span]
"""Place, what is wrong there, and the place it was held against."""

_NAMES = {"L": "左", "R": "右"}
_SIDES = re.compile("[左右双两]")


def not_as_examined(reading: CaseReading) -> Iterator[Disagreement]:
    """Examination and order on different sides, or a text on the side that was not examined."""
    yield from _record(reading)
    yield from _against_exam(reading)


def with_side(text: ReadText, mention: Mention) -> tuple[int, int]:
    """Span from the side word that reaches the mention to its end."""
    return side_and_place(text, mention.start, mention.end - mention.start)


_SIDE_BEHIND = re.compile(r"[^，。；\n左右]{0,3}[左右双两]侧?[叶半支旁]?")
_REST_OF_PLACE = re.compile(r"侧?[^，。；、\n见可呈考]{0,8}")


def as_quoted(text: ReadText, mention: Mention) -> tuple[int, int]:
    """The same for people to read: with the side that stands behind (甲状腺右叶), and no half of a name (右肺 of 肺炎)."""
    start, end = with_side(text, mention)
    end = max([end, *(what.end for what in text.observations if what.start <= mention.start < what.end)])
    if not _SIDES.search(text.text, start, end) and (behind := _SIDE_BEHIND.match(text.text, end)):
        end = behind.end()
    return start, end


def up_to_its_place(text: ReadText, start: int, end: int) -> tuple[int, int]:
    """A place that ends with a side word, and what that is the side of: L2-4左 is L2-4左侧横突."""
    if text.text[end - 1 : end] not in {"左", "右"}:
        return start, end
    rest = _REST_OF_PLACE.match(text.text, end)
    return start, rest.end() if rest else end


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
            text = f"检查名称“{done}”与申请单“{order.exam_item}”左右不一致，请核对。"
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
            place = reading.span(section, *as_quoted(text, wrong[0]))
            says = f"“{place.text}”与检查名称“{reading.exam_item.text}”左右不一致，请核对。"
            yield place, says, reading.record("检查名称")
            return
        if section is Section.FINDINGS and len(wrong) == 1 and _found_there(reading, wrong[0]):
            place = reading.span(section, *as_quoted(text, wrong[0]))
            says = f"“{place.text}”与检查名称“{reading.exam_item.text}”及其余描述左右不一致，请核对。"
            yield place, says, reading.record("检查名称")
            return


_COMPARED = re.compile(r"对侧|健侧|患侧|对照|对比|比较|较|[所扫附]|双|两侧|术后|原|外院|病史|[左右]、?[左右]")
"""Words of a sentence that has a reason to name the other side."""


def _found_there(reading: CaseReading, wrong: Mention) -> bool:
    """Whether one clause finds something on the other side of a limb that nothing else speaks of.

    右踝: 右侧外踝骨折，左侧后踝见小骨折片.  The conclusion names that side no more than the rest.
    """
    text = reading.findings
    if wrong.term.region in _BROAD or any(m.side in {wrong.side, "B"} for m in reading.impression.anatomy):
        return False
    start, end = text.sentence_at(wrong.start)
    return not _COMPARED.search(text.text, start, end) and any(
        claim.assertion is Assertion.AFFIRMED
        and claim.what.clause == wrong.clause
        and any(place.start == wrong.start for place in claim.places)
        for claim in reading.findings_claims
    )
