"""Who is to be told of a critical value, and by which telephone (值班表)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Level(IntEnum):
    """Who is told first, next, and last; the number is an alert's escalation level."""

    PRIMARY = 0
    BACKUP = 1
    FINAL = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A role on duty, with the person who holds it when that is known.

    Parameters
    ----------
    role
        值班医师, 护士站, 总值班 …; what an entry's ``tell`` names.
    phone
        The person's own number; empty: the department's is called.
    """

    level: Level
    role: str
    person: str = ""
    phone: str = ""

    @property
    def title(self) -> str:
        """What a page or a register calls the contact."""
        return f"{self.person}（{self.role}）" if self.person else self.role


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """Who is on duty for a department at one time.

    Parameters
    ----------
    department
        As the roster calls it; empty when the roster knows nobody at all.
    phone
        The department's own number (病区电话).
    contacts
        Those to tell now, first the one who is called first; empty: nobody is on duty.
    fallback
        The roster does not know the department that was asked for.
    """

    department: str = ""
    phone: str = ""
    contacts: tuple[Contact, ...] = ()
    fallback: bool = False

    def number(self, contact: Contact) -> str:
        """The number at which `contact` is reached."""
        return contact.phone or self.phone

    @property
    def titles(self) -> str:
        """All contacts on one line: department, title, number."""
        named = (f"{each.title} {self.number(each)}".strip() for each in self.contacts)
        return f"{self.department} {'、'.join(named)}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterSlot:
    """A row of the roster that a person may be filled into: a department's own telephone, or a duty.

    Parameters
    ----------
    number
        Its place in the roster's file, from 0.
    level
        ``None``: the department itself.
    when
        Shift and days in words; empty: round the clock.
    reached
        Whether a number is called for it: its own, or its department's.
    """

    number: int
    department: str
    level: Level | None = None
    role: str = ""
    person: str = ""
    phone: str = ""
    when: str = ""
    reached: bool = False
