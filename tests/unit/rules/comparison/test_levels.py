"""Numbered vertebrae, discs and liver segments."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.rules.comparison.levels import levels_of, may_name_levels, vertebrae_differ


@pytest.mark.parametrize(
    ("said", "levels"),
    [
        ("L4/5椎间盘突出", {"L4/5"}),
        ("颈4/5、5/6椎间盘突出", {"C4/5", "C5/6"}),
        ("腰1-3椎体", {"L1", "L2", "L3", "L1/2", "L2/3"}),
        ("肝右叶S8段见结节", {"H8"}),
        # No sacrum has segments (段), or an eighth vertebra.
        ("S8段见结节", {"H8"}),
        ("S5/8段见结节", {"H5", "H8"}),
        ("S6见结节", {"H6"}),
        ("S1椎体变扁", {"S1"}),
        ("双肺未见异常", set()),
    ],
)
def test_levels(said: str, levels: set[str]) -> None:
    assert levels_of(said) == levels


@given(st.text("CTLS颈腰骶肝叶段、及和/-0158"))
def test_no_level_is_named_where_none_may_be(said: str) -> None:
    assert may_name_levels(said) or not levels_of(said)


@pytest.mark.parametrize(
    ("some", "others", "differ"),
    [
        ("胸12椎体变扁", "腰2椎体压缩骨折", True),
        ("腰4/5椎间盘膨出", "腰4椎体压缩骨折", False),
        ("腰1、4椎体骨质不连续", "腰4椎体骨折", False),
        ("胸11至腰2椎体高度减低", "腰1椎体压缩骨折", False),
        ("各椎体高度减低，以L3明显", "L1椎体压缩骨折", False),
        ("肝S8段低密度灶", "L2椎体转移", False),
        ("腰椎生理曲度变直", "L1椎体压缩骨折", False),
        # The edge of a vertebra is no neighbour of it.
        ("胸12下缘、腰4椎体上缘凹陷", "腰1椎体横突骨折", True),
        ("胸12及上位椎体变扁", "胸11椎体压缩骨折", False),
    ],
)
def test_vertebrae_differ_only_where_both_name_them_and_share_none(
    some: str, others: str, differ: bool
) -> None:
    assert vertebrae_differ(some, others) is differ
