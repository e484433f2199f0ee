"""A month as people write it."""

from __future__ import annotations

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from plugin.domain.errors import InvalidInput
from plugin.domain.month import month_bounds


@pytest.mark.parametrize(
    ("month", "since", "until"),
    [
        ("2026-06", "2026-05-31T16:00", "2026-06-30T16:00"),
        ("2026-12", "2026-11-30T16:00", "2026-12-31T16:00"),
    ],
)
def test_a_month_is_the_hospitals(month: str, since: str, until: str) -> None:
    bounds = month_bounds(month, ZoneInfo("Asia/Shanghai"))
    assert [at.isoformat(timespec="minutes")[:16] for at in bounds] == [since, until]


@pytest.mark.parametrize("month", ["", "2026", "2026-13", "junk"])
def test_what_is_no_month_is_refused(month: str) -> None:
    with pytest.raises(InvalidInput):
        month_bounds(month, UTC)
