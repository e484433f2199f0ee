"""Lengths, volumes and densities as they are written: value in mm, unit, digits."""

from __future__ import annotations

import re
from typing import NamedTuple

_UNITS = {"mm": 1.0, "毫米": 1.0, "cm": 10.0, "厘米": 10.0, "公分": 10.0, "㎜": 1.0, "㎝": 10.0, "m": 1000.0}
_NUMBER = r"\d{1,6}(?:\.\d{1,4})?"
# Opens with a digit and looks back from it, so that the search skips from one digit to the next.
_FIRST_NUMBER = r"\d(?<![\d./年月日-]\d)\d{0,5}(?:\.\d{1,4})?"
_UNIT = r"(?:mm|cm|毫米|厘米|公分|㎜|㎝|m(?![a-z0-9²³/]))"
_BY = r"\s{0,2}(?:×|x|\*)\s{0,2}"
_LENGTH = re.compile(
    rf"({_FIRST_NUMBER})\s?({_UNIT})?(?:{_BY}({_NUMBER})\s?({_UNIT})?)?(?:{_BY}({_NUMBER})\s?({_UNIT})?)?(?![\d])"
)


class Measure(NamedTuple):
    """A length or a size.

    `values_mm` has one number a dimension; `unit` is as written (``mm`` or ``cm`` after the
    case was folded); `digits` counts decimals of each value as written.
    """

    start: int
    end: int
    values_mm: tuple[float, ...]
    values: tuple[str, ...]
    unit: str
    digits: tuple[int, ...]


def find_measures(folded: str) -> tuple[Measure, ...]:
    """Find lengths and sizes that carry a unit; image references such as 25/123 carry none."""
    if (
        "m" not in folded
        and "米" not in folded
        and "公分" not in folded
        and "㎜" not in folded
        and "㎝" not in folded
    ):
        return ()
    measures = []
    for match in _LENGTH.finditer(folded):
        one, unit, another, other_unit, third, third_unit = match.groups()
        last = third_unit or other_unit or unit
        if not last:
            continue
        values: tuple[str, ...] = (one,)
        millimetres: tuple[float, ...] = (float(one) * _UNITS[unit or last],)
        if another:
            values += (another,)
            millimetres += (float(another) * _UNITS[other_unit or last],)
        if third:
            values += (third,)
            millimetres += (float(third) * _UNITS[third_unit or last],)
        digits = tuple([len(value.partition(".")[2]) for value in values])
        measures.append(Measure(*match.span(), millimetres, values, last, digits))
    return tuple(measures)
