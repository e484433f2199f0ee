"""What is said and logged when bytes, or we ourselves, have failed."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

from plugin.domain.errors import MessageRejected
from plugin.hl7 import header as msh
from plugin.hl7.acknowledgment import acknowledge
from plugin.hl7.mllp import Violation
from plugin.hl7.refusals import refusal


def refuse_block(block: bytes, rejected: MessageRejected) -> bytes | None:
    """Answer a block without any help: used where the handler itself has failed."""
    try:
        header = msh.read(block)
    except MessageRejected:
        header = None
    return acknowledge(header, rejected, now=datetime.now(UTC), control_id=uuid4().hex[:20])


def fault_refusal(violation: Violation) -> MessageRejected:
    """The refusal that says what was wrong with the framing."""
    return refusal(violation.fault.value, "", size=str(violation.size))
