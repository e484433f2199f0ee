"""Lengths as they are written in reports."""

from __future__ import annotations

import pytest

from plugin.text.measures import find_measures


@pytest.mark.parametrize(
    ("text", "millimetres"),
    [
        ("直径约8mm", [(8.0,)]),
        ("约1.5cm×2.0cm", [(15.0, 20.0)]),
        ("大小约1.5×2.0×3cm", [(15.0, 20.0, 30.0)]),
        ("约12x8 mm", [(12.0, 8.0)]),
        ("约5mm×1cm", [(5.0, 10.0)]),
        ("厚约3毫米，长2厘米", [(3.0,), (20.0,)]),
        ("约2公分", [(20.0,)]),
        ("长约1.2m", [(1200.0,)]),
        # No unit, or one of something else, is no length.
        ("im25/123", []),
        ("2026-06-15mm", []),
        ("ct值约45hu", []),
        ("约3m2", []),
        ("无", []),
    ],
)
def test_lengths_are_found_in_millimetres(text: str, millimetres: list[tuple[float, ...]]) -> None:
    assert [each.values_mm for each in find_measures(text)] == millimetres


def test_how_a_length_is_written_is_kept() -> None:
    (found,) = find_measures("结节约1.50×2cm。")
    assert (found.values, found.unit, found.digits) == (("1.50", "2"), "cm", (2, 0))
    assert "结节约1.50×2cm。"[found.start : found.end] == "1.50×2cm"
