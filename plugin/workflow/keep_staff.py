"""The staff table is kept by hand or from a CSV file, whole or not at all."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

from plugin.domain.errors import InvalidInput
from plugin.domain.staff import StaffMember, StaffRole
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import UnitOfWork

COLUMNS = (
    "staff_id",
    "name",
    "role",
    "departments",
    "licensed",
    "first_stage",
    "specialties",
    "monthly_quota",
    "available",
)
"""Of the file; lists are parted by ``;`` or ``、``, flags are 1, yes, true, 是 or 0, no, false, 否."""

_CHINESE = {
    "工号": "staff_id",
    "姓名": "name",
    "角色": "role",
    "科室": "departments",
    "执业医师资格证": "licensed",
    "第一阶段": "first_stage",
    "专业": "specialties",
    "每月上限": "monthly_quota",
    "可分配": "available",
}
_ROLES = {
    "技师": StaffRole.TECHNICIAN,
    "住院医师": StaffRole.RESIDENT,
    "主治医师": StaffRole.ATTENDING,
    "副主任医师": StaffRole.SENIOR,
    "主任医师": StaffRole.SENIOR,
    "高级职称": StaffRole.SENIOR,
    "质控员": StaffRole.QC_STAFF,
    "科主任": StaffRole.HEAD,
    "区域中心": StaffRole.REGIONAL_CENTRE,
}
_FLAGS = {"1": True, "yes": True, "true": True, "是": True, "有": True, "0": False, "no": False,
          "false": False, "否": False, "无": False, "": False}  # fmt: skip

MOST_LINES = 5000


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

    def import_csv(self, uow: UnitOfWork, text: str, actor: str) -> int:
        """Take over every line of a CSV file; others of the table stay.  Returns how many lines.

        Raises
        ------
        InvalidInput
            Naming the line that cannot be understood; nothing is changed then.
        """
        members = read_csv(text)
        for member in members:
            uow.staff.save(member)
        uow.audit.append(self.around.clock(), actor, "staff.imported", "staff", {"lines": str(len(members))})
        return len(members)


def read_csv(text: str) -> Sequence[StaffMember]:
    """Members of a CSV file with a header line in English or Chinese.

    Raises
    ------
    InvalidInput
        Naming the line, and what is wrong with it.
    """
    rows = list(csv.reader(io.StringIO(text.lstrip("\ufeff"))))
    if not rows:
        raise InvalidInput("line 1", f"is a header: {', '.join(COLUMNS)}")
    header = [_CHINESE.get(name.strip(), name.strip()) for name in rows[0]]
    if strange := [name for name in header if name not in COLUMNS]:
        raise InvalidInput("line 1", f"unknown column {strange[0]!r}; known: {', '.join(COLUMNS)}")
    if missing := [name for name in ("staff_id", "name", "role") if name not in header]:
        raise InvalidInput("line 1", f"lacks the column {missing[0]}")
    if len(rows) > MOST_LINES:
        raise InvalidInput("file", f"has more than {MOST_LINES} lines")
    found, seen = [], set()
    for number, row in enumerate(rows[1:], 2):
        if not any(cell.strip() for cell in row):
            continue
        member = _member(dict(zip(header, (cell.strip() for cell in row), strict=False)), f"line {number}")
        if member.staff_id in seen:
            raise InvalidInput(f"line {number}", f"{member.staff_id} stands twice")
        seen.add(member.staff_id)
        found.append(member)
    return found


def _member(cells: dict[str, str], where: str) -> StaffMember:
    if not cells.get("staff_id") or not cells.get("name"):
        raise InvalidInput(where, "lacks staff_id or name")
    told = cells.get("role", "")
    if told not in _ROLES and told not in set(StaffRole):
        known = ", ".join(role.value for role in StaffRole)
        raise InvalidInput(where, f"{told!r} is no role; there are: {known}")
    quota = cells.get("monthly_quota", "") or "0"
    if not quota.isascii() or not quota.isdigit() or int(quota) > 1000:
        raise InvalidInput(where, f"monthly_quota {quota!r} is no number from 0 to 1000")
    return StaffMember(
        staff_id=cells["staff_id"],
        name=cells["name"],
        role=_ROLES[told] if told in _ROLES else StaffRole(told),
        departments=parts(cells.get("departments", "")),
        licensed=_flag(cells.get("licensed", ""), where),
        first_stage=_flag(cells.get("first_stage", ""), where),
        specialties=parts(cells.get("specialties", "")),
        monthly_quota=int(quota),
        available=_flag(cells.get("available", "") or "1", where),
    )


def parts(text: str) -> tuple[str, ...]:
    """A list as it is written in one cell."""
    return tuple(part.strip() for part in re.split("[;；、,，]", text) if part.strip())


def _flag(text: str, where: str) -> bool:
    try:
        return _FLAGS[text.casefold()]
    except KeyError:
        raise InvalidInput(where, f"{text!r} is neither yes (是) nor no (否)") from None
