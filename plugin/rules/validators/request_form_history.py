"""假病史、错误病史: anatomy that the patient does not have (4.2.1, 附录A 申请单 2)."""

from __future__ import annotations

from collections.abc import Iterator

from plugin.domain.issue import Issue
from plugin.rules.case_reading import CaseReading
from plugin.rules.requisition import filled, place
from plugin.rules.validators.base import OrderRuleOptions
from plugin.text.reader import read
from plugin.text.terms import Assertion


class Options(OrderRuleOptions):
    """Options of `request_form_history`."""


def check(options: Options, reading: CaseReading) -> Iterator[Issue]:
    """Look in the history for organs of the other sex, a relative's left out."""
    order = reading.order
    if order is None:
        return
    wrong = {"M": "F", "F": "M"}.get(order.patient.sex or reading.report.patient.sex, "")
    said = filled(reading)[:2000] if wrong else ""
    text = read(said, reading.lexicon)
    for mention in text.anatomy:
        family = mention.assertion is Assertion.FAMILY
        if mention.term.sex == wrong and mention.term.id != "adnexa" and not family:
            start, end = text.original(mention.start, mention.end)
            word = said[start:end]
            message = f"病史中的“{word}”与受检者性别不符，疑为错误病史。"
            yield options.issue("request_form_history", place(word), message)
            return
