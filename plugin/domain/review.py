"""Scoring beside the random draw: 主动, 集中, 双评 (T/CSBME 7.2.1, 7.3.1), objections, and 整改 (7.1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from plugin.domain.errors import GateConflict
from plugin.domain.gate import Signer
from plugin.domain.scoring import FormAnswers, ScoreResult, ScoringMode


class Purpose(StrEnum):
    """Why an examination is read."""

    RANDOM = "random"
    ACTIVE = "active"
    COLLECTIVE = "collective"
    DOUBLE = "double"
    OBJECTION = "objection"
    AMENDMENT = "amendment"


MODE_OF: dict[Purpose, ScoringMode] = {
    Purpose.RANDOM: ScoringMode.RANDOM,
    Purpose.ACTIVE: ScoringMode.ACTIVE,
    Purpose.COLLECTIVE: ScoringMode.COLLECTIVE,
    Purpose.DOUBLE: ScoringMode.REVIEW,
    Purpose.OBJECTION: ScoringMode.REVIEW,
    Purpose.AMENDMENT: ScoringMode.REVIEW,
}
"""What a sheet says of how it came about."""

ADJUDICATED = frozenset({Purpose.DOUBLE, Purpose.OBJECTION})
"""Two readers, and a third where they differ (7.3.1); no sheet before they are done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """One reader's task: an examination, the forms, and, once done, what he answered.

    Parameters
    ----------
    round_id
        Readings of one examination that are settled together.
    seat
        1 and 2 read independently; 3 decides where they differ.
    gate_id
        The owed form through which it is filled.
    blind
        Names are hidden from the reader, and his from the person assessed.
    amends
        Form ID to the sheet that the outcome replaces.
    """

    assignment_id: str
    round_id: str
    accession_number: str
    forms: tuple[str, ...]
    purpose: Purpose
    reader: Signer
    gate_id: str
    assigned_at: datetime
    assigned_by: str
    seat: int = 1
    blind: bool = False
    session_id: str = ""
    amends: dict[str, str] = field(default_factory=dict)
    done_at: datetime | None = None
    answers: dict[str, FormAnswers] = field(default_factory=dict)
    results: dict[str, ScoreResult] = field(default_factory=dict)
    seconds_to_fill: float | None = None

    @property
    def done(self) -> bool:
        return self.done_at is not None


class SessionKind(StrEnum):
    """7.2.1.3: 每日晨会质控, 每月集中会审."""

    MORNING = "morning"
    MONTHLY = "monthly"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewSession:
    """Examinations that were picked to be scored one by one, together."""

    session_id: str
    title: str
    kind: SessionKind
    forms: tuple[str, ...]
    items: tuple[str, ...]
    created_by: str
    created_at: datetime
    blind: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamFilter:
    """Which examinations a session is made of; empty fields ask nothing.  Times are UTC."""

    since: datetime
    until: datetime
    modality: str = ""
    department: str = ""
    exam_item: str = ""
    with_issues: bool = False
    unscored: bool = False
    limit: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """申诉: the assessed person does not agree; once for each sheet."""

    sheet_id: str
    by: str
    reason: str
    at: datetime
    round_id: str
    outcome: str = ""
    """``upheld`` (the score stands), ``changed``, or empty while it is read again."""


class CorrectionState(StrEnum):
    """整改: opened by a failing score, answered by the person, closed by head or QC staff."""

    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"


CORRECTION_TRANSITIONS: dict[CorrectionState, frozenset[CorrectionState]] = {
    CorrectionState.OPEN: frozenset({CorrectionState.ANSWERED, CorrectionState.CLOSED}),
    CorrectionState.ANSWERED: frozenset({CorrectionState.OPEN, CorrectionState.CLOSED}),
    CorrectionState.CLOSED: frozenset(),
}
"""ANSWERED → OPEN sends an insufficient answer back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionStep:
    """Who did what in a correction."""

    at: datetime
    state: CorrectionState
    actor: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What must follow a failing score, tracked to its end (T/CSBME 7.1)."""

    correction_id: str
    sheet_id: str
    accession_number: str
    form_id: str
    person_id: str
    person_name: str
    department: str
    grade: str
    opened_at: datetime
    due_at: datetime
    state: CorrectionState = CorrectionState.OPEN
    steps: tuple[CorrectionStep, ...] = ()

    def late(self, now: datetime) -> bool:
        return self.state is not CorrectionState.CLOSED and now > self.due_at


def check_correction_transition(before: CorrectionState, after: CorrectionState) -> None:
    """Allow the step or say why not.

    Raises
    ------
    GateConflict
        When `after` cannot follow `before`.
    """
    if after not in CORRECTION_TRANSITIONS[before]:
        raise GateConflict(f"the correction is {before}; it cannot become {after}")
