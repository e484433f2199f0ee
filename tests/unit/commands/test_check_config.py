"""``signgate check-config``: what is shipped is sound, and a mistake is named with its file."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from plugin.commands.check_config import command
from plugin.domain.errors import ConfigError
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
    ],
)
def test_the_first_mistake_is_named_with_its_file(config: Path, file: str, text: str) -> None:
    assert (config / file).is_file()
    (config / file).write_text(text, encoding="utf-8")
    told = CliRunner().invoke(command, [str(config)])
    assert isinstance(told.exception, ConfigError)
    assert Path(file).name in str(told.exception)


def test_the_folder_may_come_from_the_environment(config: Path) -> None:
    told = CliRunner().invoke(command, [], env={"SIGNGATE_CONFIG": str(config)})
    assert told.output.startswith(f"{config}: sound")
