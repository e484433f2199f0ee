"""What counts as a conclusion on a finding: narrow conclusions, and how they are configured."""

import shutil
from pathlib import Path

import pytest

from plugin.domain.errors import ConfigError
from plugin.domain.exchange import case_from_json
from plugin.rules.comparison.concluded import Concluding, Narrow
from plugin.rules.rulebook import Rulebook
from tests.conftest import ROOT

BOOK = Rulebook.load(ROOT / "config")
NARROW = """
[[finding_without_conclusion.narrow]]
conclusions = ["{conclusion}"]
explains = ["{explained}"]
"""


def _config(folder: Path, conclusion: str, explained: str) -> Path:
    config = folder / "config"
    shutil.copytree(ROOT / "config", config)
    file = config / "rules" / "report.toml"
    raw = file.read_text(encoding="utf-8")
    marker = "\n[conclusion_without_finding]\n"
    assert marker in raw
    table = NARROW.format(conclusion=conclusion, explained=explained)
    file.write_text(raw.replace(marker, table + marker, 1), encoding="utf-8")
    return config


def test_conclusions_are_looked_up_by_observation_or_word() -> None:
    options = Concluding(
        narrow=(
            Narrow(conclusions=frozenset({"cyst", "骨赘"}), explains=frozenset({"cystic"})),
            Narrow(conclusions=frozenset({"atrophy"}), explains=frozenset()),
        )
    )

    assert options.explained == {"cyst": {"cystic"}, "骨赘": {"cystic"}, "atrophy": frozenset()}


@pytest.mark.parametrize(
    ("conclusion", "explained", "name"),
    [("shadow", "lesion", "shadow"), ("shunt", "骨赘", "骨赘"), ("liver", "lesion", "liver")],
)
def test_a_name_that_no_lexicon_holds_is_refused(
    tmp_path: Path, conclusion: str, explained: str, name: str
) -> None:
    with pytest.raises(ConfigError, match=f"narrow.*'{name}' is in no lexicon file") as refusal:
        Rulebook.load(_config(tmp_path, conclusion, explained))

    assert refusal.value.line > 0


def test_a_conclusion_stands_in_one_table_only(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cyst stands twice"):
        Rulebook.load(_config(tmp_path, "cyst", "lesion"))


def test_a_conclusion_that_a_site_calls_narrow_covers_less(tmp_path: Path) -> None:
    case = case_from_json({"findings": "食管下段见瘘管。食管中段管腔狭窄。", "impression": "食管瘘。"})
    site = Rulebook.load(_config(tmp_path, "fistula", "gas"))

    assert "finding_without_conclusion" not in {issue.rule for issue in BOOK.inspect(case).issues}
    assert "finding_without_conclusion" in {issue.rule for issue in site.inspect(case).issues}
