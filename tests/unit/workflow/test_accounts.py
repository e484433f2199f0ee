"""Accounts: who may have one, and who may change what."""

from __future__ import annotations

import pytest

from plugin.domain.errors import GateConflict, InvalidInput, NotAllowed, NotAuthentic
from plugin.domain.people import Role
from plugin.workflow.accounts import Accounts
from plugin.workflow.sign_in import SignIn

PASSWORD = "correct horse battery"
HERE = "10.0.0.1"


@pytest.mark.parametrize("change", ["password", "role", "disable", "sign_out"])
def test_a_change_ends_the_sessions(accounts: Accounts, sign_in: SignIn, wang: str, change: str) -> None:
    secret = sign_in.open(wang, PASSWORD, HERE).secret
    match change:
        case "password":
            accounts.change_own_password(wang, PASSWORD, "another good phrase")
        case "role":
            accounts.change_role("test", wang, Role.QC_STAFF)
        case "disable":
            accounts.set_disabled("test", wang, True)
        case "sign_out":
            sign_in.close(secret)
    assert sign_in.session(secret) is None


@pytest.mark.parametrize(
    "password", ["short", "aaaaaaaaaaaa", "WANG-wang-2026!", "Password12345", "x" * 257, "xxSignGate99x"]
)
def test_a_password_that_is_easy_to_guess_is_refused(
    accounts: Accounts, sign_in: SignIn, password: str
) -> None:
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


def test_the_owner_changes_his_password_only_with_the_old_one(
    accounts: Accounts, sign_in: SignIn, wang: str
) -> None:
    with pytest.raises(NotAuthentic):
        accounts.change_own_password(wang, "wrong", "another good phrase")
    with pytest.raises(InvalidInput):
        accounts.change_own_password(wang, PASSWORD, PASSWORD)
    accounts.change_own_password(wang, PASSWORD, "another good phrase")
    assert not sign_in.open(wang, "another good phrase", HERE).account.must_change_password


def test_nobody_changes_his_own_role(accounts: Accounts, wang: str) -> None:
    with pytest.raises(NotAllowed, match="own role"):
        accounts.change_role(wang, wang, Role.HEAD)


def test_the_last_administrator_stays_one(accounts: Accounts, wang: str) -> None:
    accounts.change_role("test", wang, Role.SYSTEM_ADMIN)
    others = accounts.store.read(lambda uow: uow.people.with_role(Role.SYSTEM_ADMIN))
    for each in others:
        if each.login != wang:
            accounts.set_disabled("test", each.login, True)
    with pytest.raises(NotAllowed, match="last administrator"):
        accounts.set_disabled("test", wang, True)
    with pytest.raises(NotAllowed, match="last administrator"):
        accounts.change_role("test", wang, Role.QC_STAFF)
    accounts.change_role("test", wang, Role.SYSTEM_ADMIN)
    accounts.add("test", "zhao", "测试员己", Role.SYSTEM_ADMIN, PASSWORD)
    accounts.change_role("test", wang, Role.QC_STAFF)


def test_nobody_closes_his_own_account(accounts: Accounts, wang: str) -> None:
    with pytest.raises(NotAllowed):
        accounts.set_disabled(wang, wang, True)
