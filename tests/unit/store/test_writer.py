from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from patience import PATIENCE_S
from stores import temporary_store

from plugin.domain.delivery import JobKind, NewJob
from plugin.domain.errors import GateConflict, StoreUnavailable
from plugin.store.group import Item
from plugin.store.settings import StoreSettings
from plugin.store.store import SqlStore

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def enqueue(key: str) -> Callable[[Any], str]:
    def work(uow: Any) -> str:
        uow.outbox.enqueue(NewJob(kind=JobKind.SEND_SR, lane=key, key=key))
        return key

    return work


def kept(store: SqlStore) -> list[str]:
    from plugin.store.jobs import SqlJobStore

    return sorted(job.key for job in SqlJobStore(store, lambda: NOW).listing(None, limit=10_000))


class Held:
    """Keeps the writer busy, so that what is submitted meanwhile is taken as one group."""

    def __init__(self, store: SqlStore) -> None:
        self._entered, self._go = threading.Event(), threading.Event()
        self.first: Future[None] = store.submit(self._wait)
        assert self._entered.wait(PATIENCE_S)

    def _wait(self, uow: Any) -> None:
        self._entered.set()
        assert self._go.wait(PATIENCE_S)

    def release(self) -> None:
        self._go.set()


@pytest.fixture
def held(store: SqlStore) -> Iterator[Held]:
    holder = Held(store)
    yield holder
    holder.release()


_wait = threading.Condition.wait


def until_notified(condition: threading.Condition, timeout: float | None = None) -> bool:
    """A clock that stands: a wait ends when somebody says so (or the test's patience ends)."""
    return _wait(condition, PATIENCE_S if timeout is not None else None)


def statements_of(store: SqlStore) -> list[str]:
    """Every statement that SQLite runs from now on."""
    seen: list[str] = []
    store.write(lambda uow: uow.link._connection.set_trace_callback(seen.append))
    return seen


@pytest.mark.parametrize("settings", [StoreSettings()])
def test_what_waits_together_commits_once(store: SqlStore, held: Held) -> None:
    held.release()
    seen = statements_of(store)
    holder = Held(store)
    futures = [store.submit(enqueue(f"k{n}")) for n in range(10)]
    seen.clear()
    holder.release()
    assert [f.result(PATIENCE_S) for f in futures] == [f"k{n}" for n in range(10)]
    assert seen.count("COMMIT") == 2  # the holder's, then one for all ten


@pytest.mark.parametrize("settings", [StoreSettings(group_max=4)])
def test_a_group_is_bounded(store: SqlStore) -> None:
    seen = statements_of(store)
    holder = Held(store)
    futures = [store.submit(enqueue(f"k{n}")) for n in range(10)]
    seen.clear()
    holder.release()
    assert all(f.result(PATIENCE_S) for f in futures)
    assert seen.count("COMMIT") == 4


@pytest.mark.parametrize("settings", [StoreSettings(gather_s=0.1)])
def test_who_came_alone_before_is_not_kept_waiting_for_company(store: SqlStore) -> None:
    with patch.object(threading.Condition, "wait", autospec=True, side_effect=_wait) as wait:
        for n in range(3):
            assert store.write(enqueue(f"k{n}")) == f"k{n}"
    ours = [each.args for each in wait.call_args_list if each.args[0] is store._writer._changed]
    assert not [arguments for arguments in ours if arguments[1:] not in ((), (None,))]


@pytest.mark.parametrize("settings", [StoreSettings()])
def test_who_committed_together_is_waited_for_and_commits_together_again(store: SqlStore) -> None:
    seen = statements_of(store)
    holder = Held(store)
    together = [store.submit(enqueue(f"a{n}")) for n in range(3)]
    holder.release()
    assert all(each.result(PATIENCE_S) for each in together)
    seen.clear()
    with patch.object(threading.Condition, "wait", autospec=True, side_effect=until_notified):
        again = [store.submit(enqueue(f"b{n}")) for n in range(3)]
        assert [each.result(PATIENCE_S) for each in again] == ["b0", "b1", "b2"]
    assert seen.count("COMMIT") == 1


@pytest.mark.parametrize("settings", [StoreSettings(gather_s=0.01)])
def test_who_does_not_come_again_is_waited_for_but_once(store: SqlStore, held: Held) -> None:
    together = [store.submit(enqueue(f"a{n}")) for n in range(3)]
    held.release()
    assert all(each.result(PATIENCE_S) for each in together)
    assert store.write(enqueue("alone")) == "alone"
    assert store._writer._expected == 1


def test_an_exception_rolls_back_its_own_work_alone(store: SqlStore, held: Held) -> None:
    def fails(uow: Any) -> None:
        enqueue("bad")(uow)
        uow.audit.append(NOW, "a", "bad", "s", {})
        raise GateConflict("no")

    good = [store.submit(enqueue("g1"))]
    bad = store.submit(fails)
    good.append(store.submit(enqueue("g2")))
    held.release()
    assert [f.result(PATIENCE_S) for f in good] == ["g1", "g2"]
    with pytest.raises(GateConflict, match="no"):
        bad.result(PATIENCE_S)
    assert kept(store) == ["g1", "g2"]


@pytest.mark.parametrize("settings", [StoreSettings()])
def test_works_are_set_apart_only_where_one_of_their_group_fails(store: SqlStore) -> None:
    seen = statements_of(store)
    for failing in (False, True):
        holder = Held(store)
        works = [enqueue(f"{failing}{n}") for n in range(3)]
        if failing:
            works.insert(1, lambda uow: str(1 // 0))
        futures = [store.submit(work) for work in works]
        seen.clear()
        holder.release()
        outcomes = [future.exception(PATIENCE_S) for future in futures]
        assert [type(each) for each in outcomes if each] == [ZeroDivisionError] * failing
        assert ("SAVEPOINT work" in seen) is failing
    assert kept(store) == ["False0", "False1", "False2", "True0", "True1", "True2"]


def test_a_work_that_fails_while_who_submits_it_stands_still_is_answered_once(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has queued it goes on only when the writer is done with it: a busy machine does that."""
    made: list[Item] = []
    begin, leave, sender = Item.__init__, threading.Condition.__exit__, threading.current_thread()

    def begin_and_be_seen(item: Item, *arguments: Any) -> None:
        begin(item, *arguments)
        made.append(item)

    def leave_and_stand_still(changed: threading.Condition, *raised: Any) -> None:
        leave(changed, *raised)
        if changed is store._writer._changed and threading.current_thread() is sender:
            made[-1].future.exception(PATIENCE_S)

    def fails(uow: Any) -> None:
        raise GateConflict("no")

    with monkeypatch.context() as patched:
        patched.setattr(Item, "__init__", begin_and_be_seen)
        patched.setattr(threading.Condition, "__exit__", leave_and_stand_still)
        refused = store.submit(fails)
    with pytest.raises(GateConflict, match="no"):
        refused.result(PATIENCE_S)
    assert store.write(enqueue("k")) == "k"


def test_an_exception_alone_leaves_nothing(store: SqlStore) -> None:
    def fails(uow: Any) -> None:
        enqueue("bad")(uow)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        store.write(fails)
    assert kept(store) == []


def test_even_what_is_no_exception_does_not_kill_the_writer(store: SqlStore) -> None:
    def leaves(uow: Any) -> None:
        enqueue("bad")(uow)
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        store.write(leaves)
    assert store.write(enqueue("k")) == "k"
    assert kept(store) == ["k"]


def test_a_caller_that_has_gone_does_not_kill_the_writer(store: SqlStore, held: Held) -> None:
    gone = store.submit(enqueue("gone"))
    assert gone.cancel()
    angry = store.submit(enqueue("angry"))
    angry.add_done_callback(lambda future: 1 / 0)
    last = store.submit(enqueue("last"))
    held.release()
    assert last.result(PATIENCE_S) == "last"
    assert not last.cancel()
    assert store.write(enqueue("after")) == "after"
    assert kept(store) == ["after", "angry", "last"]


def test_the_whole_group_may_have_gone(store: SqlStore, held: Held) -> None:
    assert all(store.submit(enqueue(f"k{n}")).cancel() for n in range(5))
    held.release()
    assert store.write(enqueue("after")) == "after"
    assert kept(store) == ["after"]


@pytest.mark.parametrize("settings", [StoreSettings(queue_max=3)])
def test_a_full_queue_refuses_at_once(store: SqlStore, held: Held) -> None:
    waiting = [store.submit(enqueue(f"k{n}")) for n in range(3)]
    with pytest.raises(StoreUnavailable, match="3 changes wait"):
        store.submit(enqueue("more")).result(0)
    held.release()
    assert [f.result(PATIENCE_S) for f in waiting] == ["k0", "k1", "k2"]
    assert store.write(enqueue("later")) == "later"


def test_order_of_arrival_is_kept(store: SqlStore) -> None:
    order: list[int] = []
    futures = [store.submit(lambda uow, n=n: order.append(n)) for n in range(300)]
    for future in futures:
        future.result(PATIENCE_S)
    assert order == list(range(300))


def test_closing_finishes_what_was_submitted(tmp_path: Any) -> None:
    with temporary_store(tmp_path) as store:
        holder = Held(store)
        futures = [store.submit(enqueue(f"k{n}")) for n in range(200)]
        threading.Timer(0.05, holder.release).start()
    assert [f.result(0) for f in futures] == [f"k{n}" for n in range(200)]
    with pytest.raises(StoreUnavailable, match="closing"):
        store.submit(enqueue("late")).result(0)


def test_write_inside_a_unit_of_work_is_a_mistake_that_is_told(store: SqlStore) -> None:
    with pytest.raises(RuntimeError, match="wait for itself"):
        store.write(lambda uow: store.write(enqueue("inner")))


def test_who_swallows_the_databases_failure_keeps_nothing(store: SqlStore) -> None:
    def swallows(uow: Any) -> str:
        enqueue("half")(uow)
        uow.link.broken = StoreUnavailable("the disk is full")
        try:
            enqueue("other half")(uow)
        except StoreUnavailable:
            return "all is well"
        return ""

    with pytest.raises(StoreUnavailable, match="disk is full"):
        store.write(swallows)
    assert kept(store) == []
    assert store.write(enqueue("k")) == "k"


def test_a_query_sees_one_moment(store: SqlStore) -> None:
    def query(uow: Any) -> tuple[int, int]:
        before = uow.people.count()
        store.write(enqueue("meanwhile"))
        return before, len(kept(store))

    assert store.read(query) == (0, 1)

    def twice(uow: Any) -> list[Any]:
        first = uow.calls.find("a", "b")
        store.write(lambda inner: inner.calls.add("a", "b", "d", 200, "{}", NOW))
        return [first, uow.calls.find("a", "b")]

    assert store.read(twice) == [None, None]
    assert store.read(lambda uow: uow.calls.find("a", "b")) == ("d", 200, "{}")


def test_a_failing_query_gives_its_connection_back(store: SqlStore) -> None:
    for _ in range(30):
        with pytest.raises(ZeroDivisionError):
            store.read(lambda uow: 1 / 0)
    assert store.read(lambda uow: uow.people.count()) == 0


def test_whoever_waits_for_jobs_is_rung_for_what_came_due_and_was_committed(store: SqlStore) -> None:
    rung: list[frozenset[JobKind]] = []
    store.ring(rung.append)
    store.write(enqueue("due"))
    store.write(enqueue("due"))
    later = NewJob(kind=JobKind.ESCALATE_ALERT, lane="t", key="t", due_at=datetime(2100, 1, 1, tzinfo=UTC))
    store.write(lambda uow: uow.outbox.enqueue(later))

    def rolled_back(uow: Any) -> None:
        enqueue("never")(uow)
        raise GateConflict("no")

    with pytest.raises(GateConflict):
        store.write(rolled_back)
    # The ring follows the commit on the writer's own thread: one more turn of it, and all have been heard.
    store.write(lambda uow: None)
    assert rung == [frozenset({JobKind.SEND_SR})]


def test_the_next_of_a_lane_is_rung_for_when_its_head_is_done(store: SqlStore) -> None:
    from plugin.store.jobs import SqlJobStore

    jobs = SqlJobStore(store, lambda: NOW + timedelta(days=1))
    for key, kind in (("head", JobKind.SEND_SR), ("next", JobKind.SEND_NOTICE)):
        store.write(lambda uow, k=key, of=kind: uow.outbox.enqueue(NewJob(kind=of, lane="one", key=k)))
    (head,) = jobs.claim((JobKind.SEND_SR,), 1, timedelta(seconds=30))
    rung: list[frozenset[JobKind]] = []
    store.ring(rung.append)
    jobs.complete(head)
    store.write(lambda uow: None)
    assert frozenset({JobKind.SEND_NOTICE}) in rung
