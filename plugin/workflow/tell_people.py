"""People of the department are told what concerns them: on their page, and through the site's channels.

The same thing is told to the same person once, however often a journey comes by; what
channels are sent is a job of the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from plugin.domain.delivery import JobKind, NewJob
from plugin.domain.feedback import RuleStanding
from plugin.domain.people import Role
from plugin.domain.person_notice import PersonNotice, PersonOccasion, Recipient
from plugin.domain.review import Assignment, Correction
from plugin.domain.staff import StaffRole, Teaching
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class TellPeople:
    """Makes notices."""

    around: Surroundings

    def failing_score(self, uow: UnitOfWork, correction: Correction) -> None:
        """不合格: the person and the head learn of it at once, and of the correction (T/CSBME 7.1)."""
        self._correction(
            uow, correction, PersonOccasion.FAILING_SCORE, [person_of(correction), *heads(uow, correction)]
        )

    def answered(self, uow: UnitOfWork, correction: Correction) -> None:
        """The head is asked to close it."""
        self._correction(uow, correction, PersonOccasion.CORRECTION_ANSWERED, heads(uow, correction))

    def returned(self, uow: UnitOfWork, correction: Correction) -> None:
        """The answer did not do; the person is asked again."""
        self._correction(uow, correction, PersonOccasion.CORRECTION_RETURNED, [person_of(correction)])

    def closed(self, uow: UnitOfWork, correction: Correction) -> None:
        """The person learns that it is done with."""
        self._correction(uow, correction, PersonOccasion.CORRECTION_CLOSED, [person_of(correction)])

    def late(self, uow: UnitOfWork, correction: Correction) -> int:
        """Its time is over; once for each time it was given."""
        people = [person_of(correction), *heads(uow, correction)]
        return self._correction(uow, correction, PersonOccasion.CORRECTION_LATE, people)

    def assigned(self, uow: UnitOfWork, reading: Assignment) -> None:
        """A reading was given to somebody who did not ask for it."""
        self.tell(
            uow,
            PersonOccasion.ASSIGNED,
            reading.assignment_id,
            [Recipient(person_id=reading.reader.id, name=reading.reader.name)],
            accession_number=reading.accession_number,
            form_id=reading.forms[0],
        )

    def teaching_planned(self, uow: UnitOfWork, teaching: Teaching) -> None:
        """病种, 地点, 时间 are announced to the resident beforehand (seed 002 3.2)."""
        self.tell(
            uow,
            PersonOccasion.TEACHING_PLANNED,
            teaching.teaching_id,
            [Recipient(person_id=teaching.resident_id, name=teaching.resident_name)],
            due_at=teaching.starts_at,
        )

    def rule_silenced(self, uow: UnitOfWork, standing: RuleStanding) -> None:
        """A rule fell silent by its numbers: those who may let it speak again learn of it, each time it does."""
        self.tell(
            uow,
            PersonOccasion.RULE_SILENCED,
            f"{standing.rule} {standing.changed_at:%Y-%m-%dT%H:%M:%S.%f%z}",
            [*heads(uow), *_quality_staff(uow)],
            rule=standing.rule,
        )

    def tell(
        self,
        uow: UnitOfWork,
        occasion: PersonOccasion,
        about: str,
        people: Iterable[Recipient],
        **facts: Any,
    ) -> int:
        """Keep a notice for each person who was not told this before, and ask for it to be sent.

        Parameters
        ----------
        facts
            Further fields of :class:`PersonNotice`.

        Returns
        -------
        int
            How many were told now.
        """
        told = 0
        for to in dict.fromkeys(each for each in people if each.person_id or each.name):
            notice = PersonNotice(
                notice_id=self.around.mint.id(),
                occasion=occasion,
                about=about,
                to=to,
                made_at=self.around.clock(),
                **facts,
            )
            if uow.person_notices.add(notice):
                uow.outbox.enqueue(notice_job(notice.notice_id))
                told += 1
        return told

    def _correction(
        self,
        uow: UnitOfWork,
        correction: Correction,
        occasion: PersonOccasion,
        people: Iterable[Recipient],
    ) -> int:
        return self.tell(
            uow,
            occasion,
            # A correction that is sent back runs again, and is told of again.
            f"{correction.correction_id}:{correction.sheet_id}:{len(correction.steps)}",
            people,
            accession_number=correction.accession_number,
            form_id=correction.form_id,
            grade=correction.grade,
            due_at=correction.due_at,
        )


def person_of(correction: Correction) -> Recipient:
    """Whose work it is about."""
    return Recipient(person_id=correction.person_id, name=correction.person_name)


def heads(uow: UnitOfWork, correction: Correction | None = None) -> list[Recipient]:
    """科主任: of the person's departments where the staff table knows them, else all heads there are.

    A head who has an account and no line in the staff table is told as well.
    """
    members = uow.staff.all()
    chiefs = [each for each in members if each.role is StaffRole.HEAD]
    person = uow.staff.get(correction.person_id) if correction and correction.person_id else None
    if person is not None:
        near = [each for each in chiefs if set(each.departments) & set(person.departments)]
        chiefs = near or chiefs
    found = [Recipient(person_id=each.staff_id, name=each.name) for each in chiefs]
    listed = {each.staff_id for each in members}
    found += [
        Recipient(person_id=account.staff_id, name=account.name)
        for account in uow.people.with_role(Role.HEAD)
        if account.staff_id not in listed
    ]
    about = person_of(correction).person_id if correction else ""
    return [each for each in found if not about or each.person_id != about]


def _quality_staff(uow: UnitOfWork) -> list[Recipient]:
    """质控员 who have an account: the page of rules is theirs as well."""
    return [
        Recipient(person_id=each.staff_id, name=each.name) for each in uow.people.with_role(Role.QC_STAFF)
    ]


def notice_job(notice_id: str) -> NewJob:
    return NewJob(
        kind=JobKind.SEND_PERSON_NOTICE,
        lane=f"person:{notice_id}",
        key=f"person:{notice_id}",
        payload={"notice_id": notice_id},
    )
