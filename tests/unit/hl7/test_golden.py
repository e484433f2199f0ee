"""The golden messages are what their generator writes, and the specification shows them as they are."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from plugin.hl7.profile import parse_profile
from plugin.kit.settings import read_toml

ROOT = Path(__file__).resolve().parents[3]
WIRE = ROOT / "tests" / "wire"


@pytest.fixture(scope="module")
def make() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make", WIRE / "make.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_files_are_what_the_generator_writes(make: ModuleType) -> None:
    assert {path.stem for path in WIRE.glob("*.hl7")} == set(make.MESSAGES)
    for name in make.MESSAGES:
        assert (WIRE / f"{name}.hl7").read_bytes() == make.wire(name), name


def test_the_specification_shows_them_as_they_are(make: ModuleType) -> None:
    page = (ROOT / "docs" / "conformance" / "hl7.md").read_text(encoding="utf-8")
    shown = re.findall(r"```hl7 (\S+)\n(.*?)\n```", page, re.DOTALL)
    assert len(shown) >= 5
    for name, text in shown:
        assert text.split("\n") == make.MESSAGES[name][0], name


def test_the_profile_in_the_guide_is_one() -> None:
    page = (ROOT / "docs" / "hl7-profiles.md").read_text(encoding="utf-8")
    (sample,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    base = read_toml(ROOT / "config" / "hl7" / "default.toml")
    profile = parse_profile("guide", tomllib.loads(sample), base)
    assert profile.report_delivered == {"patient.age", "report.verifier"}
    assert profile.message.codec == "gb18030"
