"""The catalogue as data: strict on reading, and open to what a site has decided."""

import shutil
from pathlib import Path

import pytest

from plugin.domain.critical import Tier
from plugin.domain.errors import ConfigError
from plugin.rules.critical.catalogue import Catalogue
from plugin.rules.critical.detector import Detector
from plugin.rules.critical.patterns import Patterns
from plugin.text.lexicon import Lexicon

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "config/critical", tmp_path / "critical"))


def site(folder: Path, text: str) -> Catalogue:
    (folder / "site.toml").write_text(text, encoding="utf-8")
    return Catalogue(folder)


def test_a_site_sets_threshold_minutes_and_recipients(folder: Path) -> None:
    catalogue = site(
        folder,
        '[entry.LARGE_PTX]\nminutes = 5\ntell = ["急诊科"]\ntier = "orange"\nthreshold.lung_compression.at_least = 70\n',
    )
    entry = catalogue.entries["LARGE_PTX"]
    assert (entry.minutes, entry.tell, entry.tier) == (5, ("急诊科",), Tier.ORANGE)
    limit = catalogue.settings["LARGE_PTX"].limit("lung_compression")
    assert limit is not None
    assert (limit.reached(69), limit.reached(70), limit.measure) == (False, True, "lung_compression")


def test_a_site_switches_an_entry_off(folder: Path) -> None:
    assert "NODULE_FU" not in site(folder, "[entry.NODULE_FU]\noff = true\n").entries


def test_a_site_adds_words_and_ours_stay(folder: Path) -> None:
    catalogue = site(folder, '[entry.PE]\nterms = ["肺动脉怪病"]\n[lists]\nbrain = ["额底"]\n')
    assert "肺动脉怪病" in catalogue.settings["PE"].terms
    assert len(catalogue.settings["PE"].terms) > 1
    assert catalogue.lists["brain"][-1] == "额底"


def test_a_changed_word_is_another_version(folder: Path) -> None:
    before = Catalogue(folder).version
    assert site(folder, '[entry.PE]\nterms = ["肺动脉怪病"]\n').version != before


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[entry.NOPE]\noff = true\n", "no such code"),
        ("[entry.PE]\nminuets = 5\n", "unknown key"),
        ("[entry.PE]\nthreshold.size.at_least = 5\n", "no such threshold"),
        ("[lists]\nbrian = []\n", "no such list"),
        ("[alerts]\non = true\n", "unknown key"),
        ('[entry.PE]\ntier = "purple"\n', "'red', 'orange' or 'yellow'"),
    ],
)
def test_a_mistake_of_the_site_is_named(folder: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told) as caught:
        site(folder, text)
    assert caught.value.file.endswith("site.toml")
    assert caught.value.key


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('code = "SAH"', 'code = "ICH"', "twice"),
        ('outranks = ["ICH"]', 'outranks = ["XYZ"]', "no such code: XYZ"),
        ('measure = "lung_compression"', 'measure = "weight"', "unknown measure 'weight'"),
        ('measure = "volume"', 'measure = "weight"', "unknown measure 'weight'"),
        ('grade = "aast"', 'grade = "stage"', "no threshold called 'stage'"),
        ('tier = "red"', "tier = 1", "tier"),
        ('version = "2026.1"', "", "is missing"),
    ],
)
def test_a_mistake_of_the_catalogue_is_named(folder: Path, before: str, after: str, told: str) -> None:
    file = folder / "catalogue.toml"
    file.write_text(file.read_text(encoding="utf-8").replace(before, after, 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=told):
        Catalogue(folder)


@pytest.mark.parametrize(
    ("pattern", "told"),
    [("{nowhere} + 血肿", "nowhere"), ("血肿 & #size", "no threshold"), ("血肿 + ", "empty")],
)
def test_a_pattern_that_cannot_be_read_is_named(folder: Path, pattern: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        Patterns(site(folder, f'[entry.PE]\nterms = ["{pattern}"]\n'))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="file not found"):
        Detector.load(tmp_path, Lexicon.load(ROOT / "config/rules/lexicon"))
