"""Which changes may have touched an answer: too few would be a wrong answer, too many a lost way."""

from __future__ import annotations

from sqlalchemy import select, text, update

from plugin.store.link import Prepared, given, insert_into, upsert
from plugin.store.overlap import touches
from plugin.store.tables.exams import exams, orders
from plugin.store.tables.messages import messages
from plugin.store.tables.reports import reports

e, m, o, r = exams.c, messages.c, orders.c, reports.c

_MESSAGE = Prepared(insert_into(messages, "id"))
_KNOWN = Prepared(
    select(m.id).where(
        m.sender == given("of_sender"), m.control_id == given("of_id"), m.direction == "received"
    )
)
_ORDER = Prepared(insert_into(orders, "id"))
_BY_NUMBERS = Prepared(
    select(o.body).where(
        ((o.filler_order_number == given("of_filler")) & (given("of_filler") != ""))
        | (o.placer_order_number == given("of_placer"))
    )
)
_REPORT = Prepared(insert_into(reports, "id"))
_EXAM = Prepared(upsert(exams))
_STANDING = Prepared(
    select(r.body)
    .select_from(exams.join(reports, r.id == e.report_id))
    .where(e.accession_number == given("of_accession"))
)


def test_a_row_with_another_value_in_a_pinned_column_touches_nothing() -> None:
    asked = {"of_sender": "RIS", "of_id": "1"}
    assert touches(_MESSAGE, {"sender": "RIS", "control_id": "1"}, _KNOWN, asked)
    assert not touches(_MESSAGE, {"sender": "RIS", "control_id": "2"}, _KNOWN, asked)
    assert not touches(_MESSAGE, {"sender": "HIS", "control_id": "1"}, _KNOWN, asked)
    assert not touches(_ORDER, {"accession_number": "1"}, _KNOWN, asked)


def test_a_column_that_the_change_does_not_name_may_hold_anything() -> None:
    assert touches(_MESSAGE, {"sender": "RIS"}, _KNOWN, {"of_sender": "RIS", "of_id": "1"})


def test_either_way_into_the_answer_counts() -> None:
    asked = {"of_filler": "F1", "of_placer": "P1"}
    assert touches(_ORDER, {"filler_order_number": "F1", "placer_order_number": "P2"}, _BY_NUMBERS, asked)
    assert touches(_ORDER, {"filler_order_number": "F2", "placer_order_number": "P1"}, _BY_NUMBERS, asked)
    assert not touches(_ORDER, {"filler_order_number": "F2", "placer_order_number": "P2"}, _BY_NUMBERS, asked)


def test_a_new_row_that_nothing_leads_to_is_in_no_joined_answer() -> None:
    asked = {"of_accession": "A1"}
    assert not touches(_REPORT, {"accession_number": "A1"}, _STANDING, asked)
    assert touches(_EXAM, {"accession_number": "A1"}, _STANDING, asked)
    assert not touches(_EXAM, {"accession_number": "A2"}, _STANDING, asked)


def test_a_row_that_the_answer_leaves_out_touches_nothing() -> None:
    others = Prepared(
        select(e.accession_number).where(
            e.patient_id == given("of_patient"), e.accession_number != given("but_accession")
        )
    )
    asked = {"of_patient": "P1", "but_accession": "A1"}
    assert not touches(_EXAM, {"accession_number": "A1", "patient_id": "P1"}, others, asked)
    assert touches(_EXAM, {"accession_number": "A2", "patient_id": "P1"}, others, asked)


def test_what_cannot_be_told_is_a_touch() -> None:
    asked = {"of_accession": "A1"}
    changed = Prepared(
        update(exams).where(e.accession_number == given("of_accession")).values(modality=given("modality"))
    )
    assert touches(changed, {"of_accession": "A2", "modality": "CT"}, _STANDING, asked)
    assert touches(Prepared(text("VACUUM"), writes=True), {}, _STANDING, asked)
    counted = Prepared(select(r.id))
    assert touches(_REPORT, {"accession_number": "A1"}, counted, {})
