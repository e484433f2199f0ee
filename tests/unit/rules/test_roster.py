"""The roster: shifts past midnight, unknown departments, nobody on shift, a file that changes."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from plugin.domain.duty import Level
from plugin.domain.errors import ConfigError
from plugin.kit.settings import validate
from plugin.rules.roster import Roster, RosterBook, RosterFile
from tests.conftest import ROOT

ZONE = ZoneInfo("Asia/Shanghai")
SHIFTS = [
    {"name": "白班", "begins": "08:00", "ends": "17:30"},
    {"name": "夜班", "begins": "17:30", "ends": "08:00"},
]
NEUROLOGY = {
    "name": "神经内科",
    "aliases": ["神内"],
    "phone": "8101",
    "duty": [
        {"level": "primary", "role": "科室值班医师", "person": "张三", "phone": "8102", "shift": "白班"},
        {"level": "primary", "role": "科室值班医师", "person": "李四", "shift": "夜班", "days": ["mon"]},
        {"level": "final", "role": "科主任", "person": "王五", "phone": "8199", "shift": "白班"},
    ],
}
FALLBACK = {"name": "总值班", "phone": "8000", "duty": [{"level": "final", "role": "总值班"}]}


def roster(**changes: object) -> Roster:
    raw = {"shift": SHIFTS, "department": [NEUROLOGY], "fallback": FALLBACK, **changes}
    return Roster(validate(RosterFile, raw), ZONE)


def local(day: int, hour: int, minute: int = 0) -> datetime:
    """June 2026; the first is a Monday."""
    return datetime(2026, 6, day, hour, minute, tzinfo=ZONE).astimezone(UTC)


@pytest.mark.parametrize(
    ("at", "person"),
    [
        (local(1, 8), "张三"),
        (local(1, 17, 29), "张三"),
        (local(1, 17, 30), "李四"),
        (local(2, 7, 59), "李四"),  # Tuesday morning still belongs to Monday's night
    ],
)
def test_the_shift_of_the_hospitals_clock_decides(at: datetime, person: str) -> None:
    duty = roster().on_duty("神内", at, Level.PRIMARY)
    assert [contact.person for contact in duty.contacts] == [person]
    assert (duty.department, duty.phone, duty.fallback) == ("神经内科", "8101", False)


def test_a_contact_without_a_number_is_reached_at_the_departments() -> None:
    duty = roster().on_duty("神经内科", local(1, 20), Level.PRIMARY)
    assert duty.number(duty.contacts[0]) == "8101"


def test_a_level_without_anybody_falls_to_the_final_one() -> None:
    duty = roster().on_duty("神经内科", local(1, 9), Level.BACKUP)
    assert [(contact.level, contact.person) for contact in duty.contacts] == [(Level.FINAL, "王五")]
    assert not roster().staffed("神经内科", local(1, 9), Level.BACKUP)


def test_with_nobody_at_any_level_the_hospitals_own_officer_is_told() -> None:
    duty = roster().on_duty("神经内科", local(2, 20), Level.PRIMARY)
    assert (duty.department, duty.fallback, len(duty.contacts)) == ("总值班", True, 1)


def test_an_unknown_department_gets_the_fallback() -> None:
    duty = roster().on_duty("星际科", local(1, 9), Level.PRIMARY)
    assert (duty.department, duty.phone, duty.fallback) == ("总值班", "8000", True)


def test_without_a_fallback_nobody_is_on_duty() -> None:
    bare = roster(fallback=None)
    assert bare.on_duty("星际科", local(1, 9), Level.PRIMARY).contacts == ()
    assert bare.unstaffed(local(2, 20)) == ("*", "神经内科")


def test_dates_are_those_of_the_shifts_beginning() -> None:
    night = {"level": "primary", "role": "值班", "person": "赵六", "shift": "夜班", "dates": ["2026-06-03"]}
    one = roster(department=[{"name": "急诊科", "duty": [night]}], fallback=None)
    assert one.staffed("急诊科", local(4, 3), Level.PRIMARY)
    assert not one.staffed("急诊科", local(3, 3), Level.PRIMARY)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"shift": []}, "no shift '白班'"),
        ({"department": [NEUROLOGY, {"name": "神内"}]}, "stands twice"),
        ({"department": [{"name": " "}]}, "needs a name"),
        ({"department": [{"name": "x", "duty": [{"level": "chief", "role": "y"}]}]}, "primary"),
        ({"departments": []}, "unknown key"),
    ],
)
def test_a_wrong_roster_is_named(changes: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        roster(**changes)


def test_the_shipped_roster_has_somebody_for_everybody_at_any_hour() -> None:
    book = RosterBook(ROOT / "config" / "critical" / "roster.toml", ZONE)
    for hour in range(24):
        assert list(book.faults(local(1, hour))) == []


def test_a_changed_file_is_taken_over_and_a_broken_one_leaves_the_last_good_one(tmp_path: Path) -> None:
    file = tmp_path / "roster.toml"
    text = '[fallback]\nname = "总值班"\nphone = "{phone}"\n[[fallback.duty]]\nlevel = "final"\nrole = "总值班"\n'
    file.write_text(text.format(phone="1"), encoding="utf-8")
    book = RosterBook(file, ZONE)
    file.write_text(text.format(phone="22"), encoding="utf-8")
    assert book().on_duty("", local(1, 9), Level.FINAL).phone == "22"
    file.write_text("[fallback\n", encoding="utf-8")
    os.utime(file, (1, 1))
    assert book().on_duty("", local(1, 9), Level.FINAL).phone == "22"
    (fault,) = book.faults(local(1, 9))
    assert "the last good one stands" in fault
    with pytest.raises(ConfigError):
        RosterBook(file, ZONE)
