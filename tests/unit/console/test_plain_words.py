"""Every action of the audit trail has words, and an unknown code is shown as it is."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest
from conftest import ROOT

from plugin.console.plain_words import ACTIONS, FAMILIES, PlainWords
from plugin.kit.messages import load_catalogue

_NOTES = {"append", "_audit", "note_look", "note"}
"""Functions that write into the trail; the action is one of their constant arguments."""


def written() -> Iterator[str]:
    """Actions that stand as constants in calls that write into the trail."""
    for path in (ROOT / "plugin").rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(call, ast.Call):
                continue
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            on = getattr(call.func, "value", None)
            if name == "append" and not (isinstance(on, ast.Attribute) and on.attr == "audit"):
                continue
            if name in _NOTES:
                constants = [a.value for a in call.args if isinstance(a, ast.Constant)]
                yield from (
                    c for c in constants if isinstance(c, str) and "." in c and c.isascii() and " " not in c
                )


def words(language: str = "zh_CN") -> PlainWords:
    catalogue = load_catalogue(ROOT / "config" / "messages")
    return PlainWords(catalogue, catalogue.speak(language), lambda form_id: f"«{form_id}»")


def test_every_action_that_is_written_has_words() -> None:
    found = set(written())
    assert len(found) > 40
    plain = words()
    assert sorted(code for code in found if not plain.action(code)) == []


def test_every_action_with_a_name_of_its_own_has_words() -> None:
    plain = words("en")
    assert [code for code in ACTIONS if not plain.action(code)] == []


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("exam.read", "查看检查"),
        ("alert.acknowledged", "危急值 · 已接收"),
        ("switch.gate", "开关 · 签发拦截"),
        ("something.else", ""),
        ("alert.unheard_of", ""),
        ("gate", ""),
    ],
)
def test_an_action_in_words(code: str, said: str) -> None:
    assert words().action(code) == said


def test_families_are_of_the_catalogue() -> None:
    assert set(FAMILIES) == {"alert", "correction", "review", "switch"}


def test_facts_in_words_and_what_has_none_as_it_is() -> None:
    plain = words()
    assert (plain.name("patient_id"), plain.value("patient_id", "P1")) == ("患者号", "P1")
    assert (plain.name("weather"), plain.value("means", "pager-9")) == ("weather", "pager-9")
    assert plain.value("forms", "image report") == "«image»、«report»"
    assert plain.value("reason", "sampled") == "抽中，评分后放行"
    assert (plain.state("gate", "hold"), plain.state("gate", "?"), plain.state("x", "y")) == (
        "拦截",
        "?",
        "y",
    )
    assert words("en").value("role", "head") == "Head of department"
