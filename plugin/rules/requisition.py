"""What a requisition tells, as far as its fields were delivered: shared by the rules on 附录A 申请单."""

from __future__ import annotations

from plugin.domain.issue import Section, Span
from plugin.rules.case_reading import CaseReading
from plugin.rules.validators.missing_field import is_empty

_FIELDS = ("clinical_diagnosis", "history", "purpose")


def told(reading: CaseReading) -> str | None:
    """Diagnosis, history and purpose run together; ``None`` when fewer than two of them were delivered.

    One field alone proves nothing: the others may stand in a system that does not send them.
    """
    if reading.order is None:
        return None
    asked = [name for name in _FIELDS if name in reading.case.order_delivered]
    if len(asked) < 2:
        return None
    return filled(reading)


def filled(reading: CaseReading) -> str:
    """What the fields that came say, without blanks and placeholders."""
    order = reading.order
    values = [getattr(order, name) for name in _FIELDS if name in reading.case.order_delivered]
    return "".join(value for value in values if not is_empty(value)).strip()


def place(text: str) -> Span:
    """A place of the requisition, by its words."""
    return Span(section=Section.ORDER, start=0, end=len(text), text=text)
