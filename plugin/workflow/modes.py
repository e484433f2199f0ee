"""The modes beside the random draw, as one thing to hand to the pages that show them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from plugin.domain.gate import Signer
from plugin.domain.people import Account
from plugin.domain.staff import StaffRole
from plugin.rules.rights import Rights, role_of, role_of_account
from plugin.rules.scoring import Forms
from plugin.workflow.assign_review import AssignReview
from plugin.workflow.correct import Correct
from plugin.workflow.fill_department_sheet import FillDepartmentSheet
from plugin.workflow.give_peer_feedback import GivePeerFeedback
from plugin.workflow.keep_blind import KeepBlind
from plugin.workflow.keep_staff import KeepStaff
from plugin.workflow.ports.unit_of_work import UnitOfWork
from plugin.workflow.propose_policy import ProposePolicy
from plugin.workflow.read_twice import ReadTwice
from plugin.workflow.teach import Teach


@dataclass(frozen=True, slots=True, kw_only=True)
class Modes:
    """Journeys of the console's pages on policy, review, teaching, staff and corrections.

    Parameters
    ----------
    settle_round
        Tries again to settle a round of double reading, for one that lacked a third reader.
    """

    forms: Forms
    policies: ProposePolicy
    rights: Rights
    assign: AssignReview
    twice: ReadTwice
    blind: KeepBlind
    corrections: Correct
    department: FillDepartmentSheet
    peers: GivePeerFeedback
    teaching: Teach
    staff: KeepStaff
    settle_round: Callable[[UnitOfWork, str], None]

    def person(self, uow: UnitOfWork, account: Account) -> Signer:
        """A signed-in person as a reader, with the role that the matrix knows."""
        member = uow.staff.get(account.staff_id) if account.staff_id else None
        role = role_of_account(account, member)
        return Signer(id=account.staff_id, name=account.name, role=role.value)

    def reader(self, uow: UnitOfWork, told: Signer) -> Signer:
        """A person whom a RIS names: the staff table's role stands over what the RIS says."""
        return replace(told, role=role_of(uow.staff.get(told.id), told.role).value)

    def scorable(self, reader: Signer) -> list[str]:
        """Forms of an examination that a reader may fill."""
        role, rights = StaffRole(reader.role), self.rights
        return [
            form.form_id
            for form in self.forms
            if form.scores_examination and rights.may_score(role, form.form_id)
        ]

    def may_see(self, reader: Signer, form_id: str) -> bool:
        return self.rights.may_see(StaffRole(reader.role), form_id)
