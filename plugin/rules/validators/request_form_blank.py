"""空白申请单 (4.2.1 a, 附录A 申请单 1)."""

from __future__ import annotations

from collections.abc import Iterator

from plugin.domain.issue import Issue
from plugin.rules.case_reading import CaseReading
from plugin.rules.requisition import place, told
from plugin.rules.validators.base import OrderRuleOptions


class Options(OrderRuleOptions):
    """Options of `request_form_blank`."""


def check(options: Options, reading: CaseReading) -> Iterator[Issue]:
    """Ask for anything at all in diagnosis, history and purpose."""
    if told(reading) == "":
        yield options.issue("request_form_blank", place(""), "申请单空白：无临床诊断、病史及检查目的。")
