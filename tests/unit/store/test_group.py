"""Two nodes on one database: what bears a held name is done by one after the other."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from conftest import StoppedClock
from patience import PATIENCE_S, until
from postgres import PostgresServer
from stores import temporary_store

from plugin.domain.archive import Envelope, MessageState
from plugin.store.settings import StoreSettings
from plugin.store.store import SqlStore
from plugin.store.unit_of_work import SqlUnitOfWork
from plugin.workflow import inbox

WAITERS = "select count(*) from pg_locks where locktype = 'advisory' and not granted"


@pytest.fixture
def database(postgres: PostgresServer, migrated: str) -> str:
    return postgres.new_database(migrated)


@pytest.fixture
def nodes(database: str, tmp_path: Path, clock: StoppedClock) -> Iterator[tuple[SqlStore, SqlStore]]:
    with ExitStack() as stack:
        first, second = (
            stack.enter_context(temporary_store(tmp_path / name, clock, StoreSettings(url=database)))
            for name in "ab"
        )
        yield first, second


def message(clock: StoppedClock, body: str) -> Envelope:
    return Envelope(
        raw=body.encode(), peer="192.0.2.7:1", received_at=clock(), sender="RIS|H1", control_id="7"
    )


def somebody_waits(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as watch:
        until(lambda: watch.execute(WAITERS).fetchone() != (0,))


@pytest.mark.parametrize("foreseen", [True, False])
def test_a_message_that_two_nodes_get_at_once_is_done_by_one(
    nodes: tuple[SqlStore, SqlStore], database: str, clock: StoppedClock, foreseen: bool
) -> None:
    done: list[str] = []
    inside = threading.Event()

    def receive(uow: SqlUnitOfWork, node: str) -> bytes:
        def effect(_uow: object, _number: int) -> None:
            done.append(node)
            inside.set()
            if node == "first":
                somebody_waits(database)

        return inbox.receive(uow, message(clock, "MSH|one"), node.encode(), effect)

    ahead = (lambda uow: inbox.foresee(uow, message(clock, "MSH|one"))) if foreseen else None
    first = nodes[0].submit(lambda uow: receive(uow, "first"), ahead)
    assert inside.wait(PATIENCE_S)
    second = nodes[1].submit(lambda uow: receive(uow, "second"), ahead)
    assert (first.result(PATIENCE_S), second.result(PATIENCE_S)) == (b"first", b"first")
    assert done == ["first"]
    (kept,) = nodes[0].read(lambda uow: uow.messages.find("RIS|H1", "7"))
    assert (kept.state, kept.duplicates) == (MessageState.ACCEPTED, 1)


def test_works_that_cross_are_both_done(nodes: tuple[SqlStore, SqlStore]) -> None:
    """Each holds what the other wants next: the server ends one of them, and it is done again."""
    held = {"a": threading.Event(), "b": threading.Event()}
    begun: list[str] = []

    def work(uow: SqlUnitOfWork, mine: str, theirs: str) -> str:
        begun.append(mine)
        uow.hold(mine)
        uow.policies.versions()  # an answer: what was sent before it has been done
        held[mine].set()
        assert held[theirs].wait(PATIENCE_S)
        uow.hold(theirs)
        uow.policies.versions()
        return mine

    one = nodes[0].submit(lambda uow: work(uow, "a", "b"))
    other = nodes[1].submit(lambda uow: work(uow, "b", "a"))
    assert (one.result(PATIENCE_S), other.result(PATIENCE_S)) == ("a", "b")
    assert sorted(begun) in (["a", "a", "b"], ["a", "b", "b"])


def test_a_name_is_held_until_the_end_also_by_who_asks_twice(
    nodes: tuple[SqlStore, SqlStore], database: str
) -> None:
    order: list[str] = []
    inside = threading.Event()

    def first(uow: SqlUnitOfWork) -> None:
        uow.hold("exam CT1", "exam CT2")
        uow.hold("exam CT2")
        uow.policies.versions()
        inside.set()
        somebody_waits(database)
        order.append("first")

    def second(uow: SqlUnitOfWork) -> None:
        uow.hold("exam CT2", "exam CT3")
        uow.policies.versions()
        order.append("second")

    one = nodes[0].submit(first)
    assert inside.wait(PATIENCE_S)
    other = nodes[1].submit(second)
    one.result(PATIENCE_S)
    other.result(PATIENCE_S)
    assert order == ["first", "second"]
