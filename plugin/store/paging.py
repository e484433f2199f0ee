"""A page of a list: its keys by one statement, its rows by the repositories.

A cursor is the sort key of the page's last row, so that new rows at the top move nothing;
it comes back from outside and is taken apart with care.  Reading rows one by one costs
some 30 µs each, which a page of 50 does not feel, and keeps what a column means in one place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, and_, or_, select

from plugin.domain.errors import InvalidInput
from plugin.domain.listing import MAX_PAGE, Listing, Page
from plugin.store.link import Prepared, Row, given
from plugin.store.unit_of_work import SqlUnitOfWork

T = TypeVar("T")
Column = ColumnElement[Any]


@dataclass(slots=True)
class Where:
    """Conditions, and the values that their :func:`~plugin.store.link.given` names stand for."""

    conditions: list[Column] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)

    def add(self, condition: Column, **values: Any) -> None:
        self.conditions.append(condition)
        self.values |= values


def read_page(
    uow: SqlUnitOfWork,
    page: Page,
    columns: tuple[Column, ...],
    order: tuple[Column, Column],
    row: Callable[[Row], T],
    where: Where | None = None,
    source: Any = None,
) -> Listing[T]:
    """Newest first by `order` (a number, then a key that is unique), from the cursor on.

    Raises
    ------
    InvalidInput
        When the cursor is none that we gave.
    """
    limit = max(1, min(page.limit, MAX_PAGE))
    by, key = order
    conditions, values = (list(where.conditions), dict(where.values)) if where else ([], {})
    if page.cursor:
        at, after = _cursor(page.cursor, numeric=key.type.python_type is int)
        conditions.append(
            or_(by < given("cursor_at"), and_(by == given("cursor_at"), key < given("cursor_key")))
        )
        values |= {"cursor_at": at, "cursor_key": after}
    query = select(*columns, by, key).where(*conditions)
    if source is not None:
        query = query.select_from(source)
    statement = Prepared(query.order_by(by.desc(), key.desc()).limit(given("at_most")))
    found = uow.link.rows(statement, {**values, "at_most": limit + 1})
    last = found[limit - 1] if len(found) > limit else None
    return Listing(
        [row(each[: len(columns)]) for each in found[:limit]], f"{last[-2]}.{last[-1]}" if last else ""
    )


def pattern_of(text: str) -> str:
    """`text` for ``LIKE … ESCAPE '\\'``, meant as it stands."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def there(row: T | None) -> T:
    """A row that the same snapshot has just listed."""
    if row is None:
        raise LookupError("a listed row has vanished within one snapshot")
    return row


def _cursor(text: str, *, numeric: bool) -> tuple[int, int | str]:
    at, _, key = text.partition(".")
    plain = at.isascii() and at.isdigit() and len(at) < 19
    if not plain or not key or (numeric and not (key.isascii() and key.isdigit() and len(key) < 19)):
        raise InvalidInput("cursor", "is none that this list gave; begin again without it")
    return int(at), int(key) if numeric else key
