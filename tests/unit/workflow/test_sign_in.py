"""The door: sign-in, sessions, lock-out."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import StoppedClock

from plugin.domain.errors import NotAuthentic
from plugin.domain.people import Role
from plugin.workflow.accounts import Accounts
from plugin.workflow.sign_in import WRONG, SignIn

PASSWORD = "correct horse battery"
HERE = "10.0.0.1"


def refused(sign_in: SignIn, login: str, password: str, address: str = HERE) -> str:
    with pytest.raises(NotAuthentic) as caught:
        sign_in.open(login, password, address)
    return str(caught.value)


def test_the_right_password_opens_a_session(sign_in: SignIn, wang: str) -> None:
    opened = sign_in.open(f" {wang} ", PASSWORD, HERE)
    found = sign_in.session(opened.secret)
    assert found is not None
    assert (found.account.name, found.account.role, found.session.csrf) == (
        "王五",
        Role.HEAD,
        opened.session.csrf,
    )
    assert found.account.must_change_password


def test_neither_secret_nor_password_stands_in_the_database(
    sign_in: SignIn, wang: str, tmp_path: Path
) -> None:
    secret = sign_in.open(wang, PASSWORD, HERE).secret
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir() if file.is_file())
    assert secret.encode() not in kept
    assert PASSWORD.encode() not in kept


def test_every_refusal_reads_the_same(accounts: Accounts, sign_in: SignIn, wang: str) -> None:
    assert refused(sign_in, wang, "wrong") == refused(sign_in, "nobody", PASSWORD) == WRONG
    accounts.set_disabled("test", wang, True)
    assert refused(sign_in, wang, PASSWORD) == WRONG


def test_five_wrong_ones_lock_this_address_for_a_quarter_of_an_hour(
    sign_in: SignIn, wang: str, clock: StoppedClock
) -> None:
    for _ in range(5):
        refused(sign_in, wang, "wrong")
    refused(sign_in, wang, PASSWORD)
    assert sign_in.open(wang, PASSWORD, "10.0.0.2"), "another address is not locked out with it"
    clock.advance(minutes=15)
    assert sign_in.open(wang, PASSWORD, HERE)


def test_twenty_from_many_addresses_lock_the_account(
    accounts: Accounts, sign_in: SignIn, wang: str, clock: StoppedClock
) -> None:
    for number in range(20):
        refused(sign_in, wang, "wrong", f"10.0.1.{number}")
    refused(sign_in, wang, PASSWORD, "10.0.2.1")
    accounts.set_disabled("test", wang, False)
    assert sign_in.open(wang, PASSWORD, "10.0.2.1"), "an administrator unlocks"


def test_a_locked_out_address_adds_nothing_to_the_count_of_the_account(sign_in: SignIn, wang: str) -> None:
    for _ in range(60):
        refused(sign_in, wang, "wrong")
    assert sign_in.open(wang, PASSWORD, "10.0.0.2")


def test_a_session_ends_idle_and_absolutely(sign_in: SignIn, wang: str, clock: StoppedClock) -> None:
    idle = sign_in.open(wang, PASSWORD, HERE).secret
    clock.advance(minutes=29)
    assert sign_in.session(idle)
    clock.advance(minutes=29)
    assert sign_in.session(idle), "use keeps it alive"
    clock.advance(minutes=31)
    assert sign_in.session(idle) is None
    worked = sign_in.open(wang, PASSWORD, HERE).secret
    for _ in range(24 * 60 // 29):
        clock.advance(minutes=29)
        found = sign_in.session(worked)
        if found is None:
            break
    assert found is None, "after twelve hours use does not help"


@pytest.mark.parametrize("secret", ["", "x", "\udcff", "a" * 5000])
def test_an_invented_secret_opens_nothing(sign_in: SignIn, wang: str, secret: str) -> None:
    assert sign_in.session(secret) is None
