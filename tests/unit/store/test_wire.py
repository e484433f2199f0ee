"""What goes over the wire comes back, and a failure is told once, with whose it was."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from postgres import PostgresServer

from plugin.store import wire as wires
from plugin.store.wire import Wire


@pytest.fixture
def connection(postgres: PostgresServer) -> Iterator[psycopg.Connection]:
    with psycopg.connect(postgres.address("postgres"), autocommit=True) as connection:
        yield connection


@pytest.fixture
def names() -> dict[str, bytes]:
    return {}


@pytest.fixture
def wire(connection: psycopg.Connection, names: dict[str, bytes]) -> Wire:
    return Wire(connection, names)


def test_each_kind_of_value_comes_back_as_it_was_sent(wire: Wire) -> None:
    values = ["𠮷田、胸部CT", 2**62, -1, b"\x00\xff\x0b", True, False, None, 0.1]
    kinds = ["text", "bigint", "int", "bytea", "boolean", "boolean", "text", "float8"]
    sent = wire.send("SELECT " + ", ".join(f"${n}::{kind}" for n, kind in enumerate(kinds, 1)), values)
    assert wire.wait() is None
    assert wire.rows(sent) == [tuple(values)]


def test_an_answer_larger_than_any_buffer_and_a_question_as_large(wire: Wire) -> None:
    megabytes = "层" * 1_000_000
    sent = [wire.send("SELECT $1::text, repeat('y', 3000000)", [megabytes]) for _ in range(4)]
    assert wire.wait() is None
    assert [wire.rows(each)[0][0] == megabytes for each in sent] == [True] * 4


def test_the_first_failure_is_told_and_what_came_after_it_is_passed_over(wire: Wire) -> None:
    wire.work = 1
    before = wire.send("SELECT 1")
    wire.send("SELECT 1/$1::int", [0])
    wire.work = 2
    after = wire.send("SELECT 2")
    failed = wire.wait()
    assert failed is not None
    assert (failed.work, type(failed.error)) == (1, psycopg.errors.DivisionByZero)
    assert wire.rows(before) == [(1,)]
    assert after.result is None
    again = wire.send("SELECT 2")
    assert wire.wait() is None
    assert wire.rows(again) == [(2,)]


def test_what_could_not_be_prepared_is_prepared_again(
    wire: Wire, connection: psycopg.Connection, names: dict[str, bytes]
) -> None:
    wire.send("SELECT * FROM not_there_yet")
    failed = wire.wait()
    assert failed is not None
    assert isinstance(failed.error, psycopg.errors.UndefinedTable)
    wire.send("CREATE TEMP TABLE not_there_yet (n int)")
    sent = wire.send("SELECT * FROM not_there_yet")
    assert wire.wait() is None
    assert wire.rows(sent) == []
    wire.close()
    kept = connection.execute("SELECT statement FROM pg_prepared_statements WHERE NOT from_sql").fetchall()
    assert {text for (text,) in kept} == set(names)


def test_rarer_statements_are_not_kept(
    wire: Wire, names: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wires, "_PREPARED_MAX", 2)
    sent = [wire.send(f"SELECT {number}") for number in range(5)]
    assert wire.wait() is None
    assert [wire.rows(each) for each in sent] == [[(number,)] for number in range(5)]
    assert len(names) == 2


def test_a_connection_is_handed_back_as_it_was(wire: Wire, connection: psycopg.Connection) -> None:
    wire.send("SELECT 1")
    wire.wait()
    wire.close()
    assert connection.execute("SELECT 3").fetchone() == (3,)


def test_a_server_that_has_gone_is_told_and_nothing_hangs(
    wire: Wire, connection: psycopg.Connection, postgres: PostgresServer
) -> None:
    with psycopg.connect(postgres.address("postgres"), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 60000)", [connection.info.backend_pid])
    wire.send("SELECT 1")
    wire.send("SELECT 2")
    with pytest.raises(psycopg.OperationalError):
        wire.wait()


def test_a_connection_with_outstanding_answers_is_not_handed_back(wire: Wire) -> None:
    wire.send("SELECT 1")
    with pytest.raises(psycopg.OperationalError):
        wire.close()
    wire.wait()
    wire.close()
