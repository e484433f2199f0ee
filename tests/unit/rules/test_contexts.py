"""Where a word would fit that two characters may be a slip of."""

import pytest

from plugin.rules.contexts import Contexts

_CONTEXTS = Contexts(["增生:质缘|及影", "射血:室|分", "增生:见|"])


@pytest.mark.parametrize(
    ("text", "start", "right", "fits"),
    [
        ("骨质增深。", 2, "增生", True),
        ("可见增深影", 2, "增生", True),
        ("脑沟增深。", 2, "增生", False),
        ("彩色血流", 1, "射血", False),
        ("左室色血分数", 2, "射血", True),
        ("1.增深", 2, "增生", True),
        ("骨质增深层", 2, "增生", False),
        ("骨折", 0, "骨质", True),
    ],
)
def test_a_slip_is_told_where_its_word_would_fit(text: str, start: int, right: str, fits: bool) -> None:
    assert _CONTEXTS.fit(text, start, start + 2, right) is fits
