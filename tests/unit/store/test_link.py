from __future__ import annotations

from enum import StrEnum

import pytest
from sqlalchemy import select

from plugin.domain.errors import InvalidInput
from plugin.store.link import Prepared, given
from plugin.store.store import SqlStore
from plugin.store.tables.access import accounts
from plugin.store.tables.policies import switches


def test_lists_and_constants_are_part_of_a_prepared_statement(store: SqlStore) -> None:
    statement = Prepared(
        select(accounts.c.login).where(
            accounts.c.role.in_(["head", "qc_staff"]), accounts.c.failures < given("most")
        )
    )
    assert store.read(lambda uow: uow.link.rows(statement, {"most": 3})) == []


def test_only_plain_values_are_bound(store: SqlStore) -> None:
    class Colour(StrEnum):
        RED = "red"

    statement = Prepared(select(switches).where(switches.c.department == given("of_department")))
    with pytest.raises(TypeError, match="of_department: a Colour"):
        store.read(lambda uow: uow.link.rows(statement, {"of_department": Colour.RED}))
    with pytest.raises(InvalidInput, match="of_department"):
        store.read(lambda uow: uow.link.rows(statement, {"of_department": "\ud800"}))


def test_a_mistake_in_sql_is_not_taken_for_a_failing_database(store: SqlStore) -> None:
    from sqlalchemy import text

    with pytest.raises(store.database.driver.error):
        store.write(lambda uow: uow.link.run(Prepared(text("SELEKT 1"), writes=True), {}))
    assert store.read(lambda uow: uow.people.count()) == 0
    assert store.write(lambda uow: uow.people.count()) == 0
