"""One transaction, and the repositories in it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import Generic, TypeVar

from plugin.store.alerts import SqlAlerts
from plugin.store.attachments import SqlAttachments
from plugin.store.audit import SqlAudit
from plugin.store.calls import SqlSeenCalls
from plugin.store.department_sheets import SqlDepartmentSheets
from plugin.store.documents import SqlDocuments
from plugin.store.exams import SqlExams
from plugin.store.feedback import SqlFeedback
from plugin.store.gates import SqlGates
from plugin.store.housekeeping import SqlHousekeeping
from plugin.store.images import SqlImages
from plugin.store.labels import SqlLabels
from plugin.store.link import Link
from plugin.store.messages import SqlMessages
from plugin.store.offers import SqlOffers
from plugin.store.outbox import SqlOutbox
from plugin.store.patients import SqlPatients
from plugin.store.people import SqlPeople
from plugin.store.person_notices import SqlPersonNotices
from plugin.store.policies import SqlPolicies
from plugin.store.rehearsal import Rehearsal
from plugin.store.reports import SqlReports
from plugin.store.reviews import SqlReviews
from plugin.store.sheets import SqlSheets
from plugin.store.staff import SqlDrafts, SqlStaff
from plugin.store.studies import SqlStudies
from plugin.store.turned_away import SqlTurnedAway

T = TypeVar("T")


class _Repository(Generic[T]):
    """A repository of a unit of work: made when it is first asked for, from then on an attribute like any other."""

    def __init__(self, make: Callable[[Link], T]) -> None:
        self._make = make

    def __set_name__(self, _owner: type, name: str) -> None:
        self._name = name

    def __get__(self, unit: SqlUnitOfWork, _owner: type) -> T:
        made: T = self._make(unit.link)
        unit.__dict__[self._name] = made
        return made


class SqlUnitOfWork:
    """Implements ``UnitOfWork``: a repository is made when it is first asked for."""

    messages = _Repository(SqlMessages)
    exams = _Repository(SqlExams)
    patients = _Repository(SqlPatients)
    reports = _Repository(SqlReports)
    attachments = _Repository(SqlAttachments)
    alerts = _Repository(SqlAlerts)
    gates = _Repository(SqlGates)
    sheets = _Repository(SqlSheets)
    documents = _Repository(SqlDocuments)
    labels = _Repository(SqlLabels)
    offers = _Repository(SqlOffers)
    images = _Repository(SqlImages)
    studies = _Repository(SqlStudies)
    feedback = _Repository(SqlFeedback)
    housekeeping = _Repository(SqlHousekeeping)
    policies = _Repository(SqlPolicies)
    people = _Repository(SqlPeople)
    department_sheets = _Repository(SqlDepartmentSheets)
    person_notices = _Repository(SqlPersonNotices)
    reviews = _Repository(SqlReviews)
    staff = _Repository(SqlStaff)
    drafts = _Repository(SqlDrafts)
    calls = _Repository(SqlSeenCalls)
    turned_away = _Repository(SqlTurnedAway)
    audit = _Repository(SqlAudit)

    def __init__(self, link: Link, clock: Callable[[], datetime]) -> None:
        self.link, self._clock = link, clock

    def ahead(self, reads: Callable[[SqlUnitOfWork], object]) -> None:
        if not self.link.sends_ahead:
            return
        trial = Rehearsal(self.link.driver)
        reads(SqlUnitOfWork(trial, self._clock))
        # Held first: what another node has just committed is in the answers.
        self.link.hold(trial.names)
        for statement, parameters in trial.queries:
            self.link.ask(statement, parameters)

    def hold(self, *names: str) -> None:
        self.link.hold(names)

    @cached_property
    def outbox(self) -> SqlOutbox:
        return SqlOutbox(self.link, self._clock)
