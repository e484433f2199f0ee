"""Names and numbers are filled into the roster's file; its comments, order and all else stay."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from plugin.domain.duty import Level
from plugin.domain.errors import GateConflict, InvalidInput
from plugin.rules.roster import RosterBook
from plugin.rules.roster_file import RosterPen, unreached
from tests.conftest import ROOT

TWO = """# 值班表 of the hospital
[[shift]]
name = "白班"
begins = 08:00:00
ends = 17:30:00

[[department]]
name = "神经内科"       # two wards
phone = "8101"

[[department.duty]]
level = "primary"
role = "科室值班医师"
shift = "白班"
days = ["mon", "tue"]
phone = "8102"  # the room's
person = "张三"

[fallback]
name = "医院总值班"

[[fallback.duty]]
level = "final"
role = "医院总值班"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "roster.toml"
    path.write_text(TWO, "utf-8")
    return path


def test_rows_stand_in_the_order_of_the_file(file: Path) -> None:
    _, slots = RosterPen(file).slots()
    assert [(s.number, s.department, s.level, s.person, s.phone, s.reached) for s in slots] == [
        (0, "神经内科", None, "", "8101", True),
        (1, "神经内科", Level.PRIMARY, "张三", "8102", True),
        (2, "医院总值班", None, "", "", False),
        (3, "医院总值班", Level.FINAL, "", "", False),
    ]
    assert slots[1].when == "白班 mon tue"
    assert unreached(slots) == ["医院总值班 医院总值班"]


def test_what_is_filled_in_is_in_force_at_once_and_all_else_stays(file: Path) -> None:
    pen, book = RosterPen(file), RosterBook(file, ZoneInfo("Asia/Shanghai"))
    seen, _ = pen.slots()
    pen.fill(seen, {1: ("李四", ""), 3: ('王五 "老王"', "8000")})
    text = file.read_text("utf-8")
    assert text.startswith("# 值班表 of the hospital\n")
    assert 'name = "神经内科"       # two wards' in text
    assert text.count("person =") == 2
    assert text.count("[[department.duty]]") == 1
    _, slots = pen.slots()
    assert [(s.person, s.phone) for s in slots] == [
        ("", "8101"),
        ("李四", ""),
        ("", ""),
        ('王五 "老王"', "8000"),
    ]
    assert unreached(slots) == [], "the department's own number is called"
    night = datetime(2026, 6, 1, 15, tzinfo=UTC)
    (contact,) = book().on_duty("内分泌科", night, Level.PRIMARY).contacts
    assert (contact.person, contact.phone) == ('王五 "老王"', "8000")


def test_who_looked_at_another_roster_is_told(file: Path) -> None:
    pen = RosterPen(file)
    seen, _ = pen.slots()
    file.write_text(TWO + "\n", "utf-8")
    with pytest.raises(GateConflict, match="meanwhile"):
        pen.fill(seen, {3: ("", "8000")})
    assert file.read_text("utf-8") == TWO + "\n"


@pytest.mark.parametrize("phone", ["1" * 41, "80\n00", '8"\x00'])
def test_what_is_no_number_changes_nothing(file: Path, phone: str) -> None:
    pen = RosterPen(file)
    with pytest.raises(InvalidInput):
        pen.fill(pen.slots()[0], {3: ("", phone)})
    assert file.read_text("utf-8") == TWO


def test_a_file_that_cannot_be_written_says_so_and_stays(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    pen = RosterPen(file)
    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(InvalidInput, match="No space left"):
        pen.fill(pen.slots()[0], {3: ("", "8000")})
    assert file.read_text("utf-8") == TWO
    assert [path.name for path in file.parent.iterdir()] == ["roster.toml"]


def test_the_roster_that_ships_can_be_filled(tmp_path: Path) -> None:
    path = tmp_path / "roster.toml"
    shutil.copy(ROOT / "config" / "critical" / "roster.toml", path)
    pen = RosterPen(path)
    seen, slots = pen.slots()
    assert len(unreached(slots)) == 4
    pen.fill(seen, {slot.number: (slot.person, "8000") for slot in slots if slot.level is None})
    assert unreached(pen.slots()[1]) == []
