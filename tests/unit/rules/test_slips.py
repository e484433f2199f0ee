"""Slips of words, and where two words meet."""

from __future__ import annotations

import pytest

from plugin.rules.slips import Joins, slips_of


def test_each_character_is_put_for_those_of_its_groups():
    slips = dict(slips_of(["结节", "未见"], ["结洁杰", "节洁", "未末", "未味"], "", []))

    assert slips == {"洁节": "结节", "杰节": "结节", "结洁": "结节", "末见": "未见", "味见": "未见"}


def test_a_word_and_an_ordinary_slip_are_told_of_nothing():
    slips = dict(slips_of(["信号", "形号"], ["信形型"], "", ["型号"]))

    assert slips == {}


def test_a_longer_word_has_the_slips_alone_that_no_shorter_has():
    slips = dict(slips_of(["关节面", "关节"], ["节街", "面免"], "", []))

    assert slips == {"关街": "关节", "关节免": "关节面"}


def test_characters_that_are_words_make_no_slip_of_two():
    assert dict(slips_of(["肾盂", "肾门"], ["盂与", "肾身"], "与肾", [])) == {"身盂": "肾盂", "身门": "肾门"}


def test_a_word_beside_a_character_that_is_one_is_no_slip():
    slips = dict(slips_of(["上纵隔", "纵隔", "内听道"], ["上三", "道到"], "三到", []))

    assert slips == {"内听到": "内听道"}


JOINS = Joins(["位卧低", "位0", "区脉", "单a"], ["早期", "肿胀块"], "见折")


@pytest.mark.parametrize(
    ("text", "slip", "right", "sound"),
    [
        ("卧位见积液", "位见", "未见", True),
        ("双肺位见积液", "位见", "未见", False),
        ("位见积液", "位见", "未见", False),
        ("第2位见", "位见", "未见", True),
        ("强化早期", "强化早", "强化灶", True),
        ("强化早。", "强化早", "强化灶", False),
        ("强化早", "强化早", "强化灶", False),
        ("静脉区张", "区张", "曲张", False),
        ("T单折", "单折", "断折", True),
        ("卧位肿胀", "位肿", "水肿", True),
        ("卧位肿大", "位肿", "水肿", False),
    ],
)
def test_a_slip_is_sound_where_one_word_ends_and_the_next_begins(
    text: str, slip: str, right: str, sound: bool
):
    start = text.lower().index(slip)

    assert JOINS.within(text, start, start + len(slip), right) is sound


def test_a_run_goes_on_in_another():
    joins = Joins(["位卧", "位低"], [], "见")

    assert joins.within("低位见", 1, 3, "未见")
    assert joins.within("卧位见", 1, 3, "未见")


def test_a_wrong_word_of_another_length_is_not_asked():
    assert not JOINS.within("卧位见", 1, 3, "未能见")
