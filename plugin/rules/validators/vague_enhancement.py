"""增强扫描的强化程度写得含糊: 未见明显强化, 强化不明显, 似有强化 (000 描述要求)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plugin.domain.issue import Issue, Severity
from plugin.rules.case_reading import CaseReading
from plugin.rules.validators.base import RuleOptions
from plugin.text.lexicon import Assertion

_VAGUE = re.compile(
    r"(?:未见|未有|未|无|没有|不)(?:明显|显著|确切|明确|确定|肯定)(?P<mild>的?异常)?(?:的)?[^，。；、\n见异常及增示]{0,4}强化"
    r"(?!减低|缺损|程度|差异|不均|区|早|晚|范围|减弱)"
    r"|强化(?:程度)?(?:欠|不(?:甚|太)?|未见|未)(?:明显|显著|确切)(?!不均|差异|减|增|变)"
    r"|(?:似|可疑|疑)(?:有|见|呈|可见)?[^，。；、\n见]{0,3}强化(?!CT|MR|扫描)"
    r"|(?:轻微|稍微|略微|若有若无|不同程度轻微)的?强化"
)


class Options(RuleOptions):
    """Options of `vague_enhancement`; `mild_severity` is for 未见明显异常强化 of a whole organ."""

    mild_severity: Severity = Severity.INFO


def check(options: Options, reading: CaseReading) -> Iterator[Issue]:
    """Look for wordings that give no degree."""
    for section, text in reading.sections:
        if "强化" not in text.text:
            continue
        for match in _VAGUE.finditer(text.text):
            if text.assertion_at(match.start(), match.start() + 1) in (
                Assertion.HYPOTHETICAL,
                Assertion.QUOTED,
            ):
                continue
            yield options.issue(
                "vague_enhancement",
                reading.span(section, *match.span()),
                f"“{match[0]}”未说明强化程度；请用无强化、轻度强化、中度强化或明显强化。",
                severity=options.mild_severity if match["mild"] else None,
            )
