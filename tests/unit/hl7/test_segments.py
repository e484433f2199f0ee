"""Where segments end: CR by the standard, and what else vendors mean by an end."""

from __future__ import annotations

import pytest
from effort import blows_up
from hypothesis import given
from hypothesis import strategies as st

from plugin.domain.errors import MessageRejected
from plugin.hl7.segments import segment_lines


def lines(text: str, limit: int = 100) -> list[str]:
    return segment_lines(text, "|", limit)


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_every_segment_end(end: str) -> None:
    assert lines(end.join(("MSH|a", "PID|b", "ZDS|c", ""))) == ["MSH|a", "PID|b", "ZDS|c"]


def test_a_line_break_before_no_segment_is_text() -> None:
    assert lines("MSH|a\rOBX|1|TX|||双肺\n纹理\r清晰\n\rNTE|1") == [
        "MSH|a",
        "OBX|1|TX|||双肺\n纹理\n清晰",
        "NTE|1",
    ]


@given(
    st.lists(
        st.tuples(st.sampled_from(["PID", "OBX", "NTE", "ZDS"]), st.text("1胸|^ \x00\t\ufeff")), max_size=6
    )
)
def test_a_message_as_the_standard_has_it_reads_the_same_with_other_line_ends(
    sent: list[tuple[str, str]],
) -> None:
    segments = ["MSH|a", *(f"{name}|{rest}" for name, rest in sent)]
    assert lines("\r".join(segments) + "\r") == lines("\r\n".join(segments) + "\r\n")


def test_too_many_segments_and_lines_are_refused() -> None:
    for text in ("NTE|1\r" * 101, "NTE|1" + "\nx" * 801):
        with pytest.raises(MessageRejected):
            lines(text)


def test_a_document_in_many_short_lines_costs_time_by_its_length_alone() -> None:
    text = "MSH|a\rOBX|1|ED|PDF||^AP^^Base64^" + ("A" * 76 + "\n") * 400_000
    assert not blows_up(lambda: lines(text, 50_001)), "by the square it would be minutes"
    assert len(lines(text, 50_001)) == 2
