"""Several messages in one frame."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.domain.errors import MessageRejected
from plugin.hl7.batch import MESSAGES, is_plain, joined, split

MSH = b"MSH|^~\\&|RIS|H1|S|Q|1||ORU^R01|%d|P|2.4\rPID|1||P1\r"


@pytest.mark.parametrize(
    ("block", "plain"),
    [
        (MSH % 1, True),
        (b"\xef\xbb\xbf" + MSH % 1, True),
        (MSH % 1 + "OBX|1|TX|GDT||见MSH|x\r".encode(), True),
        (MSH % 1 + MSH % 2, False),
        (b"\r\n" + MSH % 1 + b"\n" + MSH % 2, False),
        (b"FHS|^~\\&|\r" + MSH % 1, False),
        (b"BHS|^~\\&|\r" + MSH % 1, False),
        (b"", True),
        ((MSH % 1).rstrip(b"\r") + MSH % 2, False),
        (MSH % 1 + "OBX|1|TX|GDT||免疫组化：\nMSH2(+)，MSH6(+)。\r".encode(), True),
    ],
)
def test_one_message_is_told_from_several(block: bytes, plain: bool) -> None:
    assert is_plain(block) is plain


def test_a_batch_is_cut_into_its_messages(wire: Callable[[str], bytes]) -> None:
    batch = split(wire("batch__two_orders"))
    assert batch.header.startswith(b"FHS|")
    assert [message[:4] for message in batch.messages] == [b"MSH|", b"MSH|"]
    assert b"BTS" not in b"".join(batch.messages)
    assert b"".join((batch.header, *batch.messages, batch.trailer)) == wire("batch__two_orders")


@given(st.integers(1, 20), st.sampled_from([b"\r", b"\n", b"\r\n"]))
def test_every_message_keeps_its_bytes(count: int, end: bytes) -> None:
    sent = [(MSH % n).replace(b"\r", end) for n in range(count)]
    batch = split(b"BHS|^~\\&|A" + end + b"".join(sent) + b"BTS|%d" % count + end)
    assert list(batch.messages) == sent


def test_a_batch_that_was_cut_short_is_not_half_done() -> None:
    with pytest.raises(MessageRejected, match="BTS-1 says 3, but there are 2"):
        split(b"BHS|^~\\&|A\r" + MSH % 1 + MSH % 2 + b"BTS|3\r")


def in_file(*batches: tuple[int, str], files: str) -> bytes:
    """A file of batches, each of so many messages and with what its BTS-1 says."""
    cut = [b"BHS|^~\\&|A\r" + (MSH % 1) * count + f"BTS|{said}\r".encode() for count, said in batches]
    return b"FHS|^~\\&|A\r" + b"".join(cut) + f"FTS|{files}\r".encode()


def test_every_batch_of_a_file_is_counted_by_itself() -> None:
    assert len(split(in_file((1, "1"), (2, "2"), files="2")).messages) == 3
    assert len(split(in_file((1, ""), (2, "?"), files="")).messages) == 3, (
        "said nothing, nothing to hold against it"
    )
    for wrong, said in (
        (in_file((2, "1"), (1, "2"), files="2"), "BTS-1 says 1, but there are 2"),
        (in_file((1, "1"), (1, "2"), files="2"), "BTS-1 says 2, but there are 1"),
        (in_file((1, "1"), (1, "1"), files="3"), "FTS-1 says 3, but there are 2"),
    ):
        with pytest.raises(MessageRejected, match=said):
            split(wrong)


def test_a_line_of_a_report_is_no_end_of_the_batch() -> None:
    report = MSH % 1 + "OBX|1|TX|GDT||支架：\nBTS支架通畅。\r".encode()
    batch = split(b"BHS|^~\\&|A\r" + report + b"BTS|1\r")
    assert batch.messages == (report,)


def test_a_batch_has_its_limit() -> None:
    with pytest.raises(MessageRejected, match="messages"):
        split(b"BHS|^~\\&|A\r" + (MSH % 1) * (MESSAGES + 1))


def test_the_answer_is_a_batch_that_refers_to_the_sender_s() -> None:
    batch = split(
        b"FHS|^~\\&|RIS|H1|S|Q|1||||F1\rBHS|^~\\&|RIS|H1|S|Q|1||||B7\r" + MSH % 1 + MSH % 2 + b"BTS|2\r"
    )
    answer = joined(batch, [b"MSH|a\rMSA|AA|1\r", b"MSH|b\rMSA|AE|2\r"])
    assert answer == (b"BHS|^~\\&|S|Q|RIS|H1||||||B7\rMSH|a\rMSA|AA|1\rMSH|b\rMSA|AE|2\rBTS|2\r")
    assert joined(batch, []) is None


def test_control_characters_of_the_sender_do_not_break_the_answers_frame() -> None:
    batch = split(b"BHS|^~\\&|RIS|\x0bH1|S|Q|1||||B\x1c7\r" + MSH % 1 + b"BTS|1\r")
    answer = joined(batch, [b"MSH|a\rMSA|AA|1\r"])
    assert answer is not None
    assert answer.startswith(b"BHS|^~\\&|S|Q|RIS|H1||||||B7\r")
