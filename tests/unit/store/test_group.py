"""Two nodes on one database: what bears a held name is done by one after the other."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import psycopg
import pytest
from conftest import StoppedClock
from patience import PATIENCE_S, until
from postgres import PostgresServer
from stores import temporary_store

from plugin.domain.archive import Envelope, MessageState
from plugin.domain.critical import Alert, AlertState, AlertStep, CriticalFinding, CriticalState, Tier
from plugin.domain.issue import Section
from plugin.hooks.calls import Call, SignedCalls
from plugin.kit import signature
from plugin.store.settings import StoreSettings
from plugin.store.store import SqlStore
from plugin.store.unit_of_work import SqlUnitOfWork
from plugin.workflow import inbox
from plugin.workflow.chase_alert import ChaseAlert
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import UnitOfWork

WAITERS = "select count(*) from pg_locks where not granted"
SECRET = b"a secret of two nodes, 24 bytes"


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


def test_who_was_crossed_begins_again_when_the_other_has_ended(
    nodes: tuple[SqlStore, SqlStore], database: str
) -> None:
    held = {"a": threading.Event(), "b": threading.Event()}
    told: list[str] = []

    def work(uow: SqlUnitOfWork, mine: str, theirs: str) -> None:
        again = held[mine].is_set()
        told.append("begins again" if again else "begins")
        uow.hold(mine)
        uow.policies.versions()
        held[mine].set()
        assert held[theirs].wait(PATIENCE_S)
        uow.hold(theirs)
        uow.policies.versions()
        if not again:
            somebody_waits(database)
        told.append("ends")

    one = nodes[0].submit(lambda uow: work(uow, "a", "b"))
    other = nodes[1].submit(lambda uow: work(uow, "b", "a"))
    one.result(PATIENCE_S)
    other.result(PATIENCE_S)
    assert told == ["begins", "begins", "ends", "begins again", "ends"]


def test_a_call_that_two_nodes_get_at_once_is_answered_once(
    nodes: tuple[SqlStore, SqlStore], database: str, clock: StoppedClock
) -> None:
    """A caller that has no answer yet asks another node, through a balancer, say."""
    inside = threading.Event()
    done: list[str] = []
    headers = signature.headers(SECRET, "call-1", int(clock().timestamp()), b"{}")
    call = Call(method="POST", path_and_query="/hooks/report-sign", headers=headers, body=b"{}")

    def ask(node: int) -> tuple[int, str]:
        def work(_uow: UnitOfWork) -> dict[str, str]:
            done.append(f"node {node}")
            inside.set()
            somebody_waits(database)
            return {"answered_by": f"node {node}"}

        calls = SignedCalls(callers={"ris": (SECRET,)}, store=nodes[node], clock=clock)
        return calls.answer(call, lambda _caller: work)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(ask, 0)
        assert inside.wait(PATIENCE_S)
        second = pool.submit(ask, 1)
        answers = {first.result(PATIENCE_S), second.result(PATIENCE_S)}
    assert answers == {(200, '{"answered_by":"node 0"}')}
    assert done == ["node 0"]


def test_a_notice_that_went_out_while_a_report_revoked_its_alert_is_written_down(
    nodes: tuple[SqlStore, SqlStore], database: str, clock: StoppedClock
) -> None:
    alert = Alert(
        alert_id="AL1",
        accession_number="CT1",
        finding=CriticalFinding(
            code="ICH",
            name="颅内出血",
            tier=Tier.RED,
            state=CriticalState.NEW,
            section=Section.IMPRESSION,
            start=0,
            end=3,
            text="脑出血",
        ),
        detected_at=clock(),
        state=AlertState.DETECTED,
    )
    nodes[0].write(lambda uow: uow.alerts.add(alert, step(clock, AlertState.DETECTED)))
    chase = ChaseAlert(around=Surroundings(clock=clock, mint=Mock()), whom=Mock())
    inside = threading.Event()

    def revoke(uow: SqlUnitOfWork) -> None:
        uow.hold("exam CT1")
        (known,) = uow.alerts.find("CT1")
        uow.alerts.move(replace(known, state=AlertState.REVOKED), step(clock, AlertState.REVOKED))
        inside.set()
        somebody_waits(database)

    one = nodes[0].submit(revoke)
    assert inside.wait(PATIENCE_S)
    other = nodes[1].submit(lambda uow: chase.note_sent(uow, "AL1", "sms", delivered=True))
    one.result(PATIENCE_S)
    other.result(PATIENCE_S)
    found = nodes[0].read(lambda uow: uow.alerts.get("AL1"))
    assert found is not None and found.state is AlertState.REVOKED


def step(clock: StoppedClock, state: AlertState) -> AlertStep:
    return AlertStep(alert_id="AL1", at=clock(), state=state, actor="signgate", means="report")
