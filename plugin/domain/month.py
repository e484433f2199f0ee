"""A month as people write it, and when it begins and ends."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from plugin.domain.errors import InvalidInput


def month_bounds(month: str, zone: tzinfo) -> tuple[datetime, datetime]:
    """First instant of ``YYYY-MM`` and of the month after, by the clock of `zone`, as UTC.

    Raises
    ------
    InvalidInput
        When it is no month.
    """
    try:
        first = datetime.strptime(month, "%Y-%m").replace(tzinfo=zone)
    except ValueError:
        raise InvalidInput("month", "is written YYYY-MM") from None
    after = (
        first.replace(year=first.year + 1, month=1)
        if first.month == 12
        else first.replace(month=first.month + 1)
    )
    return first.astimezone(UTC), after.astimezone(UTC)
