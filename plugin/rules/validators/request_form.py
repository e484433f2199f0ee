"""申请单书写规范: blank, too simple, without purpose, with a false history (4.2.1, 附录A)."""

from __future__ import annotations

from collections.abc import Iterator

from plugin.domain.issue import Issue, Section, Span
from plugin.rules.case_reading import CaseReading
from plugin.rules.validators.base import RuleOptions
from plugin.rules.validators.missing_field import is_empty
from plugin.text.lexicon import Assertion
from plugin.text.reader import read

_FIELDS = ("clinical_diagnosis", "history", "purpose")


class Options(RuleOptions):
    """Options of `request_form`.

    Parameters
    ----------
    shortest
        Characters that history and diagnosis must have together.
    """

    shortest: int = 4


def check(options: Options, reading: CaseReading) -> Iterator[Issue]:
    """Judge what the order says, as far as its fields are delivered."""
    order, delivered = reading.order, reading.case.order_delivered
    if order is None:
        return
    asked = [name for name in _FIELDS if name in delivered]
    filled = [name for name in asked if not is_empty(getattr(order, name))]
    if len(asked) > 1 and not filled:
        yield options.issue("request_form", _place(""), "申请单空白：无临床诊断、病史及检查目的。")
        return
    told = "".join(getattr(order, name) for name in filled)
    if len(asked) > 1 and len(told.strip()) < options.shortest:
        yield options.issue("request_form", _place(told), f"病史内容过于简单：“{told}”。")
    wrong = {"M": "F", "F": "M"}.get(order.patient.sex or reading.report.patient.sex, "")
    for mention in read(told[:2000], reading.lexicon).anatomy if wrong else ():
        if (
            mention.term.sex == wrong
            and mention.term.id != "adnexa"
            and mention.assertion is not Assertion.FAMILY
        ):
            word = told[mention.original_start : mention.original_end]
            yield options.issue(
                "request_form", _place(word), f"病史中的“{word}”与受检者性别不符，疑为错误病史。"
            )
            return


def _place(text: str) -> Span:
    return Span(section=Section.ORDER, start=0, end=len(text), text=text)
