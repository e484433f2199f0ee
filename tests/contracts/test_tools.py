"""The scripts that CI leans on: a forbidden skip is seen, a release takes its fragments with it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"

JUNIT = """<testsuites><testsuite>
<testcase classname="a" name="runs"/>
<testcase classname="a" name="skips"><skipped message="{reason}"/></testcase>
</testsuite></testsuites>"""


def run(tool: str, *arguments: str, root: Path = TOOLS.parent) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(root / "tools" / tool), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("reason", "status"), [("../shared is not there", 0), ("dcmdump is not installed (make system)", 1)]
)
def test_only_the_shared_material_may_be_missing(tmp_path, reason, status):
    file = tmp_path / "junit.xml"
    file.write_text(JUNIT.format(reason=reason), encoding="utf-8")
    done = run("check-skips", str(file))

    assert done.returncode == status
    assert ("a::skips" in done.stderr) == bool(status)


@pytest.fixture
def checkout(tmp_path) -> Path:
    (tmp_path / "tools").mkdir()
    shutil.copy(TOOLS / "changelog", tmp_path / "tools")
    (tmp_path / "docs" / "changes").mkdir(parents=True)
    return tmp_path


def fragment(checkout: Path, name: str, text: str) -> None:
    (checkout / "docs" / "changes" / name).write_text(text, encoding="utf-8")


def test_releases_stand_newest_first_and_take_their_fragments(checkout):
    fragment(checkout, "a.md", "# A heading\n\nOne change\nover two lines.\n\nAnother.")
    assert run("changelog", root=checkout).stdout == "- One change over two lines.\n- Another.\n"

    assert run("changelog", "--release", "0.1.0", root=checkout).returncode == 0
    fragment(checkout, "b.md", "- 新的 item\n- Second item")
    assert run("changelog", "--release", "0.2.0", root=checkout).returncode == 0

    written = (checkout / "CHANGELOG.md").read_text(encoding="utf-8")
    assert [line.split()[1] for line in written.splitlines() if line.startswith("## ")] == ["0.2.0", "0.1.0"]
    assert "- 新的 item\n- Second item\n" in written
    assert written.count("One change over two lines.") == 1
    assert list((checkout / "docs" / "changes").iterdir()) == []


def test_an_empty_fragment_is_named(checkout):
    fragment(checkout, "empty.md", "\n")
    done = run("changelog", "--check", root=checkout)

    assert done.returncode == 1
    assert "empty.md" in done.stderr


def test_a_python_that_is_not_there_is_told(tmp_path):
    done = subprocess.run(
        [str(TOOLS / "make-venv"), "python-of-tomorrow", str(tmp_path / "v")],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "python-of-tomorrow was not found" in done.stderr
