"""S54: what we run on is what we tried, unharmed; a wheelhouse installs by its hashes alone."""

from __future__ import annotations

import hashlib
import importlib.machinery
import importlib.util
import json
import subprocess
import sys
from importlib.metadata import Distribution, distribution
from pathlib import Path
from types import ModuleType

import pytest

TOOL = Path(__file__).resolve().parents[2] / "tools" / "audit-dependencies"


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    loader = importlib.machinery.SourceFileLoader("audit_dependencies", str(TOOL))
    spec = importlib.util.spec_from_loader("audit_dependencies", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def installed(
    folder: Path, name: str = "lookalike", licence: str = "MIT", content: bytes = b"x = 1\n"
) -> Distribution:
    """A package as pip leaves it."""
    (folder / f"{name}.py").write_bytes(content)
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\nLicense: {licence}\n")
    (info / "RECORD").write_text(f"{name}.py,sha256=nia_NpkRxFwkPGhBR7I_yeHc_PJX0pmhxjIBam_NM_Q,6\n")
    return Distribution.at(info)


def test_s54_the_environment_of_this_run_is_sound() -> None:
    done = subprocess.run([sys.executable, str(TOOL)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "as pinned, complete, unharmed, free to ship" in done.stdout


def test_s54_what_nobody_has_pinned_is_named(tool: ModuleType, tmp_path: Path) -> None:
    problems = list(tool.audit({"lookalike": installed(tmp_path)}))
    assert any("stands in no line of constraints.txt" in each for each in problems)


def test_s54_a_changed_file_is_named(tool: ModuleType, tmp_path: Path) -> None:
    problems = list(tool.harmed(installed(tmp_path, content=b"import os\n")))
    assert problems == ["lookalike.py was changed after its installation"]


def test_s54_another_version_is_named(tool: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tool, "pins", lambda: {"click": "0.1"})
    (problem,) = tool.audit({"click": distribution("click")})
    assert "constraints.txt says 0.1" in problem


@pytest.mark.parametrize("licence", ["GPL-3.0-only", "AGPL-3.0", "", "Proprietary"])
def test_s54_a_licence_that_may_not_be_shipped_is_named(
    tool: ModuleType, tmp_path: Path, licence: str
) -> None:
    problems = list(tool.audit({"lookalike": installed(tmp_path, licence=licence)}))
    assert any("may be shipped" in each for each in problems)


def test_s54_a_wheelhouse_is_locked_by_hashes(tool: ModuleType, tmp_path: Path) -> None:
    wheel = tmp_path / "some_thing-1.2-py3-none-any.whl"
    wheel.write_bytes(b"wheel")
    digest = hashlib.sha256(b"wheel").hexdigest()
    assert tool.lock(tmp_path) == f"some-thing==1.2 \\\n    --hash=sha256:{digest}"


def test_s54_the_bill_of_materials_names_every_package(tool: ModuleType) -> None:
    found, problems = tool.needed()
    named = {each["name"] for each in json.loads(tool.sbom(found))["components"]}
    assert {"flask", "sqlalchemy", "pydicom", "websockets"} <= named == set(found)
    assert problems == []
