"""针对提出的检查目的，报告应回答临床问题 (000 诊断结论)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plugin.domain.issue import Issue
from plugin.rules.case_reading import CaseReading
from plugin.rules.validators.base import OrderRuleOptions
from plugin.text.reader import read

_ASKED = re.compile(
    r"(?:除外|排除|有无|了解|明确|是否|排查|查找|评估)(?P<what>[^，。；、\n]{1,14})|(?P<before>[^，。；、\n]{1,14}?)(?:\?|待排|待查|不除外)"
)


class Options(OrderRuleOptions):
    """Options of `clinical_question_unaddressed`."""


def check(options: Options, reading: CaseReading) -> Iterator[Issue]:
    """Look in the report for what the order asks to confirm or exclude."""
    order = reading.order
    if order is None or not (reading.findings or reading.impression):
        return
    asked_text = order.purpose or order.clinical_diagnosis
    if not asked_text:
        return
    asked = read(asked_text[:500], reading.lexicon)
    ids = {m.term.id for _, text in reading.sections for m in text.observations}
    groups = {m.term.group for _, text in reading.sections for m in text.observations if m.term.group}
    body = reading.findings.text + reading.impression.text
    for match in _ASKED.finditer(asked.text):
        group = "what" if match["what"] else "before"
        start, end = match.span(group)
        questions = [m for m in asked.observations if start <= m.start < end and m.term.id != "lesion"]
        for question in questions:
            word = asked.text[question.start : question.end]
            if question.term.id in ids or question.term.group in groups or word in body:
                continue
            yield options.issue(
                "clinical_question_unaddressed",
                reading.record("检查目的"),
                f"申请单提出“{match[0]}”，报告未回答“{word}”。",
            )
            return
