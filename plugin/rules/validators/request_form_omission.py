"""遗漏与检查结果密切相关的重要病史（如手术史） (4.2.1, 附录A 申请单 3)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plugin.domain.issue import Issue
from plugin.rules.case_reading import CaseReading
from plugin.rules.requisition import told
from plugin.rules.validators.base import OrderRuleOptions
from plugin.text.terms import Assertion

_OPERATED = re.compile(
    r"[^，。；\n]{0,10}(?:(?:切除|置换|成形|移植|修补|造瘘|根治|固定|搭桥|支架)[^，。；\n]{0,4}术后|术后(?:改变|缺如)|人工[股髋膝关肩]"
    r"|内固定(?:物|钉|在位)|起搏器|金属夹)"
)
_TOLD = re.compile(r"术|切除|内固定|置换|支架|起搏|造瘘|移植|引流|取出|根治|搭桥|介入|化疗|放疗|骨折后")
_NOT_NOW = frozenset((Assertion.DENIED, Assertion.QUOTED, Assertion.HYPOTHETICAL, Assertion.FAMILY))


class Options(OrderRuleOptions):
    """Options of `request_form_omission`."""


def check(options: Options, reading: CaseReading) -> Iterator[Issue]:
    """An operation that the images show, and a history that knows of none."""
    said = told(reading)
    if not said or _TOLD.search(said):
        return
    for section, text in reading.sections:
        for match in _OPERATED.finditer(text.text):
            if text.assertion_at(match.end() - 1, match.end()) not in _NOT_NOW:
                place = reading.span(section, *match.span())
                message = f"报告有“{place.text}”，申请单未提供手术史。"
                yield options.issue("request_form_omission", place, message)
                return
