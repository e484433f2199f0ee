"""增强扫描应描述强化程度, 多期动态增强应描述强化模式 (000 描述要求)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plugin.domain.issue import Issue, Section
from plugin.rules.case_reading import CaseReading
from plugin.rules.validators.base import RuleOptions

_ENHANCED = re.compile(r"增强|\+c(?![a-z])|ce-?(?:ct|mr)")
_DYNAMIC = re.compile(r"三期|多期|动态|双期|四期|dce")
_PATTERN = re.compile(
    r"动脉期|静脉期|门脉期|延迟期|实质期|皮髓质期|排泄期|渐进|流出|廓清|快进快出|快进慢出|慢进|平台型|上升型|流入|填充|向心|持续强化|各期"
)
_NO_LESION = re.compile(r"增强(?:扫描|后)?[^。；\n]{0,16}(?:未见|无)(?:明显)?异常")


class Options(RuleOptions):
    """Options of `enhancement_not_described`."""


def check(options: Options, reading: CaseReading) -> Iterator[Issue]:
    """Ask an enhanced examination for its enhancement."""
    item, text = reading.exam_item.folded, reading.findings
    if not text or not _ENHANCED.search(item) or "血管" in item or "cta" in item:
        return
    place = reading.record("检查名称")
    if "强化" not in text.text and not _NO_LESION.search(text.text):
        yield options.issue(
            "enhancement_not_described",
            place,
            f"检查名称为“{reading.exam_item.text}”，影像描述未写强化程度。",
        )
    elif _DYNAMIC.search(item) and "强化" in text.text and not _PATTERN.search(text.text):
        at = text.text.find("强化")
        place = reading.span(Section.FINDINGS, at, at + 2)
        yield options.issue(
            "enhancement_not_described", place, "多期动态增强扫描只写了“强化”，未描述各期的强化模式。"
        )
