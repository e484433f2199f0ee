"""The lazy reader: segments in any ending, fields, limits before cutting."""

from __future__ import annotations

import pytest
from effort import steps
from hypothesis import given
from hypothesis import strategies as st

from plugin.domain.errors import MessageRejected
from plugin.hl7.reader import Message, Segment
from plugin.hl7.syntax import ReaderLimits

TEXT = "MSH|^~\\&|RIS\rPID|1||P1^^^HIS^PI~Z9^^^&ZYH||张三^ZHANG||19540315\rOBX|1|TX|GDT||一\\.br\\二\r"


# R27
@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
@pytest.mark.parametrize("tail", ["", "\r", "\r\r\n", "\n\n\x00"])
def test_every_segment_end_reads_alike(end: str, tail: str) -> None:
    message = Message(TEXT.strip("\r").replace("\r", end) + tail)
    assert [segment.name for segment in message.segments] == ["MSH", "PID", "OBX"]
    assert message.segments[2].value(5) == "一\n二"


def test_a_line_feed_inside_text_is_text_and_before_a_segment_an_end() -> None:
    message = Message(
        "MSH|^~\\&|A\rOBX|1|TX|GDT||胸廓对称。\n右肺结节。\rOBX|2|TX|IMP||结节||||||F||\nNTE|1||x\r"
    )
    assert [segment.name for segment in message.segments] == ["MSH", "OBX", "OBX", "NTE"]
    assert message.segments[1].value(5) == "胸廓对称。\n右肺结节。"


def test_a_line_that_is_no_segment_goes_on_with_the_one_before() -> None:
    message = Message("MSH|^~\\&|A\rOBX|1|TX|GDT||第一行\r第二行，CT1|x\r\rABC|第三行\rPID|1\r")
    assert [segment.name for segment in message.segments] == ["MSH", "OBX", "PID"]
    assert message.segments[1].field(5) == "第一行\n第二行，CT1"


def test_fields_count_as_in_the_standard() -> None:
    message = Message(TEXT)
    assert message.segments[0].field(1) == "|"
    assert message.segments[0].field(3) == "RIS"
    pid = message.segments[1]
    assert pid.value(3, 1) == "P1"
    assert pid.value(3, 1, repetition=2) == "Z9"
    assert pid.value(3, 4, 2, repetition=2) == "ZYH"
    assert pid.value(3, 9) == pid.value(3, 1, repetition=3) == pid.value(99) == ""
    assert pid.components(5) == ["张三", "ZHANG"]


def test_an_explicit_null_reads_as_empty() -> None:
    assert Segment('PID|1||""').value(3, 1) == ""


# S7
def test_an_escaped_segment_end_stays_inside_its_field() -> None:
    message = Message("MSH|^~\\&|A\rPID|1||P1||张三\\X0D\\OBX|1\r")
    assert [segment.name for segment in message.segments] == ["MSH", "PID"]
    assert message.segments[1].value(5) == "张三\rOBX"


def test_groups_follow_orc_and_obr() -> None:
    lines = ["MSH|^~\\&|A", "PID|1||P1", "NTE|head", "PV1|1|I", "ORC|NW|1", "TQ1|1", "OBR|1|1", "OBX|1", "OBR|2|2",
             "OBX|2", "ORC|NW|3", "OBR|3|3", "PID|2||P2", "OBR|4|4", "ZDS|x"]  # fmt: skip
    groups = list(Message("\r".join(lines)).groups())
    shown = [
        (
            g.pid and g.pid.field(3),
            g.orc and g.orc.field(2),
            g.obr and g.obr.field(2),
            [s.name for s in g.rest],
        )
        for g in groups
    ]
    assert shown == [
        ("P1", "1", "1", ["TQ1", "OBX"]),
        ("P1", "1", "2", ["OBX"]),
        ("P1", "3", "3", []),
        ("P2", None, "4", ["ZDS"]),
    ]
    assert [segment.name for segment in groups[0].segments_called("NTE")] == ["NTE"]
    assert list(groups[3].segments_called("NTE")) == []


# S5
@pytest.mark.parametrize(
    ("head", "part", "longest"),
    [
        ("MSH|^~\\&|A\r", "OBX|1\r", 5_000 * 8),
        ("MSH|^~\\&|A\rPID", "|x", 1_000),
        ("MSH|^~\\&|A\rPID|1||", "x~", 1_000),
        ("MSH|^~\\&|A\r", "\n", 5_000 * 8),
    ],
    ids=["segments", "fields", "repetitions", "lines"],
)
def test_too_much_of_anything_is_refused_before_it_is_cut(head: str, part: str, longest: int) -> None:
    """It is counted first: what is a hundred times too long costs no step more than what is just too long."""

    def refused(text: str) -> None:
        with pytest.raises(MessageRejected) as caught:
            Message(text).segments[-1].repetitions(3)
        assert caught.value.err_code == "102"

    refused(head + part * (longest + 1))  # what a first time alone makes
    just = steps(lambda: refused(head + part * (longest + 1)))
    assert steps(lambda: refused(head + part * (longest * 100))) <= just


def test_too_many_segments_on_lines_that_are_not_too_many_cost_a_look_each() -> None:
    def refused(count: int) -> None:
        with pytest.raises(MessageRejected, match="more than 5000 segments"):
            Message("MSH|^~\\&|A\r" + "OBX|1\n" * count).segments[-1].repetitions(3)

    assert steps(lambda: refused(20_000)) < 2.1 * steps(lambda: refused(10_000))


def test_limits_are_settings() -> None:
    with pytest.raises(MessageRejected, match="more than 1 segments"):
        Message("MSH|^~\\&|A\rPID|1\r", limits=ReaderLimits(segments=1))


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    message = Message("MSH|^~\\&|A\r" + text)
    for segment in message.segments:
        for number in range(4):
            segment.value(number, 1, 1)
            segment.components(number)
    list(message.groups())


def test_a_segment_with_too_many_fields_is_refused_before_it_is_cut_further() -> None:
    limits = ReaderLimits(fields=3)
    assert Message("MSH|^~\\&|A\rNTE|1|2|3\r", limits=limits).segments[1].length == 3
    with pytest.raises(MessageRejected) as refused:
        Message("MSH|^~\\&|A\rNTE|1|2|3|4|5\r", limits=limits)
    assert refused.value.location == "NTE^1"


def test_a_segment_is_shown_as_it_was_sent() -> None:
    message = Message("MSH|^~\\&|A||B\rPID|1||P^^^H~Q\r")
    assert [segment.raw for segment in message.segments] == ["MSH|^~\\&|A||B", "PID|1||P^^^H~Q"]


def test_the_first_of_an_order_is_its_own_before_what_stands_before_all_orders() -> None:
    (order,) = Message("MSH|^~\\&|A\rPID|1\rNTE|1|before\rOBR|1\rNTE|1|own\rNTE|2|later\r").groups()
    first = order.first("NTE")
    assert first is not None and first.value(2) == "own"
    assert [segment.value(2) for segment in order.segments_called("NTE")] == ["own", "later", "before"]
