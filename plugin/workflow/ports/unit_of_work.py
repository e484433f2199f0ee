"""One transaction and all that can be reached in it; where journeys commit."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Protocol, TypeVar

from plugin.workflow.ports.alerts import AlertRepository
from plugin.workflow.ports.attachments import AttachmentRepository
from plugin.workflow.ports.audit import AuditTrail
from plugin.workflow.ports.calls import SeenCalls
from plugin.workflow.ports.department_sheets import DepartmentSheetRepository
from plugin.workflow.ports.documents import DocumentRepository
from plugin.workflow.ports.exams import ExamRepository
from plugin.workflow.ports.feedback import FeedbackRepository
from plugin.workflow.ports.gates import GateRepository
from plugin.workflow.ports.housekeeping import Housekeeping
from plugin.workflow.ports.images import ImageRepository
from plugin.workflow.ports.labels import LabelRepository
from plugin.workflow.ports.messages import MessageArchive
from plugin.workflow.ports.offers import OfferRepository
from plugin.workflow.ports.outbox import Outbox
from plugin.workflow.ports.patients import PatientRepository
from plugin.workflow.ports.people import PeopleRepository
from plugin.workflow.ports.person_notices import PersonNoticeRepository
from plugin.workflow.ports.policies import DraftRepository, PolicyRepository
from plugin.workflow.ports.reports import ReportRepository
from plugin.workflow.ports.reviews import ReviewRepository
from plugin.workflow.ports.sheets import SheetRepository
from plugin.workflow.ports.staff import StaffRepository
from plugin.workflow.ports.studies import StudyRepository
from plugin.workflow.ports.turned_away import TurnedAwayRepository

T = TypeVar("T")


class UnitOfWork(Protocol):
    """One transaction."""

    def ahead(self, reads: Callable[[UnitOfWork], object]) -> None:
        """Ask in one go for what will be read next, where a question costs a way to the database.

        `reads` reads it for trial, in a unit that holds nothing: it must change nothing.  What is read
        afterwards is answered as if it had been asked then.
        """
        ...

    def hold(self, *names: str) -> None:
        """Keep other nodes from what bears these names (``exam CT1``) until this transaction ends.

        Two nodes that are told the same at the same moment would else both find it new.  To be called before
        it is read, and in what is foreseen as well, so that a group holds all of its names in one order.
        """
        ...

    @property
    def messages(self) -> MessageArchive: ...
    @property
    def exams(self) -> ExamRepository: ...
    @property
    def patients(self) -> PatientRepository: ...
    @property
    def reports(self) -> ReportRepository: ...
    @property
    def attachments(self) -> AttachmentRepository: ...
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
    def studies(self) -> StudyRepository: ...
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
    def department_sheets(self) -> DepartmentSheetRepository: ...
    @property
    def person_notices(self) -> PersonNoticeRepository: ...
    @property
    def reviews(self) -> ReviewRepository: ...
    @property
    def staff(self) -> StaffRepository: ...
    @property
    def drafts(self) -> DraftRepository: ...
    @property
    def calls(self) -> SeenCalls: ...
    @property
    def turned_away(self) -> TurnedAwayRepository: ...
    @property
    def audit(self) -> AuditTrail: ...


class Store(Protocol):
    """Where journeys commit."""

    def submit(
        self, work: Callable[[UnitOfWork], T], foreseen: Callable[[UnitOfWork], object] | None = None
    ) -> Future[T]:
        """Run `work` in a transaction of its own; resolved only after a durable commit.

        It may be run a second time where the first was rolled back, so that it does nothing but
        through its unit.  `foreseen` reads for trial what it will read (see ``UnitOfWork.ahead``):
        the questions of all who are committed together are then asked in one go.

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
