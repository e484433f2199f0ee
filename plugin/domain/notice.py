"""What is said about an alert, before any channel has put it into words."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from plugin.domain.critical import Alert
from plugin.domain.duty import Duty
from plugin.domain.order import ImagingOrder
from plugin.domain.report import Report


class Occasion(StrEnum):
    """Why people are told now."""

    RAISED = "raised"
    ESCALATED = "escalated"
    STANDING = "standing"
    """Nobody is left to tell, and still nobody has taken it."""
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """An alert with all that a channel may need of its examination.

    What leaves the hospital carries neither name nor text; that is the channel's to keep.
    `duty` says whom to tell, `reminder` how often it has been told since nobody was left.
    """

    alert: Alert
    occasion: Occasion
    report: Report | None = None
    order: ImagingOrder | None = None
    duty: Duty = field(default_factory=Duty)
    reminder: int = 0
