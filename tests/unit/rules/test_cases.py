"""Every case of ``tests/cases/<rule-id>.toml``: text in, issues of that rule out.

A file holds ``[[hit]]`` (the rule speaks) and ``[[sound]]`` (it is silent).  A case has the
keys of a check-reports line; ``text``, where it is given, is what the rule points at.
``[base]`` is what all cases of a file share.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from plugin.domain.exchange import case_from_json
from plugin.rules.rulebook import Rulebook

ROOT = Path(__file__).resolve().parents[3]
FILES = sorted((ROOT / "tests" / "cases").glob("*.toml"))


def _cases() -> list[Any]:
    params = []
    for file in FILES:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
        for kind in ("hit", "sound"):
            for index, case in enumerate(raw.get(kind, [])):
                merged = {**raw.get("base", {}), **case}
                params.append(
                    pytest.param(file.stem, kind == "hit", merged, id=f"{file.stem}-{kind}-{index}")
                )
    return params


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    return Rulebook.load(ROOT / "config")


@pytest.mark.parametrize(("rule", "speaks", "data"), _cases())
def test_case(rulebook: Rulebook, rule: str, speaks: bool, data: dict[str, Any]) -> None:
    expected = data.pop("text", None)
    found = [issue for issue in rulebook.inspect(case_from_json(data)).issues if issue.rule == rule]

    assert bool(found) is speaks, [issue.message for issue in found]
    if expected is not None:
        assert expected in [issue.text for issue in found]
    sections = {"findings": data.get("findings"), "impression": data.get("impression")}
    for issue in found:
        if sections.get(issue.section):
            assert sections[issue.section][issue.start : issue.end] == issue.text


def test_every_rule_has_its_cases() -> None:
    rules = {name for name, _ in Rulebook.load(ROOT / "config").checks}

    assert {file.stem for file in FILES} == rules


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_rule_has_thirty_cases_of_both_kinds(file: Path) -> None:
    raw = tomllib.loads(file.read_text(encoding="utf-8"))
    hits, sound = ({repr(case) for case in raw[kind]} for kind in ("hit", "sound"))

    assert len(hits | sound) >= 30
    assert len(hits) >= 10
    assert len(sound) >= 10
