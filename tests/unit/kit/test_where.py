"""Where an error came from, without what it quotes."""

from __future__ import annotations

from plugin.kit.where import where


def deeper(depth: int) -> None:
    if depth:
        deeper(depth - 1)
    int("张三")


def test_the_very_place_comes_first_and_four_at_most() -> None:
    try:
        deeper(9)
    except ValueError as error:
        places = where(error).split(" < ")
    assert len(places) == 4
    assert places[0].startswith("test_where.py:")
    assert places[0] != places[1] == places[2]


def test_nothing_of_the_message_or_of_a_value_is_told() -> None:
    try:
        deeper(0)
    except ValueError as error:
        assert "张三" in str(error)
        assert "张三" not in where(error)


def test_an_error_that_was_never_raised_has_no_place() -> None:
    assert where(ValueError()) == ""
