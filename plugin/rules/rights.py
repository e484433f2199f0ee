"""Who may score and see which form (``config/roles.toml``, T/CSBME 7.2.2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from plugin.domain.errors import ConfigError
from plugin.domain.people import Account, Role
from plugin.domain.staff import StaffMember, StaffRole
from plugin.kit.registry import Options
from plugin.kit.settings import load


class _Row(Options):
    may_score: tuple[str, ...] = ()
    may_see: tuple[str, ...] = ()


class _File(Options):
    own_work: tuple[str, ...] = ()
    role: dict[StaffRole, _Row]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """The matrix of role and form.

    Parameters
    ----------
    own_work
        Forms that a person may fill about himself.
    """

    score: Mapping[StaffRole, frozenset[str]]
    see: Mapping[StaffRole, frozenset[str]]
    own_work: frozenset[str] = frozenset()

    @classmethod
    def read(cls, config_dir: Path, forms: Iterable[str]) -> Rights:
        """Read ``roles.toml``.

        Raises
        ------
        ConfigError
            A role or form is unknown, or a role is missing.
        """
        path, known = config_dir / "roles.toml", frozenset(forms)
        file = load(_File, path)
        for role in StaffRole:
            if role not in file.role:
                raise ConfigError(str(path), f"role.{role.value}", "is missing; every role has a line")
            for key in ("may_score", "may_see"):
                if strange := sorted(set(getattr(file.role[role], key)) - known):
                    raise ConfigError(
                        str(path), f"role.{role.value}.{key}", f"names no form: {', '.join(strange)}"
                    )
        if strange := sorted(set(file.own_work) - known):
            raise ConfigError(str(path), "own_work", f"names no form: {', '.join(strange)}")
        return cls(
            score={role: frozenset(row.may_score) for role, row in file.role.items()},
            see={role: frozenset(row.may_see) for role, row in file.role.items()},
            own_work=frozenset(file.own_work),
        )

    def may_score(self, role: StaffRole, form_id: str) -> bool:
        return form_id in self.score[role]

    def may_see(self, role: StaffRole, form_id: str) -> bool:
        return form_id in self.see[role]


def role_of(member: StaffMember | None, told: str = "") -> StaffRole:
    """The staff table's word stands; without it what the RIS says, if it says one of ours."""
    if member is not None:
        return member.role
    return StaffRole(told) if told in set(StaffRole) else StaffRole.UNKNOWN


def role_of_account(account: Account, member: StaffMember | None) -> StaffRole:
    """What a signed-in person may do: head and QC staff by their account, others by the staff table."""
    by_account = {
        Role.HEAD: StaffRole.HEAD,
        Role.QC_STAFF: StaffRole.QC_STAFF,
        Role.TECHNICIAN: StaffRole.TECHNICIAN,
    }
    return by_account.get(account.role) or role_of(member)
