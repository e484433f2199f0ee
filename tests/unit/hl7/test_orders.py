"""Orders of every kind to the domain's one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hl7_peers import opened

from plugin.domain.errors import MessageRejected
from plugin.domain.order import OrderStatus, PatientClass
from plugin.hl7.orders import read_orders
from plugin.hl7.profile import Profiles

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
        ("1", "b"),
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
