"""The roster (值班表): who is on duty for a department, at a time, at a level of escalation.

``config/critical/roster.toml`` holds departments, shifts, roles, persons and telephones.
Wards change it daily, so it is read again when it has changed; a file that has become
wrong leaves the last good one in force and says so to the watchdog.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, time, timedelta, tzinfo
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from plugin.domain.duty import Contact, Duty, Level
from plugin.domain.errors import ConfigError
from plugin.kit.registry import Options
from plugin.kit.settings import line_of, load

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class ShiftRow(Options):
    """``[[shift]]``: hours of the hospital's clock; one that ends before it begins runs past midnight."""

    name: str
    begins: time
    ends: time

    def started(self, at: datetime) -> date | None:
        """The day on which the shift that covers `at` (local time) began; ``None`` when none does."""
        clock = at.time().replace(tzinfo=None)
        if self.begins < self.ends:
            return at.date() if self.begins <= clock < self.ends else None
        if clock >= self.begins:
            return at.date()
        return at.date() - timedelta(days=1) if clock < self.ends else None


class DutyRow(Options):
    """``[[department.duty]]``: one role at one level.

    Parameters
    ----------
    shift
        Name of a shift; empty: round the clock.
    days, dates
        Only on these days of the week, or dates (of the shift's beginning); empty: every day.
    """

    level: Literal["primary", "backup", "final"]
    role: str
    person: str = ""
    phone: str = ""
    shift: str = ""
    days: tuple[Day, ...] = ()
    dates: tuple[date, ...] = ()

    def contact(self) -> Contact:
        return Contact(level=Level[self.level.upper()], role=self.role, person=self.person, phone=self.phone)


class DepartmentRow(Options):
    """``[[department]]``, or ``[fallback]`` for every department that is not named."""

    name: str
    aliases: tuple[str, ...] = ()
    phone: str = ""
    duty: tuple[DutyRow, ...] = Field(default=())

    @field_validator("name")
    @classmethod
    def _named(cls, name: str) -> str:
        if not name.strip():
            raise ValueError("a department needs a name")
        return name


class RosterFile(Options):
    """The whole file."""

    shift: tuple[ShiftRow, ...] = ()
    department: tuple[DepartmentRow, ...] = ()
    fallback: DepartmentRow | None = None


class Roster:
    """Answers who is on duty.

    Parameters
    ----------
    rows
        A file that was read.
    zone
        The clock that shifts go by.
    file
        Its name, for messages.

    Raises
    ------
    ConfigError
        A duty names a shift that does not exist; two departments have one name.
    """

    def __init__(self, rows: RosterFile, zone: tzinfo, file: str = "roster.toml") -> None:
        self._zone = zone
        self._shifts = {shift.name: shift for shift in rows.shift}
        self._fallback = rows.fallback
        self._departments: dict[str, DepartmentRow] = {}
        for index, department in enumerate(rows.department):
            for name in (department.name, *department.aliases):
                if name in self._departments:
                    raise ConfigError(file, f"department.{index}", f"the name {name!r} stands twice")
                self._departments[name] = department
        for department in [*rows.department, *([rows.fallback] if rows.fallback else [])]:
            for duty in department.duty:
                if duty.shift and duty.shift not in self._shifts:
                    known = ", ".join(self._shifts) or "none"
                    text = f"{department.name}: no shift {duty.shift!r}; known: {known}"
                    raise ConfigError(file, "shift", text, line_of(file, "shift"))

    def knows(self, department: str) -> bool:
        """``True`` when the department has a row of its own."""
        return department in self._departments

    def on_duty(self, department: str, at: datetime, level: Level) -> Duty:
        """Who is told at `level`; when nobody is on shift there, the final level.

        Parameters
        ----------
        department
            As an order names it; one that the roster does not know gets the fallback's people.
        at
            Aware time.
        """
        row = self._departments.get(department, self._fallback)
        if row is None:
            return Duty()
        contacts = self._at(row, at, level) or self._at(row, at, Level.FINAL)
        fallback = not self.knows(department)
        if not contacts and not fallback and self._fallback is not None:
            # A department with nobody left is the hospital's own duty officer's matter.
            return replace(self.on_duty("", at, Level.FINAL), fallback=True)
        return Duty(department=row.name, phone=row.phone, contacts=contacts, fallback=fallback)

    def staffed(self, department: str, at: datetime, level: int) -> bool:
        """``True`` when somebody is on duty at this level; the hospital's officer is everybody's final one."""
        row = self._departments.get(department, self._fallback)
        if row is None or level not in set(Level):
            return False
        return bool(self._at(row, at, Level(level))) or (
            level == Level.FINAL and bool(self.on_duty(department, at, Level.FINAL).contacts)
        )

    def unstaffed(self, at: datetime) -> tuple[str, ...]:
        """Departments for which nobody at all is on duty now, the fallback as ``*``."""
        rows = [("*", self._fallback), *((d.name, d) for d in dict.fromkeys(self._departments.values()))]
        return tuple(
            name
            for name, row in rows
            if row is None or not self.on_duty("" if name == "*" else name, at, Level.PRIMARY).contacts
        )

    def _at(self, row: DepartmentRow, at: datetime, level: Level) -> tuple[Contact, ...]:
        local = at.astimezone(self._zone)
        contacts = ((duty, duty.contact()) for duty in row.duty)
        return tuple(
            contact for duty, contact in contacts if contact.level is level and self._now(duty, local)
        )

    def _now(self, duty: DutyRow, local: datetime) -> bool:
        day = self._shifts[duty.shift].started(local) if duty.shift else local.date()
        if day is None or (duty.dates and day not in duty.dates):
            return False
        return not duty.days or _DAYS[day.weekday()] in duty.days


class RosterBook:
    """The roster as its file stands now.

    Raises
    ------
    ConfigError
        At the start, when the file is wrong; without one nobody is ever on duty.
    """

    def __init__(self, file: Path, zone: tzinfo) -> None:
        self._file, self._zone = file, zone
        self._lock = threading.Lock()
        self._stamp: tuple[int, int] | None = None
        self._roster = Roster(RosterFile(), zone)
        self._wrong: str | None = None
        self._read(strict=True)

    def __call__(self) -> Roster:
        """The roster; a change of the file is taken over at the next question."""
        with self._lock:
            self._read(strict=False)
            return self._roster

    def faults(self, at: datetime) -> Iterable[str]:
        """What is wrong with the roster now, in words for whoever mends it."""
        roster = self()
        if self._wrong:
            yield f"the roster cannot be read, the last good one stands: {self._wrong}"
        if nobody := roster.unstaffed(at):
            yield f"the roster has nobody on duty for {', '.join(nobody)}"

    def _read(self, *, strict: bool) -> None:
        try:
            state = self._file.stat()
        except OSError:
            return
        stamp = (state.st_mtime_ns, state.st_size)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._roster, self._wrong = (
                Roster(load(RosterFile, self._file), self._zone, str(self._file)),
                None,
            )
        except ConfigError as error:
            if strict:
                raise
            self._wrong = str(error)
