"""What can be shown, with the rarest Han."""

from __future__ import annotations

import pytest

from plugin.kit.printable import is_printable, printable

RARE = "\U00020bb7\U0002a700\U00030000\U00031350\U000323af\U0002ebf0"
"""Extensions B, C, G, H and I of Han; Python 3.11 does not know the last three."""


def test_rare_han_is_shown() -> None:
    assert is_printable(f"张三{RARE}")
    assert printable(f"患者 {RARE}") == f"患者 {RARE}"


@pytest.mark.parametrize("char", ["\x00", "\x1b", "\n", "\x7f", "\u2028", "\u200b", "\ud800", "\U0002ffff", "\U000e0001"])  # fmt: skip
def test_what_nobody_can_read_is_not(char: str) -> None:
    assert not is_printable(f"张{char}三")
    assert printable(f"张{char}三") == "张·三"
    assert printable(f"张{char}三", but=char) == f"张{char}三"
