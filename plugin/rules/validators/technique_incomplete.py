"""技术参数应标明检查种类、部位、范围、重建、体位、序列 (000 检查的技术参数)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plugin.domain.issue import Issue, Section
from plugin.rules.case_reading import CaseReading
from plugin.rules.validators.base import RuleOptions

_ASKED = {
    "CT": (
        ("扫描范围", r"范围|[至\-~到]|上缘|下缘|颅顶|胸廓入口|膈顶"),
        ("重建技术", r"重建|mpr|mip|vr|后处理|薄层|多平面"),
    ),
    "DR": (("体位和投照方位", r"位"),),
    "MR": (("扫描序列", r"t1|t2|dwi|flair|序列|mra|mrcp|swi|stir"),),
}


class Options(RuleOptions):
    """Options of `technique_incomplete`."""


def check(options: Options, reading: CaseReading) -> Iterator[Issue]:
    """Ask the technique, when there is one, for what its modality must state."""
    text = reading.technique
    if not text:
        return
    said = text.folded + reading.exam_item.folded
    lacking = [name for name, pattern in _ASKED.get(reading.modality, ()) if not re.search(pattern, said)]
    if lacking:
        place = reading.span(Section.TECHNIQUE, 0, len(text.text))
        yield options.issue("technique_incomplete", place, f"技术参数未标明{'、'.join(lacking)}。")
