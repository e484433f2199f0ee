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


def _with_site(folder, text):
    (folder / "ours.toml").write_text(
        GOOD + '[[observation]]\nid = "nodule"\nwords = ["结节"]\n', encoding="utf-8"
    )
    (folder / "site").mkdir()
    (folder / "site" / "more.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            '[[observation]]\nid = "patchy"\nwords = ["云雾影", "结节"]\n',
            "'结节' is a word of 'nodule' already",
        ),
        ('[[anatomy]]\nid = "duct"\nwords = ["甲管"]\nparent = "nosuch"\n', r"anatomy\.0\.parent: 'nosuch'"),
        ('[[observation]]\nid = "patchy"\nwords = ["云雾影", " "]\n', "holds an empty word"),
        ('[[observation]]\nid = "patchy"\nwords = "云雾影"\n', "must be a list of words"),
        ('[[cue]]\nreach = "before"\nassertion = "denide"\nwords = ["未睹"]\n', "one of affirmed, denied"),
    ],
)
def test_a_sites_mistake_is_named_with_its_file(tmp_path, text, says):
    with pytest.raises(ConfigError, match=says) as refused:
        Lexicon.load(_with_site(tmp_path, text))
    assert refused.value.file.endswith("more.toml")


def test_a_site_may_name_again_what_its_entry_holds_already(tmp_path):
    lexicon = Lexicon.load(_with_site(tmp_path, '[[observation]]\nid = "nodule"\nwords = ["结节", "小结"]\n'))
    assert set(lexicon.terms["nodule"].words) == {"结节", "小结"}


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="holds no lexicon"):
        Lexicon.load(tmp_path)


def test_a_missing_list_is_named(tmp_path):
    (tmp_path / "ours.toml").write_text(GOOD, encoding="utf-8")

    with pytest.raises(ConfigError, match=r"lists\.side_L"):
        Lexicon.load(tmp_path).words("side_L")
