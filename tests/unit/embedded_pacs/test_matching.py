"""Attribute matching of C-FIND (PS3.4 C.2.2.2)."""

from __future__ import annotations

import pytest
from effort import steps

from plugin.embedded_pacs.matching import matches


@pytest.mark.parametrize(
    ("kind", "stored", "wanted", "expected"),
    [
        ("PN", "ZHANG^SAN=张^三", "张三", True),
        ("PN", "ZHANG^SAN=张^三", "张^三", True),
        ("PN", "ZHANG^SAN=张^三", "zhang*", True),
        ("PN", "ZHANG^SAN=张^三", "ZHANG^SAN", True),
        ("PN", "ZHANG^SAN=张^三", "李*", False),
        ("PN", "张三", "张*", True),
        ("PN", "张三", "张三=", True),
        ("PN", "张三丰", "张三", False),
        ("PN", "张三", "?三", True),
        ("PN", "", "张*", False),
        ("LO", "P1", "P1", True),
        ("LO", "P1", "p1", False),
        ("LO", "P12", "P*", True),
        ("LO", "P.2", "P?2", True),
        ("LO", "Px2", "P.2", False),
        ("CS", "MR", "CT\\MR", True),
        ("CS", "DX", "CT\\MR", False),
        ("DA", "20260601", "20260601", True),
        ("DA", "20260601", "20260501-20260630", True),
        ("DA", "20260601", "-20260531", False),
        ("DA", "20260601", "20260601-", True),
        ("DA", "", "20260601-", False),
        ("TM", "102422.5", "1000-1024", True),
        ("TM", "102422", "1025-", False),
        ("IS", "007", "7", True),
        ("LO", "anything", "", True),
        ("LO", "", "*", True),
    ],
)
def test_matching(kind, stored, wanted, expected):
    assert matches(kind, stored, wanted) is expected


def test_a_hostile_pattern_costs_no_time():
    """In time of the product of the lengths at worst; trying all places of all stars would never end."""
    assert steps(lambda: matches("LO", "a" * 64, "*a" * 16 + "b")) < 10 * 64 * 33
    assert steps(lambda: matches("PN", "a" * 64, "*" * 64 + "b")) < 20 * 64 * 65
