"""What the console is made of, and who may see which of its pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any

from plugin.console.setup_key import SetupKey
from plugin.console.streams import Streams
from plugin.delivery.jobs import JobStore
from plugin.domain.analysis import AnalyserState
from plugin.domain.fault import Fault
from plugin.domain.people import Role
from plugin.domain.scoring import ScoringForm
from plugin.kit.messages import Catalogue
from plugin.workflow.accounts import Accounts
from plugin.workflow.acknowledge_alert import AlertDesk
from plugin.workflow.answer_prior import AnswerPrior
from plugin.workflow.check_names import CheckNames
from plugin.workflow.held_gates import HeldGates
from plugin.workflow.issue_documents import IssueDocuments
from plugin.workflow.judge_issue import JudgeIssue
from plugin.workflow.keep_recognition import KeepRecognition
from plugin.workflow.measure_data import MeasureData
from plugin.workflow.modes import Modes
from plugin.workflow.offer_prior import OfferPrior
from plugin.workflow.ports.document_reading import DocumentReading
from plugin.workflow.ports.message_replay import MessageReplay
from plugin.workflow.ports.reading import Reading
from plugin.workflow.ports.roster import RosterKeeper
from plugin.workflow.ports.surroundings import Clock, Surroundings
from plugin.workflow.ports.unit_of_work import Store
from plugin.workflow.prune_messages import PruneMessages
from plugin.workflow.raise_by_hand import RaiseByHand
from plugin.workflow.sign_in import SignIn

COOKIE = "signgate_session"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleDesk:
    """Handed in by the app; see ``plugin.bootstrap.web.ArchiveViews`` for the optional viewers.

    Parameters
    ----------
    origin
        ``scheme://host:port`` of our own pages; a form from any other is refused.
    on_top
        Staff ID to the accession number of the report that is open on the person's desktop;
        ``None`` where no FHIRcast hub is configured.
    watch
        What is wrong with the chain of critical values now; shown on every page.
    running_faults
        What else of the operation is wrong: senders, receivers, the audit repository; likewise.
    data_faults
        Limits of DB50 7.1 that are about to be broken; shown to those who may open the page of them.
    streams
        The pages that are told by server-sent events; ended before the server stops.
    analysers
        How the outside analysers do, for the page of the rules.
    """

    store: Store
    jobs: JobStore
    reading: Reading
    held: HeldGates
    alerts: AlertDesk
    modes: Modes
    by_hand: RaiseByHand
    roster: RosterKeeper
    watch: Callable[[], Sequence[str]]
    running_faults: Callable[[], Sequence[str | Fault]]
    priors: OfferPrior
    prior_answers: AnswerPrior
    recognition: KeepRecognition
    data: MeasureData
    names: CheckNames
    prune: PruneMessages
    data_faults: Callable[[], Sequence[str | Fault]]
    accounts: Accounts
    sign_in: SignIn
    setup_key: SetupKey
    catalogue: Catalogue
    around: Surroundings
    secure_cookie: bool
    origin: str
    replay: MessageReplay | None = None
    message_tree: Callable[[bytes, str], Sequence[Any]] | None = None
    sr_page: Callable[[str], str | None] | None = None
    label_image: Callable[[str], bytes | None] | None = None
    documents: DocumentReading | None = None
    issue: IssueDocuments | None = None
    judge: JudgeIssue | None = None
    analysers: Callable[[], Sequence[AnalyserState]] = tuple
    forms: Iterable[ScoringForm] = ()
    on_top: Callable[[str], str] | None = None
    streams: Streams = field(default_factory=Streams)

    @property
    def clock(self) -> Clock:
        return self.around.clock

    @property
    def zone(self) -> tzinfo:
        """The hospital's."""
        return self.around.zone


_DEPARTMENT = frozenset({Role.QC_STAFF, Role.HEAD})
_DOCTORS = _DEPARTMENT | {Role.RADIOLOGIST}

RIGHTS: Mapping[str, frozenset[Role]] = {
    "held": _DOCTORS | {Role.TECHNICIAN},
    "notices": _DOCTORS | {Role.TECHNICIAN},
    "exams": _DOCTORS | {Role.TECHNICIAN},
    "sr": _DOCTORS | {Role.TECHNICIAN},
    "alerts": _DOCTORS | {Role.CLINICIAN},
    "register": _DOCTORS | {Role.CLINICIAN},
    "roster": _DEPARTMENT | {Role.SYSTEM_ADMIN},
    "priors": _DOCTORS | {Role.CLINICIAN},
    "recognition": _DEPARTMENT | {Role.SYSTEM_ADMIN},
    "statistics": _DOCTORS | {Role.TECHNICIAN},
    "data_quality": _DOCTORS | {Role.TECHNICIAN},
    "department": _DEPARTMENT,
    "exam_codes": _DEPARTMENT | {Role.SYSTEM_ADMIN},
    "messages": _DEPARTMENT,
    "jobs": _DEPARTMENT | {Role.SYSTEM_ADMIN},
    "review": _DOCTORS | {Role.TECHNICIAN},
    "corrections": _DOCTORS | {Role.TECHNICIAN},
    "teaching": _DOCTORS,
    "peer_learning": _DOCTORS,
    "policy": _DEPARTMENT | {Role.SYSTEM_ADMIN},
    "staff": _DEPARTMENT | {Role.SYSTEM_ADMIN},
    "rules": _DEPARTMENT,
    "switches": frozenset({Role.HEAD, Role.SECURITY_ADMIN}),
    "people": frozenset({Role.SYSTEM_ADMIN}),
    "audit": frozenset({Role.AUDIT_ADMIN}),
}
"""Page to the roles that may open it, in the order of the menu.

Three administrators exclude one another, and none of them has a page that shows a
patient (GB/T 22239; attacks S35).
"""


def may(role: Role, page: str) -> bool:
    return role in RIGHTS[page]
