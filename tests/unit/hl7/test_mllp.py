"""Framing: any split, any order of mistakes, and never more memory than the limit."""

from __future__ import annotations

import pytest
from effort import steps
from hypothesis import given
from hypothesis import strategies as st

from plugin.hl7.mllp import Block, Deframer, Fault, Limits, Violation, frame

ONE, TWO = b"MSH|^~\\&|one\rPID|1\r", b"MSH|^~\\&|two\r"


def feed(data: bytes, *, tolerant: bool = True, step: int = 0, **limits: int) -> list[Block | Violation]:
    deframer = Deframer(Limits(tolerant=tolerant, **limits))
    step = step or max(1, len(data))
    return [found for at in range(0, len(data), step) for found in deframer.feed(data[at : at + step])]


def blocks(data: bytes, **how: int) -> list[bytes]:
    return [found.payload for found in feed(data, **how) if isinstance(found, Block)]


def faults(data: bytes, **how: bool) -> list[Fault]:
    return [found.fault for found in feed(data, **how) if isinstance(found, Violation)]


# R21
@pytest.mark.parametrize("step", [0, 1, 2, 3, 7])
@pytest.mark.parametrize("tolerant", [True, False])
def test_several_frames_in_order_however_they_are_split(step: int, tolerant: bool) -> None:
    assert blocks(frame(ONE) + frame(TWO) + frame(ONE), step=step, tolerant=tolerant) == [ONE, TWO, ONE]


_payload = st.binary(min_size=1, max_size=200).map(lambda raw: b"MSH|" + raw.translate(None, b"\x0b\x1c"))


@given(st.lists(_payload, min_size=1, max_size=6), st.data(), st.booleans())
def test_any_blocks_split_anywhere_come_out_whole(
    payloads: list[bytes], data: st.DataObject, tolerant: bool
) -> None:
    stream = b"".join(map(frame, payloads))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    deframer = Deframer(Limits(tolerant=tolerant))
    found = [
        item
        for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)
        for item in deframer.feed(stream[start:end])
    ]
    assert found == [Block(payload) for payload in payloads]
    assert not deframer.mid_frame


@given(st.binary(max_size=400), st.booleans(), st.integers(1, 40))
def test_any_bytes_never_raise_and_never_lose_the_frame_limit(raw: bytes, tolerant: bool, step: int) -> None:
    found = feed(raw, tolerant=tolerant, step=step, frame_bytes=64, noise_bytes=64)
    assert all(len(item.payload) <= 64 for item in found if isinstance(item, Block))


@given(st.binary(max_size=200))
def test_in_the_tolerant_mode_a_good_frame_after_noise_is_found(noise: bytes) -> None:
    noise = noise.translate(None, b"\x0b\x1cMFB\xef")
    assert blocks(noise + frame(ONE)) == [ONE]


def test_utf16_holds_vt_and_fs_inside_its_characters() -> None:
    payload = "MSH|下东下东|\r".encode("utf-16")
    assert b"\x0b" in payload and b"\x1c" in payload
    assert blocks(frame(payload) + frame(ONE), step=1) == [payload, ONE]


# R22
class TestTolerant:
    def test_a_missing_cr_ends_the_frame_and_a_late_one_is_quiet(self) -> None:
        stream = b"\x0b" + ONE + b"\x1c" + b"\r\n" + b"\x0b" + TWO + b"\x1c"
        assert feed(stream, step=1) == [Block(ONE), Block(TWO)]

    def test_a_missing_vt_is_forgiven_before_msh(self) -> None:
        assert feed(ONE + b"\x1c\r" + frame(TWO), step=1) == [Block(ONE), Block(TWO)]

    def test_junk_between_frames_is_reported_and_dropped(self) -> None:
        assert feed(frame(ONE) + b"GET / HTTP/1.1" + frame(TWO)) == [
            Block(ONE),
            Violation(Fault.NOISE, b"GET / HTTP/1.1", 14, is_answered=False),
            Block(TWO),
        ]

    def test_a_frame_that_was_broken_off_is_reported_and_the_next_one_taken(self) -> None:
        found = feed(b"\x0b" + ONE[:9] + frame(TWO))
        assert found == [Violation(Fault.BROKEN_OFF, ONE[:9], 9), Block(TWO)]

    def test_a_doubled_vt_is_nothing(self) -> None:
        assert feed(b"\x0b" + frame(ONE)) == [Block(ONE)]

    def test_a_byte_order_mark_before_vt_is_nothing(self) -> None:
        assert feed(b"\xef\xbb\xbf" + frame(ONE) + b"\xef\xbb\xbf" + frame(TWO), step=1) == [
            Block(ONE),
            Block(TWO),
        ]

    def test_vt_inside_text_is_left_to_the_reader(self) -> None:
        assert blocks(frame(b"MSH|a\x0bb")) == [b"MSH|a\x0bb"]

    def test_an_empty_frame_is_a_keep_alive(self) -> None:
        assert feed(frame(b"") + frame(ONE)) == [Block(ONE)]


class TestStrict:
    def test_a_missing_vt_is_refused_and_the_next_frame_taken(self) -> None:
        stream = ONE + b"\x1c\r" + frame(TWO)
        assert faults(stream, tolerant=False) == [Fault.NO_START]
        assert blocks(stream, tolerant=False) == [TWO]

    def test_fs_without_cr_does_not_end_a_frame(self) -> None:
        assert feed(b"\x0b" + ONE + b"\x1c", tolerant=False) == []

    def test_vt_inside_a_frame_refuses_it(self) -> None:
        stream = b"\x0b" + ONE[:9] + frame(TWO) + frame(ONE)
        assert faults(stream, tolerant=False) == [Fault.BROKEN_OFF]
        assert blocks(stream, tolerant=False) == [ONE]


# R20
def test_an_endless_frame_is_given_up_at_the_limit() -> None:
    deframer = Deframer(Limits(frame_bytes=100_000))
    found: list[Block | Violation] = []
    for _ in range(200):
        found += deframer.feed(b"\x0b" + b"x" * 999 if not found else b"x" * 1000)
        assert len(deframer._buffer) <= 101_000
    assert [(item.fault, item.fatal) for item in found if isinstance(item, Violation)] == [
        (Fault.OVERSIZE, True)
    ]
    assert list(deframer.feed(frame(ONE))) == [], "a stream that was given up stays given up"


class Looked(bytearray):
    """A buffer that counts the bytes that are looked at or copied."""

    bytes_seen = 0

    def find(self, sought: bytes, start: int = 0) -> int:  # type: ignore[override]  # as it is called here
        at = super().find(sought, start)
        self.bytes_seen += (at if at >= 0 else len(self)) - start
        return at

    def __getitem__(self, place: slice | int) -> int | bytearray:  # type: ignore[override]
        found = super().__getitem__(place)
        self.bytes_seen += len(found) if isinstance(found, bytearray) else 1
        return found

    def strip(self, marks: bytes | None = None) -> bytearray:  # type: ignore[override]
        self.bytes_seen += len(self)
        return super().strip(marks)

    lstrip = rstrip = strip


def bytes_looked_at(*reads: bytes) -> int:
    deframer = Deframer(Limits(frame_bytes=1 << 30))
    deframer._buffer = Looked()
    for read in reads:
        list(deframer.feed(read))
    return deframer._buffer.bytes_seen


def test_each_byte_of_a_dripping_frame_is_looked_for_its_end_once() -> None:
    reads = [b"\x0bMSH|", *[b"x" * 512] * 1000]
    few = 16  # the head is looked at again with each read: is it UTF-16?
    assert 512_000 <= bytes_looked_at(*reads) <= 512_000 + few * len(reads)


def test_endless_noise_is_given_up() -> None:
    (found,) = feed(b"x" * 5000, noise_bytes=1000)
    assert isinstance(found, Violation) and found.fault is Fault.NOISE and found.fatal


# R18
def test_what_is_unfinished_is_handed_over_when_the_peer_goes() -> None:
    deframer = Deframer()
    assert list(deframer.feed(b"\x0b" + ONE)) == []
    assert deframer.mid_frame
    assert deframer.cut() == Violation(Fault.NO_END, ONE, len(ONE), fatal=True)


def test_nothing_is_unfinished_between_frames() -> None:
    deframer = Deframer()
    list(deframer.feed(frame(ONE)))
    assert deframer.cut() is None


@pytest.mark.parametrize(
    "part",
    [frame(b""), frame(b"M"), b"\x1c\r\n", ONE + b"\x1c\r"],
    ids=["empty", "tiny", "quiet", "no VT"],
)
def test_a_flood_of_tiny_frames_costs_time_by_its_length_alone(part: bytes) -> None:
    """One read may hold many thousands: each byte of it is looked at a few times, not once a frame."""
    flood = part * 8_000
    assert bytes_looked_at(flood) < 5 * len(flood)
    assert steps(lambda: feed(flood)) < 8.1 * steps(lambda: feed(flood[: len(flood) // 8]))
