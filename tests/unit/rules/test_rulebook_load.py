"""Reading rules, lexicon and catalogue must not hold up the start."""

from __future__ import annotations

import shutil
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from plugin.domain.errors import ConfigError
from plugin.rules.rulebook import Rulebook
from tests.conftest import ROOT


def test_each_file_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: Counter[str] = Counter()
    parse = tomllib.loads

    def counted(text: str) -> dict[str, Any]:
        parsed[text] += 1
        return parse(text)

    monkeypatch.setattr(tomllib, "loads", counted)
    Rulebook.load(ROOT / "config")
    assert parsed
    assert set(parsed.values()) == {1}


def test_a_mistake_in_a_sites_lexicon_is_named_with_its_line(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "config", tmp_path / "config")
    site = tmp_path / "config/rules/lexicon/site"
    site.mkdir(exist_ok=True)
    (site / "ours.toml").write_text('[[observation]]\nid = "patchy"\nword = ["云雾影"]\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"ours\.toml:3: observation\.0\.word: unknown key"):
        Rulebook.load(tmp_path / "config")
