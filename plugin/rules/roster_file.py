"""Fills names and telephones into ``roster.toml`` and leaves everything else of it as it stands.

A hospital's comments and order stay; only ``person`` and ``phone`` of a row change.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

from plugin.domain.duty import Level, RosterSlot
from plugin.domain.errors import ConfigError, GateConflict, InvalidInput
from plugin.kit.printable import is_printable
from plugin.kit.settings import load
from plugin.rules.roster import DepartmentRow, DutyRow, Roster, RosterFile

LONGEST = 40
"""Characters of a name or a number."""

_TABLE = re.compile(r"\s*\[{1,2}\s*(fallback|department)(\s*\.\s*duty)?\s*\]{1,2}\s*(?:#.*)?$")
_ANY_TABLE = re.compile(r"\s*\[")
_KEY = re.compile(r"\s*(person|phone)\s*=")


class RosterPen:
    """Implements ``RosterKeeper`` over the file.

    Rows are those that have a table of their own, as in the file that ships.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def slots(self) -> tuple[str, Sequence[RosterSlot]]:
        """A word that changes when the file does, and its rows in their order.

        Raises
        ------
        ConfigError
            The file cannot be read.
        """
        if not self._file.is_file():
            return "", ()
        text = self._file.read_text("utf-8")
        return _word(text), tuple(_slots(text, load(RosterFile, self._file)))

    def fill(self, seen: str, answers: Mapping[int, tuple[str, str]]) -> None:
        """Write person and phone by the number of the row.

        Raises
        ------
        GateConflict
            The file is no longer the one that was `seen`.
        InvalidInput
            A text is too long, or the file cannot be written.
        """
        if any(len(each) > LONGEST or not is_printable(each) for pair in answers.values() for each in pair):
            raise InvalidInput("phone", f"a name or a number is one line of at most {LONGEST} characters")
        word, slots = self.slots()
        if word != seen:
            raise GateConflict("the roster has been changed meanwhile; look at it again")
        given = {
            slot.number: replace(slot, person=answers[slot.number][0], phone=answers[slot.number][1])
            for slot in slots
            if slot.number in answers
        }
        text = filled(self._file.read_text("utf-8"), given)
        beside = self._file.with_name(f".{self._file.name}.{os.getpid()}")
        try:
            Roster(RosterFile.model_validate(tomllib.loads(text)), ZoneInfo("UTC"))
            beside.write_text(text, "utf-8")
            beside.replace(self._file)
        except OSError as error:
            raise InvalidInput("roster", f"{self._file} cannot be written: {error.strerror}") from error
        except (ValueError, ConfigError) as error:
            raise InvalidInput("roster", f"{self._file} would no longer be a roster: {error}") from error
        finally:
            beside.unlink(missing_ok=True)


def unreached(slots: Sequence[RosterSlot]) -> list[str]:
    """Duties for which no number is known, in words."""
    return [f"{slot.department} {slot.role}" for slot in slots if slot.level is not None and not slot.reached]


def filled(text: str, answers: Mapping[int, RosterSlot]) -> str:
    """`text` with person and phone of the given slots; slots are counted as their tables stand in the file."""
    lines: list[str] = []
    wanted: dict[str, str] = {}
    number = -1
    for line in text.splitlines():
        table = _TABLE.match(line)
        if table or _ANY_TABLE.match(line):
            wanted = {}
        if table:
            number += 1
            wanted = _values(answers[number]) if number in answers else {}
            # Right below the header; where the row had such a key already, it is left out further down.
            lines += [line, *(f"{key} = {value}" for key, value in wanted.items())]
        elif not ((key := _KEY.match(line)) and key[1] in wanted):
            lines.append(line)
    return "\n".join(lines) + "\n"


def _values(slot: RosterSlot) -> dict[str, str]:
    # A JSON string is a TOML string.
    phone = {"phone": json.dumps(slot.phone, ensure_ascii=False)}
    if slot.level is None:
        return phone
    return {"person": json.dumps(slot.person, ensure_ascii=False), **phone}


def _slots(text: str, rows: RosterFile) -> Iterator[RosterSlot]:
    departments = iter(rows.department)
    row: DepartmentRow | None = None
    duties: Iterator[DutyRow] = iter(())
    tables = (found for line in text.splitlines() if (found := _TABLE.match(line)))
    for number, table in enumerate(tables):
        if not table[2]:
            row = rows.fallback if table[1] == "fallback" else next(departments, None)
            duties = iter(row.duty if row else ())
            if row:
                yield RosterSlot(number=number, department=row.name, phone=row.phone, reached=bool(row.phone))
        elif row and (duty := next(duties, None)):
            yield RosterSlot(
                number=number,
                department=row.name,
                level=Level[duty.level.upper()],
                role=duty.role,
                person=duty.person,
                phone=duty.phone,
                when=" ".join([duty.shift, *duty.days, *map(str, duty.dates)]).strip(),
                reached=bool(duty.phone or row.phone),
            )


def _word(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
