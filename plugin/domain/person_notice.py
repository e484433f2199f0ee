"""What a person of the department is told: a score that failed, a task given, what is due, a rule fallen silent.

It is about people and tasks: no patient's name and no text of a report stand in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class PersonOccasion(StrEnum):
    """Why somebody is told now."""

    FAILING_SCORE = "failing_score"
    CORRECTION_ANSWERED = "correction_answered"
    CORRECTION_RETURNED = "correction_returned"
    CORRECTION_CLOSED = "correction_closed"
    CORRECTION_LATE = "correction_late"
    ASSIGNED = "assigned"
    TEACHING_PLANNED = "teaching_planned"
    TEACHING_DUE = "teaching_due"
    PEER_FEEDBACK = "peer_feedback"
    WORK_DUE = "work_due"
    RULE_SILENCED = "rule_silenced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """A person by identifier; by name alone where the sender of the report gave no identifier."""

    person_id: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonNotice:
    """One notice to one person, made once for the same thing.

    Parameters
    ----------
    about
        What it is about; with occasion and recipient it tells a repetition.
    count
        How many tasks are waiting, in a list of what is due.
    rule
        ID of the rule that fell silent.
    sent_at, means
        When channels took it, and which; empty while it stands on the person's page alone.
    """

    notice_id: str
    occasion: PersonOccasion
    about: str
    to: Recipient
    made_at: datetime
    accession_number: str = ""
    form_id: str = ""
    grade: str = ""
    due_at: datetime | None = None
    count: int = 0
    rule: str = ""
    sent_at: datetime | None = None
    means: str = ""
    seen_at: datetime | None = None
