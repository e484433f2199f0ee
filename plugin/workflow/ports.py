"""What a journey needs from outside, and nothing of how it is done.

A journey is a function of a :class:`UnitOfWork`; a door hands it to the store
(``store.submit(work)``), which runs it inside one transaction, commits it together with
the journeys that wait beside it, and only then resolves the future.  An exception rolls
back this journey alone and reaches the caller through the future.  Times are UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Protocol, TypeVar

from plugin.domain.archive import ArchivedMessage, Direction, Envelope, MessageState
from plugin.domain.case import PriorExam
from plugin.domain.critical import Alert, AlertStep
from plugin.domain.delivery import NewJob
from plugin.domain.document import Announcement, DocumentKind, DocumentState, SentDocument
from plugin.domain.feedback import IssueFeedback, RuleStanding
from plugin.domain.gate import Gate, GateState, SignAction
from plugin.domain.honour import HonourTally, LabelledStudy, PriorOffer
from plugin.domain.image import ImageFacts
from plugin.domain.issue import Issue
from plugin.domain.order import ImagingOrder
from plugin.domain.patient import MergeRecord, Patient, PatientMerge
from plugin.domain.people import Account, Session, Switches
from plugin.domain.recognition import Evaluation, Label
from plugin.domain.report import Report
from plugin.domain.sampling import SamplingPolicy, Tally
from plugin.domain.scoring import ScoreSheet
from plugin.workflow.review_ports import DraftRepository, ReviewRepository, StaffRepository

T = TypeVar("T")

Clock = Callable[[], datetime]
"""Aware UTC now."""


class Minter(Protocol):
    """Makes identifiers; injected, so that a test can foresee them."""

    def id(self) -> str:
        """A new identifier, URL-safe, at least 122 random bits."""
        ...

    def uid(self) -> str:
        """A new DICOM UID under 2.25."""
        ...

    def secret(self) -> str:
        """A new URL-safe secret of 256 random bits."""
        ...


class MessageArchive(Protocol):
    """Every raw message, received or sent."""

    def find(
        self, sender: str, control_id: str, direction: Direction = Direction.RECEIVED
    ) -> Sequence[ArchivedMessage]:
        """Messages with this identity, newest first."""
        ...

    def add(
        self,
        envelope: Envelope,
        state: MessageState,
        ack: bytes,
        *,
        error: str = "",
        accession_number: str = "",
        patient_id: str = "",
    ) -> int:
        """Keep a message with its outcome; return its number."""
        ...

    def count_duplicate(self, message_id: int) -> None:
        """One more arrival of the same bytes."""
        ...

    def get(self, message_id: int) -> tuple[ArchivedMessage, Envelope] | None:
        """A message with its bytes."""
        ...

    def settle(
        self,
        message_id: int,
        state: MessageState,
        ack: bytes,
        *,
        error: str = "",
        accession_number: str = "",
        patient_id: str = "",
    ) -> None:
        """Replace the outcome of a kept message (after a replay or a repair)."""
        ...

    def reread(self, message_id: int, charset: str, profile: str) -> None:
        """Note by which codec and profile a message is read now."""
        ...

    def forget_before(self, at: datetime, limit: int) -> int:
        """Delete up to `limit` messages older than `at` that nobody has under inspection; return how many."""
        ...


class ExamRepository(Protocol):
    """Orders and examinations, by accession number."""

    def save_order(self, order: ImagingOrder, delivered: frozenset[str], message_id: int | None) -> None:
        """Keep a new version of the order; the newest stands."""
        ...

    def order(self, accession_number: str) -> tuple[ImagingOrder, frozenset[str]] | None:
        """The newest order and which of its fields the sender delivers."""
        ...

    def find_order(self, placer_order_number: str, filler_order_number: str) -> ImagingOrder | None:
        """By placer or filler order number, when a message names no accession number."""
        ...

    def priors(self, report: Report, limit: int = 20) -> Sequence[PriorExam]:
        """Earlier examinations of the same patient (identifier and authority, never the name), newest first."""
        ...


class PatientRepository(Protocol):
    """What is known of patients beyond their examinations."""

    def rename(self, patient: Patient) -> int:
        """Show the patient's examinations under this name; return how many there are."""
        ...

    def merge(self, merge: PatientMerge, message_id: int | None, at: datetime) -> int:
        """Move the prior patient's examinations to the surviving one; return the merge's number."""
        ...

    def undo_merge(self, merge_id: int, at: datetime) -> int:
        """Move back what a merge moved and is still where it was moved to; return how many.

        Raises
        ------
        InvalidInput
            When there is no such merge, or it was undone already.
        """
        ...

    def merges(self, limit: int, message_id: int | None = None) -> Sequence[MergeRecord]:
        """Merges that stand, or all that one message asked for, newest first."""
        ...

    def surviving(self, patient: Patient) -> Patient:
        """Who the patient is now: the same, or whom a merge that stands made of this identifier."""
        ...

    def follow_merge(self, patient: Patient, accession_number: str) -> None:
        """File an examination that came under a merged identifier under the surviving one, undoably."""
        ...


class ReportRepository(Protocol):
    """Versions of reports; a correction supersedes, it never overwrites."""

    def save(
        self, report: Report, issues: Sequence[Issue], *, source: str, at: datetime, rulebook: str
    ) -> int:
        """Keep a version with the issues found in it; return its number.

        `source` is ``oru``, ``sign`` or ``api``.  A version whose text and status equal the
        newest one's replaces only its issues.
        """
        ...

    def latest(self, accession_number: str) -> Report | None:
        """The version that stands: newest by report time, then by arrival."""
        ...

    def issues(self, accession_number: str) -> Sequence[Issue]:
        """Issues of the version that stands."""
        ...


class AlertRepository(Protocol):
    """Critical alerts and their append-only trails."""

    def find(self, accession_number: str) -> Sequence[Alert]:
        """All alerts of an examination."""
        ...

    def get(self, alert_id: str) -> Alert | None: ...

    def add(self, alert: Alert, step: AlertStep) -> None: ...

    def move(self, alert: Alert, step: AlertStep) -> None:
        """Store the alert's new state and append the step.

        Raises
        ------
        GateConflict
            When the stored state has changed since `alert` was read.
        """
        ...

    def trail(self, alert_id: str) -> Sequence[AlertStep]: ...


class GateRepository(Protocol):
    """Decisions at signing, tickets of the popup, form tokens."""

    def by_event(self, event_id: str) -> Gate | None: ...

    def get(self, gate_id: str) -> Gate | None: ...

    def for_study(self, accession_number: str, action: SignAction) -> Sequence[Gate]:
        """Decisions taken for this study and action, newest first."""
        ...

    def popups_of(self, signer_id: str, since: datetime) -> Sequence[datetime]:
        """When this signer's reports were held, for the caps."""
        ...

    def drawn_by(self, policy_version: int) -> Sequence[Gate]:
        """Every decision with a draw of this policy version, oldest first."""
        ...

    def add(self, gate: Gate) -> None: ...

    def move(self, gate_id: str, before: GateState | None, after: GateState, *, owed: bool) -> None:
        """Change the state when it still is `before`.

        Raises
        ------
        GateConflict
            When it is not.
        """
        ...

    def add_ticket(self, digest: str, gate_id: str, user_id: str, expires_at: datetime) -> None:
        """A single-use ticket, known by the SHA-256 of its secret."""
        ...

    def redeem_ticket(self, digest: str, now: datetime) -> tuple[str, str] | None:
        """Use a ticket up: (gate_id, user_id), or ``None`` when unknown, used or expired.  One of any number of racers wins."""
        ...

    def add_form_token(
        self, digest: str, gate_id: str, user_id: str, expires_at: datetime, *, amends: str = ""
    ) -> None:
        """`amends` is the SOP Instance UID of the sheets that this form takes back."""
        ...

    def amended_by_token(self, digest: str) -> str:
        """What `amends` was; empty for a first filling."""
        ...

    def add_later(self, gate_id: str, user_id: str, at: datetime) -> None:
        """The person has put this popup off."""
        ...

    def laters_of(self, user_id: str, since: datetime) -> int:
        """How many popups the person has put off since then."""
        ...

    def form_token(self, digest: str, now: datetime) -> tuple[str, str] | None:
        """(gate_id, user_id) of a valid form token."""
        ...


class SheetRepository(Protocol):
    """Filled forms."""

    def add(self, sheet: ScoreSheet) -> None: ...

    def get(self, sheet_id: str) -> ScoreSheet | None: ...

    def for_gate(self, gate_id: str) -> Sequence[ScoreSheet]: ...

    def by_sop_instance_uid(self, uid: str) -> Sequence[ScoreSheet]:
        """The sheets that one SR document carries."""
        ...

    def for_exam(self, accession_number: str) -> Sequence[ScoreSheet]:
        """All sheets, newest first, amended ones too."""
        ...

    def deduction_reasons(self, form_id: str, limit: int = 300) -> Sequence[tuple[str, str]]:
        """(criterion ID, reason) of the deductions on the newest `limit` sheets that lost points."""
        ...

    def mark_in_pacs(self, sheet_id: str, state: str, at: datetime) -> None:
        """``stored``, ``committed`` or ``failed``."""
        ...

    def in_pacs(self, sheet_id: str) -> str:
        """What :meth:`mark_in_pacs` said last; empty before."""
        ...


class DocumentRepository(Protocol):
    """What was written for archives: an instance for each destination, and where it lies."""

    def add(self, document: SentDocument) -> None: ...

    def get(self, sop_instance_uid: str) -> SentDocument | None: ...

    def for_exam(self, accession_number: str) -> Sequence[SentDocument]:
        """All documents, oldest first."""
        ...

    def mark(self, document: SentDocument) -> None:
        """Keep its state, time, place, study, class and note; the rest of a document never changes."""
        ...

    def tally(self) -> Mapping[tuple[str, DocumentKind, DocumentState], int]:
        """How many documents each destination has in each state."""
        ...

    def announced(self, study_instance_uid: str) -> Announcement | None:
        """What the study was announced to consist of."""
        ...

    def announce(self, announcement: Announcement) -> None:
        """Keep an announcement in the place of the one before."""
        ...


class LabelRepository(Protocol):
    """Evaluations of QC centres and the labels that studies bear."""

    def evaluations(self, institution_id: str) -> Sequence[Evaluation]:
        """Every result on record, expired ones too: a rule decides which stand on which day."""
        ...

    def add_evaluation(self, evaluation: Evaluation) -> None: ...

    def for_exam(self, accession_number: str) -> Sequence[Label]:
        """Newest first, withdrawn ones too."""
        ...

    def add(self, label: Label) -> None: ...

    def get(self, label_id: str) -> Label | None: ...

    def withdraw(self, label_id: str, reason: str, at: datetime) -> None: ...

    def mark_in_pacs(self, label_id: str, state: str, at: datetime) -> None: ...

    def standing(self, after: str = "", limit: int = 500) -> Sequence[str]:
        """Accession numbers beyond `after`, in their order, of examinations that bear a label."""
        ...

    def of_patient(self, patient_id: str, assigning_authority: str) -> Sequence[LabelledStudy]:
        """Examinations of one patient that bear a label, matched by identifier and issuer, newest first."""
        ...

    def answers(self) -> Mapping[tuple[str, str], int]:
        """What administrators answered: (region, RIS item name) to item number, 0 for none."""
        ...

    def answer(self, region_id: str, exam_item: str, item_number: int, who: str, at: datetime) -> None:
        """Keep, or replace, an answer."""
        ...

    def exam_items(self) -> Sequence[tuple[str, str, int]]:
        """Every item name that a RIS has sent, its modality and how many examinations, most frequent first."""
        ...


class OfferRepository(Protocol):
    """Recognised results that were offered instead of a repeat, and the answers."""

    def add(self, offer: PriorOffer) -> None: ...

    def get(self, offer_id: str) -> PriorOffer | None: ...

    def of_request(self, patient_id: str, assigning_authority: str, asked_for: str) -> Sequence[PriorOffer]:
        """Offers already made for this order of this patient, newest examination first."""
        ...

    def settle(self, offer: PriorOffer) -> None:
        """Keep the answer.

        Raises
        ------
        GateConflict
            When the offer is not there or has been answered.
        """
        ...

    def recent(self, limit: int = 100) -> Sequence[PriorOffer]:
        """Newest first."""
        ...

    def tally(self, since: datetime, until: datetime) -> HonourTally: ...


class ImageRepository(Protocol):
    """What the headers of images said as they passed."""

    def add(self, accession_number: str, facts: ImageFacts) -> None:
        """Keep, or replace, the facts of one image."""
        ...

    def for_exam(self, accession_number: str) -> Sequence[ImageFacts]: ...


class Outbox(Protocol):
    """Jobs asked for in this transaction; they exist when it commits."""

    def enqueue(self, job: NewJob) -> None: ...

    def cancel(self, key: str) -> bool:
        """Cancel a job that has not been claimed; ``True`` when there was one."""
        ...

    def hurry(self, lane: str) -> None:
        """Make every job of a lane due now that waits for its time; their order stays."""
        ...


class PolicyRepository(Protocol):
    """Versions of the sampling policy and the switches."""

    def live(self, now: datetime) -> SamplingPolicy | None: ...

    def get(self, version: int) -> SamplingPolicy | None: ...

    def add(self, policy: SamplingPolicy) -> None: ...

    def versions(self) -> Sequence[SamplingPolicy]:
        """All versions, newest first."""
        ...

    def tally(self, signer_id: str, minimum: str, period: str) -> Tally:
        """How far the signer has come with a minimum; zero when nothing was seen."""
        ...

    def count(self, signer_id: str, minimum: str, period: str, *, drawn: bool) -> None:
        """One more examination that the minimum counts."""
        ...

    def switches(self, department: str = "") -> Switches: ...

    def set_switches(self, switches: Switches, department: str = "") -> None: ...


class PeopleRepository(Protocol):
    """Accounts and server-side sessions."""

    def account(self, login: str) -> Account | None: ...

    def save(self, account: Account) -> None: ...

    def count(self) -> int: ...

    def add_session(self, session: Session) -> None: ...

    def session(self, token_digest: str) -> Session | None: ...

    def touch_session(self, token_digest: str, at: datetime) -> None: ...

    def end_session(self, token_digest: str) -> None: ...

    def end_sessions_of(self, login: str) -> None: ...


class SeenCalls(Protocol):
    """Signed calls that were answered: the same ID with the same body gets the same answer."""

    def find(self, caller: str, call_id: str) -> tuple[str, int, str] | None:
        """(body digest, HTTP status, body) of the first answer."""
        ...

    def add(self, caller: str, call_id: str, digest: str, status: int, answer: str, at: datetime) -> None: ...


class FeedbackRepository(Protocol):
    """Verdicts on issues, and how each rule stands by them."""

    def keep(self, feedback: IssueFeedback) -> None:
        """A person's later verdict on the same issue replaces his earlier one."""
        ...

    def for_text(self, accession_number: str, text_digest: str) -> Sequence[IssueFeedback]: ...

    def standing(self, rule: str, site: str) -> RuleStanding: ...

    def standings(self, site: str) -> Sequence[RuleStanding]:
        """Of every rule that was judged or changed, by rule."""
        ...

    def save_standing(self, standing: RuleStanding) -> None: ...


class Housekeeping(Protocol):
    """Removes a batch of what nobody needs any more; each method returns how many rows went."""

    @property
    def batch(self) -> int: ...

    def purge_calls(self, before: datetime) -> int: ...
    def purge_tickets(self, before: datetime) -> int: ...
    def purge_form_tokens(self, before: datetime) -> int: ...
    def purge_sessions(self, idle_before: datetime, created_before: datetime) -> int: ...
    def purge_jobs(self, before: datetime) -> int: ...


class AuditTrail(Protocol):
    """Append-only, hash-chained."""

    def append(self, at: datetime, actor: str, action: str, subject: str, detail: Mapping[str, str]) -> None:
        """`detail` carries identifiers and reasons, never names or report text."""
        ...


class UnitOfWork(Protocol):
    """One transaction."""

    @property
    def messages(self) -> MessageArchive: ...
    @property
    def exams(self) -> ExamRepository: ...
    @property
    def patients(self) -> PatientRepository: ...
    @property
    def reports(self) -> ReportRepository: ...
    @property
    def alerts(self) -> AlertRepository: ...
    @property
    def gates(self) -> GateRepository: ...
    @property
    def sheets(self) -> SheetRepository: ...
    @property
    def documents(self) -> DocumentRepository: ...
    @property
    def labels(self) -> LabelRepository: ...
    @property
    def offers(self) -> OfferRepository: ...
    @property
    def images(self) -> ImageRepository: ...
    @property
    def feedback(self) -> FeedbackRepository: ...
    @property
    def housekeeping(self) -> Housekeeping: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def policies(self) -> PolicyRepository: ...
    @property
    def people(self) -> PeopleRepository: ...
    @property
    def reviews(self) -> ReviewRepository: ...
    @property
    def staff(self) -> StaffRepository: ...
    @property
    def drafts(self) -> DraftRepository: ...
    @property
    def calls(self) -> SeenCalls: ...
    @property
    def audit(self) -> AuditTrail: ...


class Store(Protocol):
    """Where journeys commit."""

    def submit(self, work: Callable[[UnitOfWork], T]) -> Future[T]:
        """Run `work` in a transaction of its own; resolved only after a durable commit.

        Raises (through the future)
        ------
        StoreUnavailable
            When the database cannot take it (full, read-only, locked, gone); nothing was kept.
        """
        ...

    def write(self, work: Callable[[UnitOfWork], T]) -> T:
        """``submit(work).result()``."""
        ...

    def read(self, query: Callable[[UnitOfWork], T]) -> T:
        """Run a query on a snapshot, beside the writer; a write in it is an error."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What every journey is given: time, identifiers, and the hospital's calendar."""

    clock: Clock
    mint: Minter
    zone: tzinfo = UTC

    def today(self) -> date:
        """The date on the hospital's wall, by which validities are counted."""
        return self.clock().astimezone(self.zone).date()
