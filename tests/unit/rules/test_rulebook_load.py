"""Reading rules, lexicon and catalogue must not hold up the start."""

from __future__ import annotations

import tomllib
from collections import Counter
from typing import Any

import pytest

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
