"""What follows from a reading is worked out once, whatever it comes to."""

from __future__ import annotations

import pytest

from plugin.text.derived import Derives


class Reading(Derives):
    def __init__(self, text: str) -> None:
        self.text = text
        self._derived = {}


@pytest.mark.parametrize("value", ["肺", "", None, 0, False])
def test_worked_out_once_for_each_reading(value: object) -> None:
    asked: list[str] = []

    def work_out(reading: Reading) -> object:
        asked.append(reading.text)
        return value

    one, other = Reading("双肺"), Reading("双肾")

    assert [reading.derived(work_out) for reading in (one, one, other, one)] == [value] * 4
    assert asked == ["双肺", "双肾"]


def test_each_has_what_it_asked_for() -> None:
    reading = Reading("双肺")

    assert reading.derived(lambda read: len(read.text)) == 2
    assert reading.derived(lambda read: read.text[0]) == "双"


def test_what_could_not_be_worked_out_is_asked_again() -> None:
    reading = Reading("双肺")
    known: dict[str, int] = {}

    def work_out(read: Reading) -> int:
        return known[read.text]

    with pytest.raises(KeyError):
        reading.derived(work_out)
    known["双肺"] = 1
    assert reading.derived(work_out) == 1
