"""``signgate check-config``: what is shipped is sound, and a mistake is named with its file."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from plugin.commands.check_config import command
from tests.conftest import ROOT


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "config", tmp_path / "config"))


def test_what_is_shipped_is_sound() -> None:
    told = CliRunner().invoke(command, [str(ROOT / "config")])
    assert told.exit_code == 0, told.output
    assert told.output.startswith(f"{ROOT / 'config'}: sound; ")


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("site.toml", "[hl7]\nport = -1"),
        ("gate.toml", "[[policy]]\np = 0.1"),
        ("rules/report.toml", "[laterality]\nseverity = 5"),
        ("hl7/default.toml", "[report]\nauther = 'OBR-32'"),
        ("image_checks.toml", "[nonsense]\nx = 1"),
        ("notify.toml", '[[channel]]\nkindx = "browser"'),
        ("notify.toml", '[[channel]]\nkind = "pigeon"'),
        ("rules/earning.toml", "[floors]\ntypoo = 0.5"),
        ("rules/earning.toml", '[gives_way]\ntypo = ["laterallity"]'),
    ],
)
def test_the_first_mistake_is_named_with_its_file(config: Path, file: str, text: str) -> None:
    assert (config / file).is_file()
    (config / file).write_text(text, encoding="utf-8")
    told = CliRunner().invoke(command, [str(config)])
    assert told.exit_code == 1
    assert told.stderr.startswith(f"signgate: {config / file}:")


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("gate.toml", "p = 0.05", "p = 5", ": policy.1.p: 5.0 is not a probability between 0 and 1"),
        ("gate.toml", "per_hour = 4", "per_hour = -1", ": caps.per_hour: is a number from 0 (no limit)"),
        ("site.toml", 'call_back = ""', 'call_back = "ris"', ": callers.ris.call_back: "),
        (
            "data_quality.toml",
            "warn_share = ",
            "warn_share = 8 #",
            ": timeliness.warn_share: must be less than",
        ),
        ("image_checks.toml", "tolerance = ", "tolerance = -1 #", ": slices.tolerance: must be greater than"),
    ],
)
def test_a_value_that_makes_no_sense_is_named_with_its_line(
    config: Path, file: str, old: str, new: str, said: str
) -> None:
    text = (config / file).read_text("utf-8")
    assert old in text
    (config / file).write_text(text.replace(old, new, 1), "utf-8")
    told = CliRunner().invoke(command, [str(config)])
    assert re.match(re.escape(f"signgate: {config / file}:") + r"[1-9]\d*" + re.escape(said), told.stderr)


def test_every_mistake_of_every_file_is_named(config: Path) -> None:
    spoilt = {
        "site.toml": ("[hl7]", '[hl7]\nporrt = 1\nconnections = "x"'),
        "hl7/default.toml": ("[report]", "[report]\nauther = ['OBR-32']"),
        "hl7/chinese_his.toml": ("extends", "extends extends"),
        "data_quality.toml": ("warn_share = ", "warn_share = 8 #"),
    }
    for file, (old, new) in spoilt.items():
        text = (config / file).read_text("utf-8")
        (config / file).write_text(text.replace(old, new, 1), "utf-8")
    (config / "hl7" / "ours.toml").write_text('extends = "default"\n[mach]\n', "utf-8")
    told = CliRunner().invoke(command, [str(config)])
    assert told.exit_code == 1
    named = {
        tuple(re.sub(r":\d+$", "", part) for part in line.split(": ")[1:3])
        for line in told.stderr.splitlines()
    }
    assert named == {
        (f"{config}/site.toml", "hl7.porrt"),
        (f"{config}/site.toml", "hl7.connections"),
        (f"{config}/hl7/default.toml", "report.auther"),
        (f"{config}/hl7/chinese_his.toml", "is not TOML"),
        (f"{config}/hl7/ours.toml", "mach"),
        (f"{config}/data_quality.toml", "timeliness.warn_share"),
    }


def test_the_folder_may_come_from_the_environment(config: Path) -> None:
    told = CliRunner().invoke(command, [], env={"SIGNGATE_CONFIG": str(config)})
    assert told.output.startswith(f"{config}: sound")
