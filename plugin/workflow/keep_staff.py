"""The staff table is kept by hand or from a file, whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass

from plugin.domain.errors import InvalidInput
from plugin.domain.staff import StaffMember
from plugin.kit.table_file import read_table
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import UnitOfWork
from plugin.workflow.staff_file import read_members


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepStaff:
    """Changes of the table, audited."""

    around: Surroundings

    def save(self, uow: UnitOfWork, member: StaffMember, actor: str) -> None:
        """Add a member, or change the one of this identifier."""
        if not member.staff_id or not member.name:
            raise InvalidInput("staff_id", "a member has an identifier and a name")
        uow.staff.save(member)
        uow.audit.append(
            self.around.clock(), actor, "staff.saved", member.staff_id, {"role": member.role.value}
        )

    def remove(self, uow: UnitOfWork, staff_id: str, actor: str) -> None:
        if not uow.staff.remove(staff_id):
            raise InvalidInput("staff_id", f"nobody has the identifier {staff_id}")
        uow.audit.append(self.around.clock(), actor, "staff.removed", staff_id, {})

    def import_file(self, uow: UnitOfWork, data: bytes, actor: str) -> int:
        """Take over every line of a CSV or XLSX file; others of the table stay.  Returns how many lines.

        Raises
        ------
        WrongLines
            Naming every line that cannot be understood; nothing is changed then.
        InvalidInput
            When it is no such file.
        """
        members = read_members(read_table(data))
        for member in members:
            uow.staff.save(member)
        uow.audit.append(self.around.clock(), actor, "staff.imported", "staff", {"lines": str(len(members))})
        return len(members)
