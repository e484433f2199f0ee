"""What a password must be."""

from __future__ import annotations

from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from conftest import StoppedClock

from plugin.bootstrap.people import build_people
from plugin.domain.errors import InvalidInput
from plugin.domain.people import Account, Role
from plugin.site.hospital import HospitalSettings
from plugin.workflow.accounts import Accounts
from plugin.workflow.passwords import Passwords

CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


def account(passwords: Passwords, *, before: tuple[str, ...] = (), **facts: object) -> Account:
    """Wang's, with "correct horse battery" after the passwords of `before`, newest first."""
    return Account(
        login="wang",
        name="王五",
        role=Role.HEAD,
        password_hash=passwords.hash("correct horse battery"),
        former_passwords=tuple(map(passwords.hash, before)),
        **facts,  # type: ignore[arg-type]  # facts of an account
    )


def test_only_the_right_one_fits_and_nobody_has_none() -> None:
    passwords = Passwords(hasher=CHEAP)
    wang = account(passwords)
    assert passwords.fits(wang, "correct horse battery")
    assert not passwords.fits(wang, "correct horse batterie")
    assert not passwords.fits(None, "correct horse battery")


def test_a_hash_that_is_damaged_fits_nothing() -> None:
    passwords = Passwords(hasher=CHEAP)
    damaged = Account(login="wang", name="王五", role=Role.HEAD, password_hash="$argon2id$half")
    assert not passwords.fits(damaged, "correct horse battery")


def test_so_many_as_are_remembered_are_not_taken_again() -> None:
    passwords = Passwords(hasher=CHEAP, remembered=3)
    wang = account(passwords, before=("one before that", "two before that", "three before that"))
    for used in ("correct horse battery", "one before that", "two before that"):
        with pytest.raises(InvalidInput, match="last 3"):
            passwords.check_history(wang, used)
    passwords.check_history(wang, "three before that")


def test_a_password_wears_out_where_the_site_says_so(clock: StoppedClock) -> None:
    wang = account(Passwords(hasher=CHEAP), password_changed_at=clock())
    later = clock() + timedelta(days=181)
    assert Passwords(hasher=CHEAP).outworn(wang, later)
    assert not Passwords(hasher=CHEAP).outworn(wang, later - timedelta(days=2))
    assert not Passwords(hasher=CHEAP, max_age=timedelta(0)).outworn(wang, later)


def test_a_guess_begins_with_the_names_of_the_hospital(accounts: Accounts) -> None:
    hospital = HospitalSettings(name="测试医院", aliases=("Ceshi Hospital No. 9",))
    here, _ = build_people(hospital, accounts.store, accounts.around)
    for guess in ("测试医院2026!Kx", "ceshi hospital no. 9 Kx"):
        with pytest.raises(InvalidInput, match="easy to guess"):
            here.passwords.check("wang", guess)
    here.passwords.check("wang", "correct horse battery")
