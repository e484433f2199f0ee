"""Who reads an examination: by right, seniority, specialty, quota and availability, never his own case."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from plugin.domain.staff import StaffMember, StaffRole
from plugin.rules.rights import Rights

SENIOR = frozenset({StaffRole.SENIOR, StaffRole.HEAD, StaffRole.REGIONAL_CENTRE})
"""7.3.1: 高级职称的放射科医师."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a reading needs.

    Parameters
    ----------
    involved
        Identifiers and names of those whose work it is, and of those who have read it already.
    traits
        Modality, body part and exam item, to compare with specialties.
    """

    forms: tuple[str, ...]
    involved: frozenset[str]
    traits: tuple[str, ...] = ()
    senior: bool = True


def eligible(member: StaffMember, wanted: Wanted, rights: Rights, load: int) -> str:
    """Why `member` may not be given this reading, in a word; empty when he may."""
    if {member.staff_id, member.name} & (wanted.involved - {""}):
        return "involved"
    if not member.available:
        return "unavailable"
    if wanted.senior and member.role not in SENIOR:
        return "not_senior"
    if not all(rights.may_score(member.role, form) for form in wanted.forms):
        return "no_right"
    if member.specialties and not _versed(member.specialties, wanted.traits):
        return "other_specialty"
    if member.monthly_quota and load >= member.monthly_quota:
        return "quota_reached"
    return ""


def choose(
    members: Iterable[StaffMember],
    wanted: Wanted,
    rights: Rights,
    loads: Mapping[str, int],
    count: int = 1,
) -> list[StaffMember]:
    """Up to `count` readers: specialists of the field first, then those with the fewest readings this month."""
    fit = [each for each in members if not eligible(each, wanted, rights, loads.get(each.staff_id, 0))]
    fit.sort(key=lambda each: (not each.specialties, loads.get(each.staff_id, 0), each.staff_id))
    return fit[:count]


def _versed(specialties: Collection[str], traits: Iterable[str]) -> bool:
    told = [trait.casefold() for trait in traits if trait]
    return any(word.casefold() in trait for word in specialties for trait in told)
