"""Toes and fingers that are gone, and described."""

from __future__ import annotations

import pytest

from plugin.rules.comparison.digits import digit_described, gone_digit


@pytest.mark.parametrize(
    ("text", "digit"),
    [
        ("右足拇趾截趾术后2年", ("趾", 1)),
        ("左足小趾坏疽，截趾术后", ("趾", 5)),
        ("第三趾缺如", ("趾", 3)),
        ("右手环指离断伤", ("指", 4)),
        ("拟行第2趾截趾术", None),
        ("示指末节截指术后", None),
        ("中指离断再植术后", None),
        ("软组织缺失", None),
        ("右足外伤", None),
    ],
)
def test_a_digit_that_is_gone_is_known_by_name_or_number(text: str, digit: tuple[str, int] | None):
    gone = gone_digit(text)

    assert (gone[2:] if gone else None) == digit


@pytest.mark.parametrize(
    ("findings", "kind", "number", "words"),
    [
        ("第1-5趾骨及跖骨骨皮质连续，余可。", "趾", 1, "第1-5趾骨及跖骨骨皮质连续"),
        ("诸指骨形态完整。", "指", 2, "诸指骨形态完整"),
        ("第2-4趾骨未见骨折。", "趾", 1, None),
        ("第三至五趾骨未见异常。", "趾", 4, "第三至五趾骨未见异常"),
        ("各指骨完整。", "趾", 1, None),
        ("拇趾缺如，诸趾骨未见异常。", "趾", 1, None),
        ("余诸趾骨未见异常。", "趾", 1, None),
        ("诸趾骨间隙正常。", "趾", 1, None),
    ],
)
def test_a_digit_is_described_where_all_are(findings: str, kind: str, number: int, words: str | None):
    place = digit_described(findings, kind, number)

    assert (findings[slice(*place)] if place else None) == words
