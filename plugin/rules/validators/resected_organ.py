"""外科切除术后器官仍存在: an organ that was removed is described as present (4.2.5 c)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from plugin.domain.issue import Issue, Section
from plugin.rules.case_reading import CaseReading
from plugin.rules.comparison.digits import digit_described, gone_digit
from plugin.rules.comparison.teeth import gone_and_described
from plugin.rules.validators.base import RuleOptions
from plugin.text.mention import Mention
from plugin.text.reader import ReadText
from plugin.text.terms import Assertion

# What stays although something was cut: part of the organ, a lesion in it, or the plan only.
_KEPT = re.compile(
    r"部分|次全|大部|楔形|局部|病灶|肿物|肿块|肿瘤(?:切除|剔除)|占位|囊肿|息肉|肌瘤|结节|结石|剔除|剜除|剥除|保[乳肾]|段切除|亚段|电切|TURP|造[瘘口]|穿刺|活检|移植|修补|半切|半肝"
)
# 子宫肌瘤行全子宫切除: the lesion before 行 is the reason, not what was cut.
_DONE = re.compile(r"^.*行")
_PLANNED = re.compile(r"拟行?|术前|建议|计划|待|准备|欲行|要求|是否|未行|预约|择期|入院[^，。；]{0,6}行$")
_ABSENT = re.compile(
    r"缺如|阙如|未见(?:确切|明确|明显)?(?:显示|显影)?$|未见(?:显示|显影)|未显示|未显影|未探及|不显示|术区|术后|切除|残端|残余|残留|摘除|缺失|不存在|根治|窝|区|床|义眼|假体|人工|置换|未见$"
)
_PRESENT = re.compile(
    r"^(?:结石|息肉)?炎|大小|形态|正常|如常|未见(?:明显|明确|确切)?(?:异常|增大|肿大|占位|扩张|结石|增厚|肿块|结节)|不[大粗厚小]|增大|饱满|体积|充盈|(?<!不)对称|显示(?:清|良|尚)|壁(?:不|未|无|增|光|毛)|均匀|光整|光滑|规则|清晰|可见|见|内.{0,6}(?:密度|信号|结石|结节|囊)|结石|囊肿|肌瘤|皮髓质|分界|(?:密度|信号|强化|显影|排泄|功能|走行|位置)"
)


_MOST = 8
_MOST_MENTIONS = 250
"""Operations and mentions that are looked at: more than any report has, so that time stays bounded."""


class _Removed(NamedTuple):
    """An organ that is gone: `side` is empty for one of which there is one only."""

    organ: str
    side: str
    text: str
    section: Section | None
    start: int


class Options(RuleOptions):
    """Options of `resected_organ`.

    Parameters
    ----------
    operations
        Organ (anatomy id) to patterns of its total removal; a named group ``side`` gives the side.
    words
        Organ to the words that name it as a whole.
    """

    operations: dict[str, tuple[str, ...]]
    words: dict[str, tuple[str, ...]]


def check(options: Options, reading: CaseReading) -> Iterator[Issue]:
    """Gather what was removed from history and report, and look for it in the findings."""
    yield from _teeth(options, reading)
    yield from _digits(options, reading)
    first = {(gone.organ, gone.side): gone for gone in reversed(list(_removed(options, reading)))}
    removed = list(first.values())
    if not removed:
        return
    done: set[tuple[str, str]] = set()
    for section, text in reading.sections:
        for index, mention in enumerate(text.anatomy[:_MOST_MENTIONS]):
            for gone in removed:
                if (gone.organ, gone.side) in done or not _same(options, text, mention, gone):
                    continue
                if _stands(text, index, gone, section):
                    done.add((gone.organ, gone.side))
                    clause = text.clauses[mention.clause]
                    place = reading.span(section, clause.start, clause.end)
                    there = (
                        reading.span(gone.section, gone.start, gone.start + len(gone.text))
                        if gone.section
                        else reading.ordered(gone.text)
                    )
                    told = "报告自述" if gone.section else "申请单病史为"
                    says = f"{told}“{gone.text}”，该器官应已不在，报告却描述“{place.text}”，请核对。"
                    yield options.issue("resected_organ", place, says, (there,))


def _teeth(options: Options, reading: CaseReading) -> Iterator[Issue]:
    pair = gone_and_described(reading.findings.text)
    if pair is not None:
        there, here = (reading.span(Section.FINDINGS, *place) for place in pair)
        says = f"报告自述“{there.text}”，却描述“{here.text}”，请核对牙位。"
        yield options.issue("resected_organ", here, says, (there,))


def _digits(options: Options, reading: CaseReading) -> Iterator[Issue]:
    sources: list[tuple[Section | None, ReadText]] = [(None, reading.history), *reading.sections]
    for section, text in sources:
        gone = gone_digit(text.text)
        if gone is None:
            continue
        start, end, kind, number = gone
        described = digit_described(reading.findings.text, kind, number)
        if described is None:
            continue
        here = reading.span(Section.FINDINGS, *described)
        there = reading.span(section, start, end) if section else reading.ordered(text.text[start:end])
        told = "报告自述" if section else "申请单病史为"
        says = f"{told}“{there.text}”，报告却描述“{here.text}”，请核对。"
        yield options.issue("resected_organ", here, says, (there,))
        return


def _removed(options: Options, reading: CaseReading) -> Iterator[_Removed]:
    sources: list[tuple[Section | None, ReadText]] = [(None, reading.history), *reading.sections]
    for section, text in sources:
        if not _REMOVAL.search(text.folded):
            continue
        for organ, patterns in options.operations.items():
            for pattern in patterns:
                for match in islice(_compiled(pattern).finditer(text.text), _MOST):
                    clause = text.clause_at(match.start())
                    said = text.text[clause.start : clause.end]
                    if _KEPT.search(match[0]) or _PLANNED.search(said) or _kept_before(text, match.start()):
                        continue
                    if text.assertion_at(match.start(), match.start() + 1) in (
                        Assertion.DENIED,
                        Assertion.FAMILY,
                        Assertion.HYPOTHETICAL,
                        Assertion.UNCERTAIN,
                    ):
                        continue
                    side = match.groupdict().get("side") or ""
                    yield _Removed(organ, _SIDES.get(side[:1], ""), match[0], section, match.start())


_REMOVAL = re.compile("切除|缺如|摘除|全切|根治|截肢|置换|去势|lc术|miles|义眼|切术|脾切|whipple|pppd")
"""Words (folded) of which every operation holds one."""
_SIDES = {"左": "L", "右": "R", "双": "B", "两": "B"}


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.I)


def _kept_before(text: ReadText, at: int) -> bool:
    return _KEPT.search(_DONE.sub("", text.text[max(0, at - 3) : at])) is not None


def _same(options: Options, text: ReadText, mention: Mention, gone: _Removed) -> bool:
    """Whether a mention names the removed organ, on the removed side."""
    word = text.text[mention.start : mention.end]
    if word not in options.words.get(gone.organ, ()):
        return False
    if gone.side and gone.side != "B":
        return mention.side in {gone.side, "B"}
    return True


def _stands(text: ReadText, index: int, gone: _Removed, section: Section) -> bool:
    """Whether the text describes the organ as being there."""
    mention = text.anatomy[index]
    if mention.assertion in (Assertion.HISTORIC, Assertion.QUOTED, Assertion.HYPOTHETICAL, Assertion.FAMILY):
        return False
    clause = text.clauses[mention.clause]
    said = text.text[clause.start : clause.end]
    # What follows in the sentence up to the next organ still speaks of this one.
    following = text.anatomy[index + 1 : index + 8]
    later = [m.start for m in following if m.start > mention.end and m.term.id != mention.term.id]
    _, sentence_end = text.sentence_at(mention.start)
    after = text.text[mention.end : min([sentence_end, *later[:1]])]
    if gone.section is section and clause.start <= gone.start < clause.end:
        return False
    if _ABSENT.search(said) or _ABSENT.search(after.split("，")[0]):
        return False
    return _PRESENT.search(after) is not None
