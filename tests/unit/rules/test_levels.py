"""Numbered vertebrae, discs and liver segments."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.rules.levels import levels_of, may_name_levels


@pytest.mark.parametrize(
    ("said", "levels"),
    [
        ("L4/5椎间盘突出", {"L4/5"}),
        ("颈4/5、5/6椎间盘突出", {"C4/5", "C5/6"}),
        ("腰1-3椎体", {"L1", "L2", "L3", "L1/2", "L2/3"}),
        ("肝右叶S8段见结节", {"H8"}),
        ("双肺未见异常", set()),
    ],
)
def test_levels(said: str, levels: set[str]) -> None:
    assert levels_of(said) == levels


@given(st.text("CTLS颈腰骶肝叶段、及和/-0158"))
def test_no_level_is_named_where_none_may_be(said: str) -> None:
    assert may_name_levels(said) or not levels_of(said)
