"""A staff table as people write it: one line a person, a header in English or Chinese."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from plugin.domain.errors import InvalidInput
from plugin.domain.staff import StaffMember, StaffRole
from plugin.kit.printable import is_printable

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
    "mail",
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
    "邮箱": "mail",
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

_MAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+")

MOST_LINES = 5000


class WrongLines(InvalidInput):
    """A file of which some lines cannot be understood.

    Parameters
    ----------
    problems
        One a line, in the order of the file: ``line 3: 'wizard' is no role; …``.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("file", "; ".join(self.problems[:3]) + (" …" if len(self.problems) > 3 else ""))


def read_members(rows: Sequence[Sequence[str]]) -> list[StaffMember]:
    """Members of a table whose first row is the header.

    Raises
    ------
    WrongLines
        Every line that is wrong, and what is wrong with it.
    """
    header = _header(rows)
    found: list[StaffMember] = []
    problems: list[str] = []
    seen: dict[str, int] = {}
    for number, row in enumerate(rows[1:], 2):
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        wrong = list(_extra(cells, header))
        told = dict(zip(header, cells, strict=False))
        wrong += _problems(told)
        staff_id = told.get("staff_id", "")
        if staff_id and (first := seen.setdefault(staff_id, number)) != number:
            wrong.append(f"{staff_id} stands in line {first} already")
        problems += [f"line {number}: {each}" for each in wrong]
        if not wrong:
            found.append(_member(told))
    if len(found) > MOST_LINES:
        problems.append(f"line {MOST_LINES + 1}: a file has at most {MOST_LINES} people")
    if problems:
        raise WrongLines(problems)
    return found


def parts(text: str) -> tuple[str, ...]:
    """A list as it is written in one cell."""
    return tuple(part.strip() for part in re.split("[;；、,，]", text) if part.strip())


def _header(rows: Sequence[Sequence[str]]) -> list[str]:
    told = [name.strip() for name in rows[0]] if rows else []
    while told and not told[-1]:
        told.pop()
    header = [_CHINESE.get(name, name) for name in told]
    known = ", ".join(COLUMNS)
    problems = [f"line 1: unknown column {name!r}; known: {known}" for name in header if name not in COLUMNS]
    problems += [f"line 1: lacks the column {name}" for name in COLUMNS[:3] if name not in header]
    problems += [f"line 1: the column {name} stands twice" for name in COLUMNS if header.count(name) > 1]
    if problems:
        raise WrongLines(problems)
    return header


def _extra(cells: Sequence[str], header: Sequence[str]) -> Iterator[str]:
    if any(cells[len(header) :]):
        yield f"has more cells than the header ({len(header)})"


def _problems(told: dict[str, str]) -> Iterator[str]:
    """Everything that is wrong with one line."""
    for name, most in (("staff_id", 64), ("name", 64)):
        if not told.get(name):
            yield f"lacks {name}"
        elif len(told[name]) > most or not is_printable(told[name]):
            yield f"{name} is longer than {most} characters, or holds control characters"
    role = told.get("role", "")
    if role not in _ROLES and role not in _WRITTEN:
        yield f"{role!r} is no role; there are: {', '.join((*_WRITTEN, *_ROLES))}"
    quota = told.get("monthly_quota", "") or "0"
    if not quota.isascii() or not quota.isdigit() or int(quota) > 1000:
        yield f"monthly_quota {quota!r} is no number from 0 to 1000"
    for name in ("licensed", "first_stage", "available"):
        if told.get(name, "").casefold() not in _FLAGS:
            yield f"{name} {told[name]!r} is neither yes (是) nor no (否)"
    if (mail := told.get("mail", "")) and not _MAIL.fullmatch(mail):
        yield f"mail {mail!r} is no address"


_WRITTEN = tuple(role.value for role in StaffRole if role is not StaffRole.UNKNOWN)


def _member(told: dict[str, str]) -> StaffMember:
    role = told["role"]
    return StaffMember(
        staff_id=told["staff_id"],
        name=told["name"],
        role=_ROLES[role] if role in _ROLES else StaffRole(role),
        departments=parts(told.get("departments", "")),
        licensed=_FLAGS[told.get("licensed", "").casefold()],
        first_stage=_FLAGS[told.get("first_stage", "").casefold()],
        specialties=parts(told.get("specialties", "")),
        monthly_quota=int(told.get("monthly_quota", "") or "0"),
        available=_FLAGS[(told.get("available", "") or "1").casefold()],
        mail=told.get("mail", ""),
    )
