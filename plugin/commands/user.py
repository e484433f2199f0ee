"""``signgate user``: accounts from the command line, for the first day and for the locked-out."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from plugin import logs
from plugin.bootstrap.people import build_people
from plugin.bootstrap.surroundings import surroundings, utc_now
from plugin.commands.actor import actor
from plugin.commands.options import config_option, data_option
from plugin.configuration import locate
from plugin.domain.errors import InvalidInput
from plugin.domain.people import Role
from plugin.site.settings import load_site
from plugin.store.job_listing import SqlJobListing
from plugin.store.reading import SqlReading
from plugin.store.store import open_beside, open_store
from plugin.workflow.accounts import Accounts


@click.group("user")
def command() -> None:
    """Add accounts, set passwords, disable and list them.

    `list` may run beside `signgate serve`; what changes something needs the database for
    itself: on SQLite stop `serve` first, or use the page 账户 of a system administrator.
    """
    logs.configure(readable=sys.stderr.isatty())


@command.command("add")
@click.argument("login")
@click.option("--name", required=True, help="The person's name.")
@click.option(
    "--role", required=True, type=click.Choice([role.value for role in Role]), help="What the account is for."
)
@click.option("--staff-id", default="", help="The RIS's identifier of the same person.")
@click.option("--department", default="", help="Ward or department, as the RIS writes it.")
@config_option
@data_option
def add(
    login: str,
    name: str,
    role: str,
    staff_id: str,
    department: str,
    config_dir: Path | None,
    data_dir: Path,
) -> None:
    """Add an account; it changes its password at the first sign-in.

    The password is asked for on a terminal, or read as one line from standard input.
    """
    with _accounts(config_dir, data_dir) as accounts:
        accounts.add(actor(), login, name, Role(role), _password(), staff_id=staff_id, department=department)
    click.echo(f"added {login} ({role})")


@command.command("passwd")
@click.argument("login")
@config_option
@data_option
def passwd(login: str, config_dir: Path | None, data_dir: Path) -> None:
    """Set a password, end the account's sessions, lift its lock."""
    with _accounts(config_dir, data_dir) as accounts:
        accounts.change_password(actor(), login, _password())
    click.echo(f"password of {login} set; it must be changed at the next sign-in")


@command.command("disable")
@click.argument("login")
@config_option
@data_option
def disable(login: str, config_dir: Path | None, data_dir: Path) -> None:
    """Close an account and end its sessions."""
    with _accounts(config_dir, data_dir) as accounts:
        accounts.set_disabled(actor(), login, True)
    click.echo(f"disabled {login}")


@command.command("enable")
@click.argument("login")
@config_option
@data_option
def enable(login: str, config_dir: Path | None, data_dir: Path) -> None:
    """Open a disabled or locked account again."""
    with _accounts(config_dir, data_dir) as accounts:
        accounts.set_disabled(actor(), login, False)
    click.echo(f"enabled {login}")


@command.command("list")
@config_option
@data_option
def list_(config_dir: Path | None, data_dir: Path) -> None:
    """Print login, role, staff ID, department and state, one account a line, tab-separated."""
    site = load_site(locate(config_dir))
    with open_beside(site.store, data_dir, utc_now) as store:
        for account in SqlReading(store, SqlJobListing(store)).accounts():
            state = "disabled" if account.disabled else "active"
            fields = (account.login, account.role.value, account.staff_id, account.department, state)
            click.echo("\t".join(fields))


@contextlib.contextmanager
def _accounts(config_dir: Path | None, data_dir: Path) -> Iterator[Accounts]:
    site = load_site(locate(config_dir))
    with open_store(site.store, data_dir, utc_now) as store:
        yield build_people(site.hospital, store, surroundings(site))[0]


def _password() -> str:
    stream = sys.stdin
    if stream.isatty():
        asked: str = click.prompt("password", hide_input=True, confirmation_prompt=True)
        return asked
    line: str = stream.readline().rstrip("\r\n")
    if not line:
        raise InvalidInput("password", "write it as one line to standard input")
    return line
