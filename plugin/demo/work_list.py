"""What the simulated RIS and the ward know of an examination and of a critical value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from plugin.demo.cases import DemoCase


class Status(StrEnum):
    """Where a report stands in the RIS."""

    DRAFT = "draft"
    HELD = "held"
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that crossed a wire; `good` is ``False`` when it went wrong."""

    at: datetime
    wire: str
    text: str
    text_en: str
    good: bool = True


@dataclass(slots=True, kw_only=True)
class Exam:
    """An examination as the RIS sees it."""

    case: DemoCase
    findings: str
    impression: str
    status: Status = Status.DRAFT
    ordered: bool = False
    gate_id: str = ""
    signer_id: str = ""
    popup_url: str = ""
    decision: Mapping[str, Any] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class WardAlert:
    """A critical value on the ward's screen."""

    alert_id: str
    accession_number: str
    row: Mapping[str, Any]
    state: str = ""
    acknowledged_by: str = ""
    trouble: str = ""
