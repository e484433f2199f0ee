"""Sent ahead, asked in one go: the answers are those that a question each would have given, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from plugin.domain.errors import GateConflict
from plugin.store.link import Prepared, given
from plugin.store.store import SqlStore
from plugin.store.tables.jobs import lanes
from plugin.store.tables.policies import switches
from plugin.store.unit_of_work import SqlUnitOfWork

s = switches.c
_OFF = {"gate": False, "alerts": False, "stamping": False, "shadow": False}
_ADD = Prepared(insert(switches).values(department=given("name"), **_OFF))
_SHADOW = Prepared(update(switches).where(s.department == given("name")).values(shadow=True))
_LANE = Prepared(insert(lanes).values(lane=given("lane"), head_id=1, kind="send_sr", ready_at=0))
_FIND = Prepared(select(s.department, s.shadow).where(s.department == given("name")))


def found(uow: SqlUnitOfWork, name: str) -> list[tuple[str, bool]]:
    return [(row[0], bool(row[1])) for row in uow.link.rows(_FIND, {"name": name})]


def together(store: SqlStore, *works: Callable[[SqlUnitOfWork], Any]) -> list[Future[Any]]:
    """Have the works taken by the writer as one group."""
    entered, go = threading.Event(), threading.Event()

    def hold(_: SqlUnitOfWork) -> None:
        entered.set()
        assert go.wait(60)

    store.submit(hold)
    assert entered.wait(60)
    futures = [store.submit(work) for work in works]
    go.set()
    for future in futures:
        future.exception(60)
    return futures


def test_what_was_asked_ahead_is_answered_once_and_changes_are_seen(store: SqlStore) -> None:
    def work(uow: SqlUnitOfWork) -> list[list[tuple[str, bool]]]:
        uow.link.put(_ADD, {"name": "外科"})
        uow.ahead(lambda trial: found(trial, "外科"))
        first = found(uow, "外科")
        uow.ahead(lambda trial: [found(trial, "外科"), found(trial, "内科")])
        uow.link.put(_SHADOW, {"name": "外科"})
        return [first, found(uow, "外科"), found(uow, "内科")]

    assert store.write(work) == [[("外科", False)], [("外科", True)], []]


def test_a_trial_changes_nothing_and_only_a_pipeline_is_asked_ahead(store: SqlStore) -> None:
    seen: list[str] = []

    def work(uow: SqlUnitOfWork) -> None:
        def reads(trial: SqlUnitOfWork) -> None:
            seen.append("trial")
            with pytest.raises(RuntimeError, match="must not write"):
                trial.link.put(_ADD, {"name": "外科"})

        uow.ahead(reads)

    store.write(work)
    assert seen == (["trial"] if store.database.driver.many_writers else [])
    assert store.read(lambda uow: found(uow, "外科")) == []


def test_a_change_that_fails_late_fails_its_own_work_alone(store: SqlStore) -> None:
    def twice(uow: SqlUnitOfWork) -> None:
        uow.link.put(_ADD, {"name": "外科"})
        uow.link.put(_ADD, {"name": "外科"})

    def gives_up(uow: SqlUnitOfWork) -> None:
        uow.ahead(lambda trial: found(trial, "儿科"))
        uow.link.put(_ADD, {"name": "儿科"})
        raise ValueError("thought better of it")

    def told_while_reading(uow: SqlUnitOfWork) -> None:
        uow.link.put(_ADD, {"name": "内科"})
        uow.link.put(_ADD, {"name": "内科"})
        found(uow, "内科")

    def sound(uow: SqlUnitOfWork) -> list[tuple[str, bool]]:
        uow.link.put(_ADD, {"name": "儿科"})
        return found(uow, "儿科")

    works = (twice, gives_up, told_while_reading, sound, lambda uow: found(uow, "外科"))
    outcomes = together(store, *works)
    kinds = [type(future.exception()) for future in outcomes[:3]]
    assert kinds == [GateConflict, ValueError, GateConflict]
    assert outcomes[3].result() == [("儿科", False)]
    assert outcomes[4].result() == []
    for work in works[:3]:
        with pytest.raises((GateConflict, ValueError)):
            store.write(work)  # alone in its group
    assert store.read(lambda uow: found(uow, "外科") + found(uow, "儿科")) == [("儿科", False)]


def test_a_change_that_fails_is_told_though_an_answer_that_had_come_before_is_taken_after_it(
    store: SqlStore,
) -> None:
    def work(uow: SqlUnitOfWork) -> None:
        uow.ahead(lambda trial: [found(trial, "外科"), found(trial, "内科")])
        found(uow, "外科")
        uow.link.put(_LANE, {"lane": "l"})
        uow.link.put(_LANE, {"lane": "l"})
        found(uow, "内科")

    first, second = together(store, work, lambda uow: found(uow, "外科"))
    assert isinstance(first.exception(), GateConflict)
    assert second.result() == []


def test_what_a_work_swallows_is_not_acknowledged_unless_it_is_kept(store: SqlStore) -> None:
    def swallows(uow: SqlUnitOfWork) -> None:
        with suppress(GateConflict):
            uow.link.put(_ADD, {"name": "外科"})
            uow.link.put(_ADD, {"name": "外科"})
            uow.link.settle()

    alone, (grouped, _) = store.submit(swallows), together(store, swallows, lambda uow: found(uow, "内科"))
    stored = bool(store.read(lambda uow: found(uow, "外科")))
    for outcome in (alone, grouped):
        assert (outcome.exception(60) is None) == stored


def test_answers_nobody_took_are_not_for_the_next_work(store: SqlStore) -> None:
    def asks(uow: SqlUnitOfWork) -> None:
        uow.link.put(_ADD, {"name": "外科"})
        uow.ahead(lambda trial: found(trial, "外科"))

    def changes_and_asks(uow: SqlUnitOfWork) -> list[tuple[str, bool]]:
        assert uow.link.run(_SHADOW, {"name": "外科"}) == 1
        return found(uow, "外科")

    _, last = together(store, asks, changes_and_asks)
    assert last.result() == [("外科", True)]


def test_several_questions_are_answered_on_one_snapshot(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write(lambda uow: uow.link.put(_ADD, {"name": "外科"}))
    snapshots = []
    begin = store.database.snapshot
    monkeypatch.setattr(store.database, "snapshot", lambda: snapshots.append(1) or begin())

    names = ("外科", "内科", "外科")
    answers = store.read_together([lambda uow, name=name: found(uow, name) for name in names])  # type: ignore[misc]

    assert answers == [[("外科", False)], [], [("外科", False)]]
    assert len(snapshots) == 1
