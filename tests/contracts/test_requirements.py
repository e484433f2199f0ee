"""docs/requirements.md names only what is there, and every rule of ours is named in it or cites its clause."""

from __future__ import annotations

import re

from plugin.kit.settings import read_toml
from plugin.rules.rulebook import Rulebook
from tests.conftest import ROOT

TEXT = (ROOT / "docs" / "requirements.md").read_text(encoding="utf-8")


def test_every_place_that_is_named_exists() -> None:
    named = set(re.findall(r"`((?:plugin|config|tests|docs)/[^`]+)`", TEXT))
    assert len(named) > 40
    assert {place for place in named if not (ROOT / place).exists()} == set()


def test_every_rule_cites_its_clause() -> None:
    rules = read_toml(ROOT / "config" / "rules" / "report.toml")
    uncited = {
        name
        for name, options in rules.items()
        if name in dict(Rulebook.load(ROOT / "config").checks) and not options.get("clause")
    }
    assert uncited == set()
