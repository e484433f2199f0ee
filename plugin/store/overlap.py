"""Whether a change can have touched what was asked before it.

A journey's queries are asked before the journeys beside it in the group have written.  Most of
them pin a column to a value (``accession_number = :of_accession``), and most changes insert a row
with another value in that column: the answer stands.  Whatever cannot be told is a touch.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from sqlalchemy import BindParameter, Column, Table
from sqlalchemy.sql import operators
from sqlalchemy.sql.dml import Insert
from sqlalchemy.sql.elements import BinaryExpression, BooleanClauseList, Grouping
from sqlalchemy.sql.selectable import FromClause, Join, Select

from plugin.store.link import Prepared
from plugin.store.storable import Parameters

Pins = dict[tuple[str, str, bool], str]
"""Table, column, and whether it must equal or differ from the parameter of this name."""

_ANYTHING: Final[tuple[Pins, ...]] = ({},)


def touches(change: Prepared, written: Parameters, query: Prepared, asked: Parameters) -> bool:
    """``True`` when `change` may alter the answer to `query`.

    An upsert counts as the row that it brings: one that takes an examination from a patient is
    not seen by what was asked of that patient's others before, as if asked then.
    """
    if not change.tables:
        return True
    common = change.tables & query.tables
    if not common:
        return False
    if not isinstance(change.clause, Insert) or len(change.tables) > 1:
        return True
    (table,) = common
    alternatives, followed = _condition(query)
    if table in followed:
        return False
    return any(_may_match(pins, table, written, asked) for pins in alternatives)


def _may_match(pins: Pins, table: str, written: Parameters, asked: Parameters) -> bool:
    return all(
        column not in written or (written[column] == asked[parameter]) is equal
        for (of, column, equal), parameter in pins.items()
        if of == table and parameter in asked
    )


@lru_cache(maxsize=512)
def _condition(query: Prepared) -> tuple[tuple[Pins, ...], frozenset[str]]:
    """What a row must hold to be in the answer, each of several ways; and the tables that others lead to.

    A table that is joined by its numbers: to a row that is inserted only now, nothing leads yet.
    """
    clause = query.clause
    if not isinstance(clause, Select):
        return _ANYTHING, frozenset()
    followed = frozenset(name for source in clause.get_final_froms() for name in _followed(source))
    where = clause.whereclause
    return (_ways(where) if where is not None else _ANYTHING), followed


def _ways(clause: Any) -> tuple[Pins, ...]:
    if isinstance(clause, Grouping):
        return _ways(clause.element)
    if isinstance(clause, BooleanClauseList):
        parts = [_ways(part) for part in clause.clauses]
        if clause.operator is operators.or_:
            return tuple(way for part in parts for way in part)
        together: tuple[Pins, ...] = _ANYTHING
        for part in parts:
            together = tuple({**left, **right} for left in together for right in part)
        return together
    if isinstance(clause, BinaryExpression) and clause.operator in {operators.eq, operators.ne}:
        left, right = clause.left, clause.right
        if isinstance(left, Column) and isinstance(right, BindParameter):
            return ({(left.table.name, left.name, clause.operator is operators.eq): right.key},)
    return _ANYTHING


def _followed(source: FromClause) -> list[str]:
    if not isinstance(source, Join):
        return []
    found = [*_followed(source.left), *_followed(source.right)]
    on = source.onclause
    if isinstance(on, BinaryExpression) and on.operator is operators.eq:
        tables = [side for side in (source.left, source.right) if isinstance(side, Table)]
        found += [table.name for table in tables if table.autoincrement_column in {on.left, on.right}]
    return found
