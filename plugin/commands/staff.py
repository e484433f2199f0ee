"""``signgate staff``: the staff table from a file of the personnel office, and back into one."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from plugin import logs
from plugin.bootstrap.surroundings import surroundings, utc_now
from plugin.commands.actor import actor
from plugin.commands.options import config_option, data_option
from plugin.configuration import locate
from plugin.domain.errors import InvalidInput
from plugin.domain.staff import StaffMember
from plugin.kit.spreadsheet import Format, Table, written
from plugin.kit.table_file import read_table
from plugin.site.settings import load_site
from plugin.store.store import SqlStore, open_beside, open_store
from plugin.workflow.keep_staff import KeepStaff
from plugin.workflow.staff_file import COLUMNS, WrongLines, read_members


@click.group("staff")
def command() -> None:
    """Import and list the people of the department.

    `list` and `import --check` may run beside `signgate serve`; `import` needs the database for
    itself: on SQLite stop `serve` first, or use the page 人员表, which works meanwhile.
    """
    logs.configure(readable=sys.stderr.isatty())


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--check", is_flag=True, help="Only read the file and say what is wrong with it.")
@config_option
@data_option
def import_(file: Path, check: bool, config_dir: Path | None, data_dir: Path) -> None:
    """Take over every line of FILE (CSV or XLSX), or none: people of the table who are not in it stay.

    The first line names the columns, in English or Chinese: staff_id (工号), name (姓名),
    role (角色), departments (科室), licensed (执业医师资格证), first_stage (第一阶段),
    specialties (专业), monthly_quota (每月上限), available (可分配), mail (邮箱).
    """
    try:
        data = file.read_bytes()
        members = read_members(read_table(data))
        if check:
            click.echo(f"{file}: {len(members)} people, nothing is wrong")
            return
        with _opened(config_dir, data_dir) as (store, keep):
            count = store.write(lambda uow: keep.import_file(uow, data, actor()))
    except WrongLines as error:
        for problem in error.problems:
            click.echo(f"{file}: {problem}", err=True)
        click.echo(f"{file}: nothing was taken over; {len(error.problems)} mistakes", err=True)
        sys.exit(1)
    except InvalidInput as error:
        raise InvalidInput(str(file), error.text) from None
    click.echo(f"{file}: {count} people taken over")


@command.command("list")
@click.option(
    "--format", "form", type=click.Choice(["csv", "xlsx", "json"]), default="csv", show_default=True
)
@config_option
@data_option
def list_(form: Format, config_dir: Path | None, data_dir: Path) -> None:
    """Print the table as `staff import` reads it."""
    site = load_site(locate(config_dir))
    with open_beside(site.store, data_dir, utc_now) as store:
        members = store.read(lambda uow: list(uow.staff.all()))
    table = Table(title="人员表", columns=COLUMNS, rows=[_row(member) for member in members])
    sys.stdout.buffer.write(written([table], form))


def _row(member: StaffMember) -> tuple[str, ...]:
    return (
        member.staff_id,
        member.name,
        member.role.value,
        "、".join(member.departments),
        _flag(member.licensed),
        _flag(member.first_stage),
        "、".join(member.specialties),
        str(member.monthly_quota),
        _flag(member.available),
        member.mail,
    )


def _flag(holds: bool) -> str:
    return "yes" if holds else "no"


@contextlib.contextmanager
def _opened(config_dir: Path | None, data_dir: Path) -> Iterator[tuple[SqlStore, KeepStaff]]:
    site = load_site(locate(config_dir))
    with contextlib.closing(open_store(site.store, data_dir, utc_now)) as store:
        yield store, KeepStaff(around=surroundings(site))
