"""Guessing: an address soon, the account late."""

from __future__ import annotations

from datetime import timedelta

from conftest import StoppedClock

from plugin.domain.people import Account, Role
from plugin.workflow.lock_out import LockOut

HERE = "10.0.0.1"
WANG = Account(login="wang", name="王五", role=Role.HEAD, password_hash="x")


def test_an_address_is_locked_out_of_one_account(clock: StoppedClock) -> None:
    lock_out = LockOut()
    for _ in range(5):
        assert not lock_out.holds("wang", HERE, clock())
        lock_out.note("wang", HERE, clock())
    assert lock_out.holds("wang", HERE, clock())
    assert not lock_out.holds("wang", "10.0.0.2", clock())
    assert not lock_out.holds("li", HERE, clock())
    clock.advance(minutes=15)
    assert not lock_out.holds("wang", HERE, clock())


def test_tries_while_locked_out_do_not_prolong_it(clock: StoppedClock) -> None:
    lock_out = LockOut()
    for _ in range(5):
        lock_out.note("wang", HERE, clock())
    for _ in range(14):
        clock.advance(minutes=1)
        lock_out.note("wang", HERE, clock())
    clock.advance(minutes=1)
    assert not lock_out.holds("wang", HERE, clock())


def test_the_right_password_clears_the_count(clock: StoppedClock) -> None:
    lock_out = LockOut()
    for _ in range(4):
        lock_out.note("wang", HERE, clock())
    lock_out.forget("wang", HERE)
    lock_out.note("wang", HERE, clock())
    assert not lock_out.holds("wang", HERE, clock())


def test_invented_logins_do_not_fill_the_memory(clock: StoppedClock) -> None:
    lock_out = LockOut()
    for number in range(25_000):
        lock_out.note(f"nobody{number}", HERE, clock())
    assert len(lock_out._wrong) <= 10_001


def test_the_account_is_locked_after_failures_from_anywhere(clock: StoppedClock) -> None:
    lock_out, account = LockOut(tries_in_all=3), WANG
    for _ in range(2):
        account = lock_out.counted(account, clock())
    assert (account.failures, account.locked_until) == (2, None)
    account = lock_out.counted(account, clock())
    assert (account.failures, account.locked_until) == (0, clock() + timedelta(minutes=15))
