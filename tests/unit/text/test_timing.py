"""Dates as they are written in reports."""

from __future__ import annotations

from datetime import date

import pytest

from plugin.text.timing import find_dates


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("与2026-05-01对比", [date(2026, 5, 1)]),
        ("与2026年5月1日CT比较", [date(2026, 5, 1)]),
        ("2026.5.1及2026/4/30", [date(2026, 5, 1), date(2026, 4, 30)]),
        ("20260501片", [date(2026, 5, 1)]),
        ("2025年12月", [date(2025, 12, 1)]),
        ("5月1日片", [date(1, 5, 1)]),
        # Its place is known, its day is in no calendar.
        ("2026-02-30", [None]),
        ("约20mm", []),
        ("检查号202605011234", []),
        ("两月前", []),
    ],
)
def test_dates_are_found(text: str, dates: list[date | None]) -> None:
    assert [each.value for each in find_dates(text)] == dates


def test_a_date_knows_its_place() -> None:
    (found,) = find_dates("对比2026-05-01，")
    assert "对比2026-05-01，"[found.start : found.end] == "2026-05-01"
