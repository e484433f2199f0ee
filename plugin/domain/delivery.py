"""Jobs: what must go out, each in a lane that keeps order, each done once to the eye of its receiver."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class JobKind(StrEnum):
    """One kind, one file in ``delivery/``."""

    SEND_SR = "send_sr"
    SEND_PDF = "send_pdf"
    SEND_KOS = "send_kos"
    SEND_LABEL = "send_label"
    SEND_NOTICE = "send_notice"
    SEND_PERSON_NOTICE = "send_person_notice"
    SEND_HL7 = "send_hl7"
    CALL_BACK = "call_back"
    CONFIRM_COMMITMENT = "confirm_commitment"
    ESCALATE_ALERT = "escalate_alert"
    EXPIRE_GATE = "expire_gate"
    SETTLE_SCORE = "settle_score"
    KEEP_HOUSE = "keep_house"
    REMIND_DUE = "remind_due"
    REVIEW_LABELS = "review_labels"
    ASK_ANALYSER = "ask_analyser"


class JobState(StrEnum):
    """PARKED is the visible dead end: only a person sends it again."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    PARKED = "parked"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A job as a journey asks for it.

    Parameters
    ----------
    lane
        Jobs of one lane run one after another in order of their creation; a timer has its own lane.
    key
        Idempotency key: a second job of the same key is the first one.
    payload
        JSON-serialisable; identifiers only where possible, minted before enqueueing.
    due_at
        Not before this time (UTC); ``None`` is now.
    max_attempts
        After so many failures the job is parked.
    """

    kind: JobKind
    lane: str
    key: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    due_at: datetime | None = None
    max_attempts: int = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job as the store holds it.  `fence` grows with each claim; a settlement with an old one is refused."""

    job_id: int
    kind: JobKind
    lane: str
    key: str
    payload: Mapping[str, Any]
    state: JobState
    attempts: int
    max_attempts: int
    due_at: datetime
    fence: int
    created_at: datetime
    last_error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCounts:
    """How the queue stands, for /readyz, /metrics and the alarm."""

    pending: int
    running: int
    parked: int
    oldest_due_at: datetime | None
