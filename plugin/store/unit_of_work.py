"""One transaction, and the repositories in it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cached_property

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


class SqlUnitOfWork:
    """Implements ``UnitOfWork``: a repository is made when it is first asked for."""

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
    def messages(self) -> SqlMessages:
        return SqlMessages(self.link)

    @cached_property
    def exams(self) -> SqlExams:
        return SqlExams(self.link)

    @cached_property
    def patients(self) -> SqlPatients:
        return SqlPatients(self.link)

    @cached_property
    def reports(self) -> SqlReports:
        return SqlReports(self.link)

    @cached_property
    def attachments(self) -> SqlAttachments:
        return SqlAttachments(self.link)

    @cached_property
    def alerts(self) -> SqlAlerts:
        return SqlAlerts(self.link)

    @cached_property
    def gates(self) -> SqlGates:
        return SqlGates(self.link)

    @cached_property
    def sheets(self) -> SqlSheets:
        return SqlSheets(self.link)

    @cached_property
    def documents(self) -> SqlDocuments:
        return SqlDocuments(self.link)

    @cached_property
    def labels(self) -> SqlLabels:
        return SqlLabels(self.link)

    @cached_property
    def offers(self) -> SqlOffers:
        return SqlOffers(self.link)

    @cached_property
    def images(self) -> SqlImages:
        return SqlImages(self.link)

    @cached_property
    def studies(self) -> SqlStudies:
        return SqlStudies(self.link)

    @cached_property
    def feedback(self) -> SqlFeedback:
        return SqlFeedback(self.link)

    @cached_property
    def housekeeping(self) -> SqlHousekeeping:
        return SqlHousekeeping(self.link)

    @cached_property
    def outbox(self) -> SqlOutbox:
        return SqlOutbox(self.link, self._clock)

    @cached_property
    def policies(self) -> SqlPolicies:
        return SqlPolicies(self.link)

    @cached_property
    def people(self) -> SqlPeople:
        return SqlPeople(self.link)

    @cached_property
    def department_sheets(self) -> SqlDepartmentSheets:
        return SqlDepartmentSheets(self.link)

    @cached_property
    def person_notices(self) -> SqlPersonNotices:
        return SqlPersonNotices(self.link)

    @cached_property
    def reviews(self) -> SqlReviews:
        return SqlReviews(self.link)

    @cached_property
    def staff(self) -> SqlStaff:
        return SqlStaff(self.link)

    @cached_property
    def drafts(self) -> SqlDrafts:
        return SqlDrafts(self.link)

    @cached_property
    def calls(self) -> SqlSeenCalls:
        return SqlSeenCalls(self.link)

    @cached_property
    def audit(self) -> SqlAudit:
        return SqlAudit(self.link)
