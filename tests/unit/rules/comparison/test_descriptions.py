"""How findings describe a conclusion: which row is for it, and what makes another thing of a word."""

import re

from plugin.rules.comparison.descriptions import Description, by_conclusion, row_for

JOINT = Description(of=("effusion",), said=re.compile("关节"))
ANY = Description(of=("effusion", "hemorrhage"), unlike=re.compile("索条|血管"))


def test_rows_keep_their_order() -> None:
    rows = by_conclusion((JOINT, ANY))

    assert rows["effusion"] == (JOINT, ANY)
    assert rows["hemorrhage"] == (ANY,)
    assert "nodule" not in rows


def test_a_row_fits_what_its_words_stand_in() -> None:
    assert row_for((JOINT, ANY), "左膝关节积液") is JOINT
    assert row_for((JOINT, ANY), "左侧胸腔积液") is ANY
    assert row_for((JOINT,), "左侧胸腔积液") is None


def test_what_stands_beside_a_word_makes_another_thing_of_it() -> None:
    clause = "右肺下叶索条样高密度影"

    assert ANY.is_unlike(clause, clause.index("影"), len(clause))
    assert not JOINT.is_unlike(clause, clause.index("影"), len(clause))


def test_what_is_parted_from_a_word_says_nothing_of_it() -> None:
    clause = "右肺下叶索条影、小片影"

    assert not ANY.is_unlike(clause, len(clause) - 1, len(clause))


def test_what_stands_behind_a_word_counts_too() -> None:
    assert ANY.is_unlike("见高密度血管影", 1, 4)
