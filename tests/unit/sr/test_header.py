"""Dates as senders print them."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.sr.header import read_moment


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("2024-09-08 10:24:22", "2024-09-08T10:24:22"),
        ("2024-09-08T10:24:22+08:00", "2024-09-08T10:24:22"),
        ("2024/9/8 10:24", "2024-09-08T10:24:00"),
        ("2024年9月8日 10时24分", "2024-09-08T10:24:00"),
        ("20240908102422", "2024-09-08T10:24:22"),
        ("2024-09-08 24:00", "2024-09-09T00:00:00"),
    ],
)
def test_date_and_time(printed, expected):
    assert read_moment(printed) == datetime.fromisoformat(expected)


@pytest.mark.parametrize("printed", ["20240908", "2024-09-08", "2024年9月8日"])
def test_a_date_alone_has_no_time(printed):
    assert read_moment(printed) == date(2024, 9, 8)
    assert not isinstance(read_moment(printed), datetime)


@pytest.mark.parametrize("printed", ["", "昨天", "2024-13-01", "2024-09-08 25:70", "9999-12-31 24:00"])
def test_what_is_no_date_is_left_empty(printed):
    assert read_moment(printed) is None


@given(st.text(max_size=40))
def test_nothing_makes_it_fail(printed):
    read_moment(printed)
