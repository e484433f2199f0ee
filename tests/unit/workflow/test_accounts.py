"""Accounts: sign-in, sessions, lock-out, and who may change what."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from conftest import StoppedClock

from plugin.bootstrap.surroundings import RandomMinter
from plugin.domain.errors import GateConflict, InvalidInput, NotAllowed, NotAuthentic
from plugin.domain.people import Role
from plugin.store.settings import StoreSettings
from plugin.store.store import open_store
from plugin.workflow.accounts import WRONG, Accounts
from plugin.workflow.ports.surroundings import Surroundings

PASSWORD = "correct horse battery"
HERE = "10.0.0.1"


@pytest.fixture
def accounts(tmp_path: Path, clock: StoppedClock) -> Iterator[Accounts]:
    with contextlib.closing(open_store(StoreSettings(), tmp_path, clock)) as store:
        yield Accounts(
            store=store,
            around=Surroundings(clock=clock, mint=RandomMinter()),
            hasher=PasswordHasher(time_cost=1, memory_cost=64, parallelism=1),
        )


@pytest.fixture
def wang(accounts: Accounts) -> str:
    accounts.add("test", "wang", "王五", Role.HEAD, PASSWORD, staff_id="D7")
    return "wang"


def refused(accounts: Accounts, login: str, password: str, address: str = HERE) -> str:
    with pytest.raises(NotAuthentic) as caught:
        accounts.sign_in(login, password, address)
    return str(caught.value)


def test_the_right_password_opens_a_session(accounts: Accounts, wang: str) -> None:
    opened = accounts.sign_in(f" {wang} ", PASSWORD, HERE)
    found = accounts.session(opened.secret)
    assert found is not None
    assert (found.account.name, found.account.role, found.session.csrf) == (
        "王五",
        Role.HEAD,
        opened.session.csrf,
    )
    assert found.account.must_change_password


def test_neither_secret_nor_password_stands_in_the_database(
    accounts: Accounts, wang: str, tmp_path: Path
) -> None:
    secret = accounts.sign_in(wang, PASSWORD, HERE).secret
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir() if file.is_file())
    assert secret.encode() not in kept
    assert PASSWORD.encode() not in kept


def test_every_refusal_reads_the_same(accounts: Accounts, wang: str) -> None:
    assert refused(accounts, wang, "wrong") == refused(accounts, "nobody", PASSWORD) == WRONG
    accounts.set_disabled("test", wang, True)
    assert refused(accounts, wang, PASSWORD) == WRONG


def test_five_wrong_ones_lock_this_address_for_a_quarter_of_an_hour(
    accounts: Accounts, wang: str, clock: StoppedClock
) -> None:
    for _ in range(5):
        refused(accounts, wang, "wrong")
    refused(accounts, wang, PASSWORD)
    assert accounts.sign_in(wang, PASSWORD, "10.0.0.2"), "another address is not locked out with it"
    clock.advance(minutes=15)
    assert accounts.sign_in(wang, PASSWORD, HERE)


def test_twenty_from_many_addresses_lock_the_account(
    accounts: Accounts, wang: str, clock: StoppedClock
) -> None:
    for number in range(20):
        refused(accounts, wang, "wrong", f"10.0.1.{number}")
    refused(accounts, wang, PASSWORD, "10.0.2.1")
    accounts.set_disabled("test", wang, False)
    assert accounts.sign_in(wang, PASSWORD, "10.0.2.1"), "an administrator unlocks"


def test_a_locked_out_address_adds_nothing_to_the_count_of_the_account(accounts: Accounts, wang: str) -> None:
    for _ in range(60):
        refused(accounts, wang, "wrong")
    assert accounts.sign_in(wang, PASSWORD, "10.0.0.2")


def test_a_session_ends_idle_and_absolutely(accounts: Accounts, wang: str, clock: StoppedClock) -> None:
    idle = accounts.sign_in(wang, PASSWORD, HERE).secret
    clock.advance(minutes=29)
    assert accounts.session(idle)
    clock.advance(minutes=29)
    assert accounts.session(idle), "use keeps it alive"
    clock.advance(minutes=31)
    assert accounts.session(idle) is None
    worked = accounts.sign_in(wang, PASSWORD, HERE).secret
    for _ in range(24 * 60 // 29):
        clock.advance(minutes=29)
        found = accounts.session(worked)
        if found is None:
            break
    assert found is None, "after twelve hours use does not help"


@pytest.mark.parametrize("change", ["password", "role", "disable", "sign_out"])
def test_a_change_ends_the_sessions(accounts: Accounts, wang: str, change: str) -> None:
    secret = accounts.sign_in(wang, PASSWORD, HERE).secret
    match change:
        case "password":
            accounts.change_own_password(wang, PASSWORD, "another good phrase")
        case "role":
            accounts.change_role("test", wang, Role.QC_STAFF)
        case "disable":
            accounts.set_disabled("test", wang, True)
        case "sign_out":
            accounts.sign_out(secret)
    assert accounts.session(secret) is None


@pytest.mark.parametrize("secret", ["", "x", "\udcff", "a" * 5000])
def test_an_invented_secret_opens_nothing(accounts: Accounts, wang: str, secret: str) -> None:
    assert accounts.session(secret) is None


@pytest.mark.parametrize(
    "password", ["short", "aaaaaaaaaaaa", "WANG-wang-2026!", "Password12345", "x" * 257, "xxSignGate99x"]
)
def test_a_password_that_is_easy_to_guess_is_refused(accounts: Accounts, password: str) -> None:
    with pytest.raises(InvalidInput):
        accounts.add("test", "wang", "王五", Role.HEAD, password)


@pytest.mark.parametrize("login", ["", "a", "a b", "<b>", "x" * 65, "a\nb"])
def test_a_login_is_plain(accounts: Accounts, login: str) -> None:
    with pytest.raises(InvalidInput):
        accounts.add("test", login, "王五", Role.HEAD, PASSWORD)


def test_a_login_is_given_once(accounts: Accounts, wang: str) -> None:
    with pytest.raises(InvalidInput, match="taken"):
        accounts.add("test", wang, "别人", Role.HEAD, PASSWORD)


def test_the_first_administrator_is_made_once(accounts: Accounts) -> None:
    assert not accounts.any()
    assert accounts.create_first("admin1", "管理员", "a long good phrase").role is Role.SYSTEM_ADMIN
    with pytest.raises(GateConflict):
        accounts.create_first("admin2", "管理员", "a long good phrase")


def test_the_owner_changes_his_password_only_with_the_old_one(accounts: Accounts, wang: str) -> None:
    with pytest.raises(NotAuthentic):
        accounts.change_own_password(wang, "wrong", "another good phrase")
    with pytest.raises(InvalidInput):
        accounts.change_own_password(wang, PASSWORD, PASSWORD)
    accounts.change_own_password(wang, PASSWORD, "another good phrase")
    assert not accounts.sign_in(wang, "another good phrase", HERE).account.must_change_password


def test_nobody_closes_his_own_account(accounts: Accounts, wang: str) -> None:
    with pytest.raises(NotAllowed):
        accounts.set_disabled(wang, wang, True)
