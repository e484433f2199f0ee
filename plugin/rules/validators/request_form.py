"""病史内容过于简单，检查目的不明确 (4.2.1, 附录A 申请单 4)."""

from __future__ import annotations

from collections.abc import Iterator

from plugin.domain.issue import Issue
from plugin.rules.case_reading import CaseReading
from plugin.rules.requisition import place, told
from plugin.rules.validators.base import OrderRuleOptions


class Options(OrderRuleOptions):
    """Options of `request_form`.

    Parameters
    ----------
    shortest
        Characters that diagnosis, history and purpose must have together.
    """

    shortest: int = 4


def check(options: Options, reading: CaseReading) -> Iterator[Issue]:
    """Weigh what the requisition says; a blank one is another fault."""
    said = told(reading)
    if said and len(said) < options.shortest:
        yield options.issue("request_form", place(said), f"病史内容过于简单：“{said}”。")
