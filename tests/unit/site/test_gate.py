"""``gate.toml``: rows of the policy become the policy's own words."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from plugin.bootstrap.gate import check_gate, first_policy
from plugin.bootstrap.journeys import build_journeys
from plugin.bootstrap.surroundings import surroundings
from plugin.domain.errors import ConfigError, PluginError
from plugin.domain.gate import SignAction
from plugin.domain.sampling import Caps, Minimum, Period, SamplingRule, Scorer
from plugin.rules.scoring import load_forms
from plugin.site.gate import GateSettings, load_gate
from plugin.site.settings import Site
from tests.conftest import ROOT, StoppedClock
from tests.stores import temporary_store

GATE = """
hold_minutes = 30

[forms]
verify = ["RPT-P"]

[[policy]]
name = "急诊免抽"
p = 0.0
conditions = { patient_class = ["emergency"] }

[[policy]]
name = "其余"
p = 0.05

[[minimum]]
name = "每人每月"
count = 3
period = "month"

[caps]
per_hour = 2
gap_minutes = 5
"""


def load(folder: Path, text: str = GATE) -> GateSettings:
    (folder / "gate.toml").write_text(text, encoding="utf-8")
    return load_gate(folder)


def test_rows_become_rules_minimums_and_caps(tmp_path: Path) -> None:
    gate = load(tmp_path)
    assert gate.rules() == (
        SamplingRule(name="急诊免抽", p=0.0, conditions={"patient_class": ("emergency",)}),
        SamplingRule(name="其余", p=0.05, conditions={}),
    )
    assert gate.minimums() == (Minimum(name="每人每月", count=3, period=Period.MONTH, conditions={}),)
    assert gate.caps.caps() == Caps(per_hour=2, gap_minutes=5, shifts=(8, 16, 0))
    assert gate.forms == {SignAction.VERIFY: ("RPT-P",)}


@pytest.mark.parametrize("text", ["hold_minutes = 0", "later_per_shift = 51", "[[policy]]\np = 0.1", "x = 1"])
def test_a_mistake_is_named_with_its_file(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match=r"gate\.toml"):
        load(tmp_path, text)


@pytest.mark.parametrize(
    "text",
    [
        '[[policy]]\nname = "其余"\np = 1.5',
        '[[policy]]\nname = "其余"\np = 1.0\nconditions = { weather = ["rain"] }',
        '[forms]\nverify = ["NO-SUCH-FORM"]',
        '[forms]\nverify = ["peer_learning"]',
        '[[policy]]\nname = "其余"\np = 1.0\nforms = ["department_b1"]',
    ],
)
def test_a_policy_that_makes_no_sense_is_refused_before_anything_listens(tmp_path: Path, text: str) -> None:
    forms = load_forms(ROOT / "config" / "scoring")
    with pytest.raises(PluginError):
        check_gate(load(tmp_path, text), forms)


def test_the_first_policy_is_taken_over_once(tmp_path: Path, clock: StoppedClock) -> None:
    gate = load(tmp_path)
    with temporary_store(tmp_path / "data", clock) as store:
        store.write(first_policy(gate, clock()))
        first = store.read(lambda uow: uow.policies.live(clock()))
        store.write(first_policy(load(tmp_path, ""), clock() + timedelta(days=1)))
        versions = store.read(lambda uow: list(uow.policies.versions()))
    assert first is not None
    assert versions == [first]
    assert (first.version, first.author, first.rules) == (1, "gate.toml", gate.rules())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "config", tmp_path / "config")
    return tmp_path / "config"


def changed(folder: Path, before: str, after: str) -> Path:
    file = folder / "gate.toml"
    text = file.read_text("utf-8")
    assert before in text
    file.write_text(text.replace(before, after, 1), "utf-8")
    return folder


def test_an_optional_line_is_switched_on(folder: Path) -> None:
    gate = load_gate(changed(folder, "optional_lines = []", 'optional_lines = ["IMG-C6"]'))
    site = Site()
    forms = build_journeys(site, gate, folder, surroundings(site)).forms
    assert "IMG-C6" in {line.id for line in forms.get("image").conditions}


def test_an_optional_line_that_is_not_there_is_named(folder: Path) -> None:
    gate = load_gate(changed(folder, "optional_lines = []", 'optional_lines = ["IMG-C9"]'))
    site = Site()
    with pytest.raises(ConfigError, match="IMG-C9"):
        build_journeys(site, gate, folder, surroundings(site))


def test_a_rule_names_who_scores(folder: Path) -> None:
    wanted = 'name = "随机质控"\nscorer = "another"'
    rules = load_gate(changed(folder, 'name = "随机质控"', wanted)).rules()
    assert [rule.scorer for rule in rules] == [Scorer.SIGNER, Scorer.ANOTHER]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("\nneuro = ", "\nneurology = ", "no system of table B.1"),
        ('name = "随机质控"', 'name = "随机质控"\nscorer = "machine"', "scorer"),
    ],
)
def test_a_wrong_word_is_named(folder: Path, before: str, after: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        load_gate(changed(folder, before, after))
