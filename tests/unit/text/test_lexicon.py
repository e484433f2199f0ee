"""A lexicon file that is wrong is named; a site's file adds to ours."""

from __future__ import annotations

import pytest

from plugin.domain.errors import ConfigError
from plugin.text.lexicon import Lexicon

GOOD = '[[anatomy]]\nid = "lung"\nwords = ["肺"]\npaired = true\n'


def test_site_words_are_added(tmp_path):
    (tmp_path / "ours.toml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "more.toml").write_text(
        '[[anatomy]]\nid = "lung"\nwords = ["肺脏"]\n', encoding="utf-8"
    )

    lexicon = Lexicon.load(tmp_path)

    assert lexicon.terms["lung"].words == ("肺", "肺脏")
    assert lexicon.terms["lung"].paired


@pytest.mark.parametrize(
    "text",
    [
        '[[anatomy]]\nwords = ["肺"]\n',
        '[[anatomy]]\nid = "lung"\nwords = "肺"\n',
        '[[anatomy]]\nid = "lung"\nwords = ["肺"]\ncolour = 1\n',
        '[[anatomy]]\nid = "lobe"\nwords = ["叶"]\nparent = "lung"\n',
        '[[cue]]\nreach = "sideways"\nwords = ["未见"]\n',
        '[[cue]]\nreach = "before"\nassertion = "maybe"\nwords = ["未见"]\n',
        "[nonsense]\nx = 1\n",
        "not toml",
    ],
)
def test_a_wrong_file_is_named(tmp_path, text):
    (tmp_path / "wrong.toml").write_text(text, encoding="utf-8")

    with pytest.raises(ConfigError):
        Lexicon.load(tmp_path)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="holds no lexicon"):
        Lexicon.load(tmp_path)


def test_a_missing_list_is_named(tmp_path):
    (tmp_path / "ours.toml").write_text(GOOD, encoding="utf-8")

    with pytest.raises(ConfigError, match=r"lists\.side_L"):
        Lexicon.load(tmp_path).words("side_L")
