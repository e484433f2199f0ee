"""Orders of every kind to the domain's one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from effort import steps
from hl7_peers import opened

from plugin.domain.errors import MessageRejected
from plugin.domain.order import OrderStatus, PatientClass
from plugin.hl7.orders import ReceivedOrder, read_orders
from plugin.hl7.profile import Profiles
from plugin.hl7.reports import read_reports

Wire = Callable[[str], bytes]
HEAD = b"MSH|^~\\&|RIS|H1|S|Q|1||ORM^O01|1|P|2.4\r"


@pytest.mark.parametrize("name", ["orm_o01__new", "orm_o01__new_gb18030", "omg_o19__new", "omi_o23__new"])
def test_a_new_order(name: str, wire: Wire, profiles: Profiles) -> None:
    (received,) = read_orders(opened(wire(name)), profiles.default)
    order = received.order
    assert received.control == "new"
    assert (order.patient.patient_id, order.patient.assigning_authority) == ("P1001", "HIS")
    assert (order.patient.name, order.patient.sex, order.patient.birth_date) == ("张三", "M", "1954-03-15")
    assert (order.placer_order_number, order.filler_order_number) == ("SQ1001", "CT1001")
    assert order.accession_number == "CT1001"
    assert order.study_instance_uid == "1.2.826.0.1.3680043.10.1001"
    assert (order.modality, order.exam_item_code, order.exam_item) == ("CT", "2301", "头颅CT平扫")
    assert order.patient_class is PatientClass.INPATIENT
    assert (order.ward, order.bed, order.inpatient_number) == ("0306", "05", "ZY000123")
    assert (order.ordering_provider, order.purpose) == ("李四", "排除出血")
    assert order.ordered_at == "2026-06-01 08:15:00"
    assert order.status is OrderStatus.SCHEDULED
    assert {"exam_item", "patient.sex", "ward", "inpatient_number"} <= received.delivered
    assert not {"technician", "outpatient_number", "patient.age"} & received.delivered, (
        "never sent, so not known"
    )


@pytest.mark.parametrize(
    ("name", "control", "status"),
    [
        ("orm_o01__cancel", "cancel", OrderStatus.CANCELLED),
        ("orm_o01__change", "change", OrderStatus.SCHEDULED),
        ("orm_o01__status_completed", "status", OrderStatus.COMPLETED),
    ],
)
def test_what_follows_an_order(
    name: str, control: str, status: OrderStatus, wire: Wire, profiles: Profiles
) -> None:
    (received,) = read_orders(opened(wire(name)), profiles.default)
    assert (received.control, received.order.status) == (control, status)
    assert received.order.placer_order_number == "SQ1001"


def test_several_orders_of_a_message_each_with_their_own_number(profiles: Profiles) -> None:
    message = opened(HEAD + b"PID|1||P1\rORC|NW|1\rOBR|1|1||A^a\rOBR|2|2||B^b\rORC|NW|3\rOBR|3|3||C^c\r")
    orders = [received.order for received in read_orders(message, profiles.default)]
    assert [(order.placer_order_number, order.exam_item) for order in orders] == [
        ("1", "a"),
        ("2", "b"),
        ("3", "c"),
    ]


def test_the_chinese_profile_reads_packed_clinical_text(profiles: Profiles) -> None:
    profile = profiles.get("chinese_ris")
    assert profile is not None
    message = opened(
        HEAD
        + "PID|1||P1||张三\rORC|NW|1||||N||||||||||^^查因\rOBR|1|1|CT9|B02^CT头颅|||||||||相关^头痛^症状^功能^高血压史^备注\r".encode()
    )
    (received,) = read_orders(message, profile)
    order = received.order
    assert (order.accession_number, order.clinical_diagnosis) == ("CT9", "头痛")
    assert (order.history, order.purpose) == ("高血压史", "查因")


@pytest.mark.parametrize(
    ("body", "location", "code"),
    [
        (b"", "ORC^1", "100"),
        (b"PID|1||P1\r", "ORC^1", "100"),
        (b"PID|1||P1\rORC|NW|1\r", "OBR^1", "100"),
        (b"PID|1||P1\rORC|ZZ|1\rOBR|1|1\r", "ORC^1^1", "103"),
        (b"ORC|NW|1\rOBR|1|1\r", "PID^1", "100"),
        (b"PID|1||\rORC|NW|1\rOBR|1|1\r", "PID^1^3", "101"),
        (b"PID|1||P1\rORC|NW\rOBR|1|||A^a\r", "ORC^1^2", "101"),
        (b"PID|1||P1\rORC|NW|1\rOBR|1|1\rORC||2\rOBR|1|2\r", "ORC^2^1", "103"),
    ],
)
def test_what_is_missing_is_named(body: bytes, location: str, code: str, profiles: Profiles) -> None:
    with pytest.raises(MessageRejected) as caught:
        read_orders(opened(HEAD + body), profiles.default)
    assert (caught.value.ack_code, caught.value.location, caught.value.err_code) == ("AE", location, code)


def test_an_explicit_null_is_a_field_left_empty(profiles: Profiles) -> None:
    message = opened(HEAD + b'PID|1||P1|||||""\rORC|NW|1\rOBR|1|1||A^a\rDG1|1|||""\r')
    (received,) = read_orders(message, profiles.default)
    assert received.order.patient.sex == ""
    assert {"patient.sex", "clinical_diagnosis"} <= received.delivered


def read(profiles: Profiles, *segments: str) -> list[ReceivedOrder]:
    text = "\r".join(("PID|1||P1||张三", *segments, ""))
    return read_orders(opened(HEAD + text.encode()), profiles.default)


def test_items_of_one_requisition_that_no_number_tells_apart_are_one_order(profiles: Profiles) -> None:
    (received,) = read(
        profiles, "ORC|NW|SQ8", "OBR|1|SQ8||1^胸部CT平扫", "ORC|NW|SQ8", "OBR|2|SQ8||2^上腹部CT平扫"
    )
    assert received.order.exam_item == "胸部CT平扫、上腹部CT平扫"


def test_items_with_numbers_of_their_own_are_orders_of_their_own(profiles: Profiles) -> None:
    found = read(
        profiles, "ORC|NW|SQ8|F1", "OBR|1|SQ8|F1|1^胸部CT平扫", "ORC|NW|SQ8|F2", "OBR|2|SQ8|F2|2^上腹部CT平扫"
    )
    assert [each.order.filler_order_number for each in found] == ["F1", "F2"]


def test_procedures_with_accession_numbers_of_their_own_are_orders_of_their_own(profiles: Profiles) -> None:
    found = read(
        profiles, "ORC|NW|SQ4|FW4", "OBR|1|SQ4|FW4|1^胸部CT平扫",
        "IPC|A4|RP1|1.2.4|S1|CT", "IPC|A5|RP2|1.2.5|S1|MR", "IPC|A4|RP1|1.2.4|S2|CT",
    )  # fmt: skip
    assert [
        (each.order.accession_number, each.order.modality, each.order.study_instance_uid) for each in found
    ] == [("A4", "CT", "1.2.4"), ("A5", "MR", "1.2.5")]


@pytest.mark.parametrize("orc", ["ORC|SC|SQ1", "ORC|XO|SQ1", "ORC|SC|SQ1|||HD", "ORC|HD|SQ1|||HD"])
def test_a_message_that_says_nothing_of_the_status_leaves_it(orc: str, profiles: Profiles) -> None:
    (received,) = read(profiles, orc, "OBR|1|SQ1||1^胸部CT平扫")
    assert received.order.status is OrderStatus.UNSAID


@pytest.mark.parametrize(
    ("control", "meaning"),
    [
        ("HD", "status"),
        ("RL", "status"),
        ("RR", "status"),
        ("UC", "status"),
        ("XR", "change"),
        ("UA", "cancel"),
    ],
)
def test_controls_that_hold_release_or_refuse_an_order(
    control: str, meaning: str, profiles: Profiles
) -> None:
    (received,) = read(profiles, f"ORC|{control}|SQ1", "OBR|1|SQ1||1^胸部CT平扫")
    assert received.control == meaning


# S5
def test_thousands_of_procedures_are_read_in_proportion(profiles: Profiles) -> None:
    """Each is looked at a few times, not once for every other one."""

    def asked(count: int) -> int:
        segments = (f"IPC|A{n}|RP|1.2.{n}|S|CT" for n in range(count))
        return steps(lambda: read(profiles, "ORC|NW|SQ4|FW4", "OBR|1|SQ4|FW4|1^胸部CT平扫", *segments))

    few, many = asked(50), asked(500)
    assert many < 20 * few


def test_documents_under_orders_without_text_are_refused(profiles: Profiles) -> None:
    head = HEAD.replace(b"ORM^O01", b"MDM^T02").decode()
    txa = "PID|1||P1\rORC|RE|S1|F1\rORC|RE|S2|F2\rTXA|1|DI|TX||||||||||DOC1\r"
    with pytest.raises(MessageRejected, match="no OBX with report text"):
        read_reports(opened((head + txa).encode()), profiles.default)
