"""Where a clause is: the anatomy it names, or takes over from its sentence."""

from pathlib import Path

from plugin.rules.comparison.clause_places import anatomy_by_clause, places_at
from plugin.text.lexicon import Lexicon
from plugin.text.reader import read

LEXICON = Lexicon.load(Path(__file__).resolve().parents[4] / "config/rules/lexicon")


def names(text: str, clause: int) -> list[tuple[str, str]]:
    return [(place.term.id, place.side) for place in places_at(read(text, LEXICON), clause)]


def test_a_clause_without_anatomy_is_of_what_its_sentence_named_last() -> None:
    text = "左肾见结石，大小约8mm，边缘光整。胆囊壁厚，腔内未见结石"

    assert names(text, 0) == [("kidney", "L")]
    assert names(text, 2) == [("kidney", "L")]
    assert names(text, 4) == [("gallbladder", "")]


def test_nothing_is_taken_over_from_another_sentence() -> None:
    assert names("左肾见结石。大小约8mm", 1) == []


def test_a_word_of_no_region_is_no_place() -> None:
    assert set(anatomy_by_clause(read("骨质疏松，胸椎变扁", LEXICON))) == {1}


def test_what_stands_far_back_is_left_alone() -> None:
    text = "左肾见结石" + "，边缘光整" * 20

    assert names(text, 11) == [("kidney", "L")]
    assert names(text, 12) == []
