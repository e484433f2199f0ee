"""``signgate user``: accounts from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from conftest import StoppedClock
from web_house import web_house

from plugin.commands.user import command
from plugin.domain.errors import InvalidInput, StoreUnavailable

PASSWORD = "correct horse battery\n"


def run(data: Path, *arguments: str, password: str = "") -> Result:
    result = CliRunner().invoke(command, [*arguments, "--data", str(data)], input=password)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def add(data: Path, login: str = "wang", password: str = PASSWORD) -> Result:
    return run(data, "add", login, "--name", "王五", "--role", "head", "--staff-id", "D7", password=password)


def test_an_account_is_added_listed_disabled_and_enabled(tmp_path: Path) -> None:
    assert "added wang (head)" in add(tmp_path).output
    assert "wang\thead\tD7\t\tactive" in run(tmp_path, "list").output
    run(tmp_path, "disable", "wang")
    assert "wang\thead\tD7\t\tdisabled" in run(tmp_path, "list").output
    run(tmp_path, "enable", "wang")
    assert "active" in run(tmp_path, "list").output


def test_a_password_is_set(tmp_path: Path) -> None:
    add(tmp_path)
    assert "must be changed" in run(tmp_path, "passwd", "wang", password="another good phrase\n").output


@pytest.mark.parametrize("password", ["", "short\n"])
def test_a_bad_password_is_named(tmp_path: Path, password: str) -> None:
    with pytest.raises(InvalidInput, match="password"):
        add(tmp_path, password=password)


def test_an_unknown_login_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="nobody"):
        run(tmp_path, "disable", "nobody")


def test_an_unknown_role_is_wrong_use(tmp_path: Path) -> None:
    result = run(tmp_path, "add", "wang", "--name", "王五", "--role", "king", password=PASSWORD)
    assert result.exit_code == 2
    assert "radiologist" in result.output


def test_beside_a_running_signgate_it_says_why_not(tmp_path: Path) -> None:

    with web_house(tmp_path, StoppedClock()), pytest.raises(StoreUnavailable):
        add(tmp_path)
