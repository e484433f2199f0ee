"""Dates, and phrases that compare with an earlier examination."""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

_DATE = re.compile(
    r"(?<!\d)(?P<y>(?:19|20)\d{2})(?:[-./年](?P<m>\d{1,2})(?:[-./月](?P<d>\d{1,2})(?!\d)日?号?|月份?)|(?P<m2>\d{2})(?P<d2>\d{2})(?!\d))"
    r"|(?<![\d./-])(?P<m3>\d{1,2})月(?P<d3>\d{1,2})[日号]"
)
# What every date holds, and 3个月后 or a number of an image do not.
_MAY_BE_DATE = re.compile(r"\d(?<!\d\d)(?:(?<=1)9\d\d|(?<=2)0\d\d|\d?月\d)")


class Date(NamedTuple):
    """A date in the text; `value` lacks what the text lacks (year 1, day 1)."""

    start: int
    end: int
    value: date | None


def find_dates(text: str) -> tuple[Date, ...]:
    """Find dates; one that no calendar has keeps its place and has no value."""
    if not _MAY_BE_DATE.search(text):
        return ()
    return tuple(Date(match.start(), match.end(), _value(match)) for match in _DATE.finditer(text))


def _value(match: re.Match[str]) -> date | None:
    year = int(match["y"] or 1)
    month = int(match["m"] or match["m2"] or match["m3"])
    day = int(match["d"] or match["d2"] or match["d3"] or 1)
    try:
        return date(year, month, day)
    except ValueError:
        return None
