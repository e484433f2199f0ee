"""检查项目开立错误: an examination that the requisition's own words do not ask for (附录A 申请单 5)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plugin.domain.issue import Issue
from plugin.rules.case_reading import CaseReading
from plugin.rules.comparison.claims import ORGANS_IN, opposite
from plugin.rules.requisition import filled, place
from plugin.rules.validators.base import OrderRuleOptions
from plugin.text.mention import Mention
from plugin.text.reader import read

_REMOVED = re.compile("切除|全切|根治|摘除|截肢|缺如")


class Options(OrderRuleOptions):
    """Options of `request_form_item`."""


def check(options: Options, reading: CaseReading) -> Iterator[Issue]:
    """Hold the ordered item against the patient's sex, and against side and limb of the complaint."""
    order = reading.order
    if order is None or not order.exam_item:
        return
    item = read(order.exam_item[:500], reading.lexicon).anatomy
    wrong = {"M": "F", "F": "M"}.get(order.patient.sex or reading.report.patient.sex, "")
    told = read(filled(reading)[:2000], reading.lexicon)
    # 左乳癌根治术后 is why the right breast is looked at.
    complaint = tuple(m for m in told.anatomy if not _REMOVED.search(told.clause_text(m.clause)))
    if wrong and any(m.term.sex == wrong and m.term.id != "adnexa" for m in item):
        message = f"检查项目“{order.exam_item}”与受检者性别不符。"
    elif _other_side(reading, item, complaint):
        message = f"检查项目“{order.exam_item}”与病史所述左右不符。"
    elif _other_limb(reading, item, complaint):
        message = f"检查项目“{order.exam_item}”与病史所述部位不符。"
    else:
        return
    yield options.issue("request_form_item", place(order.exam_item), message)


def _other_side(reading: CaseReading, item: tuple[Mention, ...], complaint: tuple[Mention, ...]) -> bool:
    """右膝 ordered, and every knee that the history names is the left one."""
    for asked in item:
        sides = {
            m.side
            for m in complaint
            if reading.lexicon.related(m.term.id, asked.term.id) and m.term.id not in {"head", "brain"}
        }
        if asked.side in {"L", "R"} and sides == {opposite(asked.side)}:
            return True
    return False


def _other_limb(reading: CaseReading, item: tuple[Mention, ...], complaint: tuple[Mention, ...]) -> bool:
    """A wrist ordered for an ankle: limbs on both sides, none in common."""
    ours, theirs = _limbs(reading, item), _limbs(reading, complaint)
    return bool(ours) and bool(theirs) and not ours & theirs


def _limbs(reading: CaseReading, mentions: tuple[Mention, ...]) -> set[str]:
    if any(m.term.region in ORGANS_IN or m.term.region.endswith("spine") for m in mentions):
        return set()
    tops = {reading.lexicon.ancestors(m.term.id)[-1] for m in mentions if m.term.region}
    return {"upper_limb" if top == "shoulder_girdle" else top for top in tops}
