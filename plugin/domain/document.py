"""What was written about an examination for an archive: each destination's own instance, and where it lies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class DocumentKind(StrEnum):
    """Structured report, its twin for viewers that show none, and selections of images that fail."""

    SR = "sr"
    PDF = "pdf"
    QUALITY_ISSUE = "quality_issue"
    REJECTED = "rejected"
    RESTORED = "restored"


class DocumentState(StrEnum):
    """QUEUED until a PACS takes it; COMMITTED when it answers for it; FAILED when it says it has lost it."""

    QUEUED = "queued"
    STORED = "stored"
    COMMITTED = "committed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SentDocument:
    """One instance for one destination.

    Parameters
    ----------
    sop_instance_uid, series_instance_uid
        Minted in the journey, so that every retry sends the same object.
    destination
        The node of ``site.toml`` that it is for, at that node's disclosure level.
    lies_at
        The node that took it: the destination, its fallback, or empty before.
    sheet_ids
        The score sheets it carries, in their order.
    issued_at, at
        When it was asked for; when its state last changed.
    predecessor
        SOP Instance UID of the document that this one replaces in the same series.
    instance_number
        1, and one more for each amendment.
    source
        SOP Instance UID of the SR that a twin repeats.
    confirmed_by
        Name of the person who confirmed a rejection or its revocation.
    study_instance_uid, sop_class_uid
        As stored; empty before.
    losses, lost_why
        How often an archive reported that it does not keep it, and its reason of the last time.
    note
        What a person should know of it: a patient that the archive knows otherwise, incomplete evidence.
    """

    sop_instance_uid: str
    series_instance_uid: str
    destination: str
    kind: DocumentKind
    accession_number: str
    sheet_ids: tuple[str, ...]
    issued_at: datetime
    state: DocumentState = DocumentState.QUEUED
    at: datetime | None = None
    lies_at: str = ""
    predecessor: str = ""
    instance_number: int = 1
    source: str = ""
    confirmed_by: str = ""
    study_instance_uid: str = ""
    sop_class_uid: str = ""
    note: str = ""
    losses: int = 0
    lost_why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What a modality or archive said a study consists of (Instance Availability Notification, PS3.4 R)."""

    study_instance_uid: str
    instances: frozenset[str]
    at: datetime
