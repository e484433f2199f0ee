"""The staff table from a file: whole or not at all."""

from __future__ import annotations

import pytest

from plugin.domain.errors import InvalidInput
from plugin.domain.staff import StaffMember, StaffRole
from plugin.kit.table_file import read_table
from plugin.workflow.staff_file import COLUMNS, WrongLines, read_members
from tests.unit.workflow.conftest import World

GOOD = (
    "\ufeff工号,姓名,角色,执业医师资格证,第一阶段,专业,每月上限\n"
    "D1,测试医师甲,主治医师,是,是,CT、胸部,20\n\nR1,测试医师乙,resident,,否,,\n"
)


def read_csv(text: str) -> list[StaffMember]:
    return read_members(read_table(text.encode()))


def test_a_chinese_file_is_read() -> None:
    one, other = read_csv(GOOD)
    assert (one.role, one.licensed, one.specialties, one.monthly_quota) == (
        StaffRole.ATTENDING,
        True,
        ("CT", "胸部"),
        20,
    )
    assert (other.role, other.licensed, other.available) == (StaffRole.RESIDENT, False, True)


def test_a_name_of_the_rarest_characters_is_a_name() -> None:
    (one,) = read_csv("staff_id,name,role\nD1,\U00020bb7\U00031350,senior\n")
    assert one.name == "\U00020bb7\U00031350"


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", "line 1"),
        ("staff_id,name\n", "role"),
        ("staff_id,name,role,moon\n", "moon"),
        ("staff_id,name,role\nD1,甲,wizard\n", "line 2"),
        ("staff_id,name,role\nD1,甲,senior\nD1,乙,senior\n", "line 3"),
        ("staff_id,name,role,licensed\nD1,甲,senior,maybe\n", "line 2"),
        ("staff_id,name,role,monthly_quota\nD1,甲,senior,-1\n", "line 2"),
        ("staff_id,name,role\n,甲,senior\n", "line 2"),
    ],
)
def test_a_wrong_line_is_named(text: str, where: str) -> None:
    with pytest.raises(InvalidInput, match=where):
        read_csv(text)


def test_nothing_is_kept_of_a_file_with_a_wrong_line(world: World) -> None:
    keep = world.journeys.modes.staff
    with pytest.raises(InvalidInput):
        world.store.write(lambda uow: keep.import_file(uow, (GOOD + "R2,丙,wizard\n").encode(), "admin"))
    assert world.store.read(lambda uow: list(uow.staff.all())) == []
    assert world.store.write(lambda uow: keep.import_file(uow, GOOD.encode(), "admin")) == 2
    assert [each.staff_id for each in world.store.read(lambda uow: uow.staff.all())] == ["D1", "R1"]


def test_every_wrong_line_is_named_at_once() -> None:
    text = (
        "staff_id,name,role,licensed,monthly_quota,mail\n"
        "D1,甲,senior,是,5,d1@h.example\n"
        "D2,,wizard,maybe,-1,nowhere\n"
        "D1,丙,senior,,,\n"
        "D4,丁,senior,,,,more\n"
    )
    with pytest.raises(WrongLines) as caught:
        read_csv(text)
    assert [problem.split(":")[0] for problem in caught.value.problems] == ["line 3"] * 5 + [
        "line 4",
        "line 5",
    ]
    assert "D1 stands in line 2 already" in caught.value.problems[5]


def test_the_columns_of_a_list_are_the_columns_of_a_file() -> None:
    (member,) = read_csv(",".join(COLUMNS) + "\nD1,甲,head,放射科、超声科,yes,no,CT;MR,3,no,d1@h.example\n")
    assert (member.departments, member.specialties, member.mail) == (
        ("放射科", "超声科"),
        ("CT", "MR"),
        "d1@h.example",
    )
    assert not member.available
