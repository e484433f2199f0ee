"""Whom and which examination a refused message names, as far as that can be read: so that a person finds it."""

from __future__ import annotations

import structlog

from plugin.domain.errors import MessageRejected
from plugin.hl7 import charset
from plugin.hl7.header import Header
from plugin.hl7.patients import first_value
from plugin.hl7.profile import Profile
from plugin.hl7.reader import Group, Message
from plugin.kit.printable import is_printable
from plugin.kit.where import where

log = structlog.get_logger(__name__)

_LONGEST = 64
"""Characters of an identifier; whatever is longer is none, and too long for an index."""


def mentioned(block: bytes, header: Header, profile: Profile) -> tuple[str, str]:
    """Accession number (or the order's) and patient ID of the first order that a block names, empty where unknown.

    Nothing is raised: the block was refused already, for a reason that may come in the way here as well;
    a fault of ours, too, which must not cost its sender the answer.
    """
    try:
        message = Message(_as_far_as_it_decodes(block, header, profile), header.delimiters)
        group = next(message.groups(), None) or Group.of(message)
        order, report = profile.order, profile.report
        places = (
            (order.accession_number, order.filler_order_number, order.placer_order_number)
            if header.code in ("ORM", "OMI", "OMG")
            else (profile.exam.accession_number, report.filler_order_number, report.placer_order_number)
        )
        numbers = [first_value(group, paths) for paths in places]
        patient_id = first_value(group, profile.patient.patient_id)
    except MessageRejected:
        return "", ""
    except Exception as error:
        log.error("hl7.not_mentioned", error=type(error).__name__, where=where(error))
        return "", ""
    return next(filter(None, map(_usable, numbers)), ""), _usable(patient_id)


def _as_far_as_it_decodes(block: bytes, header: Header, profile: Profile) -> str:
    """The text, with U+FFFD where bytes are none: a delimiter behind them is seen."""
    try:
        return charset.decode(block, header.codec, profile.message.codec).text
    except MessageRejected:
        return block.decode(header.codec or profile.message.codec or "utf-8", "replace")


def _usable(identifier: str) -> str:
    """An identifier that is whole and can be one; what was lost on the way enters no column."""
    is_one = len(identifier) <= _LONGEST and is_printable(identifier) and "\ufffd" not in identifier
    return identifier if is_one else ""
