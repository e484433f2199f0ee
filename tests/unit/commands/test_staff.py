"""``signgate staff``: a file is taken over whole, or every mistake of it is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from stores import temporary_store

from plugin.commands.staff import command

GOOD = "工号,姓名,角色\nD1,测试医师甲,主治医师\nH1,测试主任,科主任\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    written = tmp_path / "staff.csv"
    written.write_text(GOOD, "gb18030")
    return written


def run(tmp_path: Path, *arguments: str) -> Result:
    return CliRunner().invoke(command, [*arguments, "--data", str(tmp_path / "data")], catch_exceptions=False)


def test_a_file_is_taken_over_and_listed(tmp_path: Path, file: Path) -> None:
    assert "2 people taken over" in run(tmp_path, "import", str(file)).stdout
    listed = run(tmp_path, "list")
    assert '"H1","测试主任","head"' in listed.stdout
    again = tmp_path / "again.csv"
    again.write_bytes(listed.stdout_bytes)
    assert run(tmp_path, "import", str(again)).exit_code == 0
    assert run(tmp_path, "list").stdout == listed.stdout


def test_the_table_is_listed_while_another_process_has_the_database(tmp_path: Path, file: Path) -> None:
    run(tmp_path, "import", str(file))
    with temporary_store(tmp_path / "data"):
        assert '"H1","测试主任","head"' in run(tmp_path, "list").stdout


def test_a_check_changes_nothing(tmp_path: Path, file: Path) -> None:
    assert "2 people, nothing is wrong" in run(tmp_path, "import", "--check", str(file)).stdout
    assert not (tmp_path / "data").exists()


def test_every_mistake_is_one_line(tmp_path: Path, file: Path) -> None:
    with temporary_store(tmp_path / "data"):
        pass
    file.write_text(GOOD + "D1,又一人,技师\nD3,丙,wizard\n", "utf-8")
    answer = run(tmp_path, "import", str(file))
    assert answer.exit_code == 1
    assert f"{file}: line 4: D1 stands in line 2 already" in answer.stderr
    assert f"{file}: line 5: 'wizard' is no role" in answer.stderr
    assert "nothing was taken over; 2 mistakes" in answer.stderr
    assert "D1" not in run(tmp_path, "list").stdout
