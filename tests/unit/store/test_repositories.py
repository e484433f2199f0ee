"""Each repository on both databases: what is put in comes out, and races have one winner."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from plugin.domain.archive import Envelope, MessageState
from plugin.domain.critical import Alert, AlertState, AlertStep, CriticalFinding, CriticalState, Tier
from plugin.domain.delivery import JobKind, NewJob
from plugin.domain.errors import GateConflict, InvalidInput
from plugin.domain.gate import Decision, Draw, Gate, GateState, SignAction, Signer
from plugin.domain.issue import Issue, Section, Severity, Span
from plugin.domain.order import ImagingOrder, OrderStatus, PatientClass
from plugin.domain.patient import Patient
from plugin.domain.people import Account, Role, Session, Switches
from plugin.domain.recognition import CatalogueItem, Evaluation, Label, LabelDecision
from plugin.domain.report import Exam, Report, ReportStatus
from plugin.domain.sampling import SamplingPolicy, SamplingRule
from plugin.domain.scoring import Deduction, FormAnswers, ScoreResult, ScoreSheet, ScoringMode
from plugin.store.store import SqlStore

NOW = datetime(2026, 6, 1, 8, 0, 0, 123456, tzinfo=UTC)
RARE = "张𠮷龘𫠊三"

PATIENT = Patient(patient_id="P1", assigning_authority="HIS", name=RARE, sex="M", age="72岁")
ENVELOPE = Envelope(
    raw=b"MSH|^~\\&|RIS|\x00\xff\xfe",
    peer="10.0.0.1:9",
    received_at=NOW,
    sender="RIS|H",
    control_id="1",
    message_type="ORU^R01",
    message_time="20260601080000",
    charset="gb18030",
    charset_guessed=True,
    profile="default",
)
ISSUE = Issue(
    rule="laterality",
    severity=Severity.ERROR,
    section=Section.IMPRESSION,
    start=0,
    end=2,
    text="左侧",
    message="描述为右侧，结论为左侧",
    clause="T/CSBME 4.2.5 b",
    related=(Span(section=Section.FINDINGS, start=3, end=5, text="右侧"),),
)
FINDING = CriticalFinding(
    code="ICH",
    name="颅内出血",
    tier=Tier.RED,
    state=CriticalState.NEW,
    section=Section.FINDINGS,
    start=0,
    end=3,
    text="脑出血",
)


def report(
    accession: str = "A1", *, at: str = "2026-06-01 10:00:00", text: str = "脑出血", **more: Any
) -> Report:
    exam = Exam(accession_number=accession, modality="CT", exam_item="头颅CT平扫", performed_at=at)
    return Report(
        patient=more.pop("patient", PATIENT),
        exam=more.pop("exam", exam),
        findings=text,
        reported_at=at,
        delivered=more.pop("delivered", frozenset({"findings", "patient.name"})),
        **more,
    )


def save(store: SqlStore, version: Report, issues: tuple[Issue, ...] = ()) -> int:
    return store.write(lambda u: u.reports.save(version, issues, source="oru", at=NOW, rulebook="r1"))


class TestMessages:
    def test_every_byte_comes_back(self, store: SqlStore) -> None:
        number = store.write(
            lambda u: u.messages.add(
                ENVELOPE, MessageState.ACCEPTED, b"AA", accession_number="A1", patient_id="P1"
            )
        )
        found = store.read(lambda u: u.messages.get(number))
        assert found is not None
        kept, envelope = found
        assert envelope == ENVELOPE
        assert (kept.state, kept.ack, kept.accession_number, kept.patient_id) == (
            MessageState.ACCEPTED,
            b"AA",
            "A1",
            "P1",
        )
        assert kept.received_at == NOW
        assert store.read(lambda u: u.messages.get(number + 1)) is None

    def test_found_by_sender_and_control_id_newest_first(self, store: SqlStore) -> None:
        def work(u: Any) -> list[int]:
            ids = [u.messages.add(ENVELOPE, MessageState.ACCEPTED, b"") for _ in range(2)]
            u.messages.add(replace(ENVELOPE, sender="other"), MessageState.ACCEPTED, b"")
            u.messages.add(replace(ENVELOPE, control_id="2"), MessageState.ACCEPTED, b"")
            return ids

        first, second = store.write(work)
        found = store.read(lambda u: u.messages.find("RIS|H", "1"))
        assert [m.message_id for m in found] == [second, first]
        assert found[0].digest == found[1].digest

    def test_duplicates_are_counted_and_the_outcome_replaced(self, store: SqlStore) -> None:
        number = store.write(
            lambda u: u.messages.add(ENVELOPE, MessageState.QUARANTINED, b"AE", error="乱码")
        )
        store.write(lambda u: [u.messages.count_duplicate(number) for _ in range(99)])
        store.write(lambda u: u.messages.settle(number, MessageState.ACCEPTED, b"AA", accession_number="A1"))
        (kept,) = store.read(lambda u: u.messages.find("RIS|H", "1"))
        assert (kept.duplicates, kept.state, kept.error, kept.accession_number) == (
            99,
            MessageState.ACCEPTED,
            "",
            "A1",
        )
        with pytest.raises(InvalidInput, match="no message 999"):
            store.write(lambda u: u.messages.settle(999, MessageState.ACCEPTED, b""))

    def test_a_message_that_did_not_decode_is_kept_with_its_damage_written_out(self, store: SqlStore) -> None:
        broken = replace(ENVELOPE, control_id="\ufffd1\x00\udc80", sender="RIS\ufffd|H")
        store.write(lambda u: u.messages.add(broken, MessageState.QUARANTINED, b"AR", error="bad \ufffd"))
        (kept,) = store.read(lambda u: u.messages.find(broken.sender, broken.control_id))
        assert kept.control_id == "\\ufffd1\\u0000\\udc80"
        assert kept.error == "bad \\ufffd"


class TestExams:
    ORDER = ImagingOrder(
        patient=PATIENT,
        placer_order_number="PL1",
        filler_order_number="FL1",
        accession_number="A1",
        modality="CT",
        exam_item="头颅CT平扫",
        patient_class=PatientClass.EMERGENCY,
        status=OrderStatus.SCHEDULED,
    )

    def test_the_newest_version_stands(self, store: SqlStore) -> None:
        later = replace(self.ORDER, status=OrderStatus.COMPLETED, history="头痛𠮷")
        store.write(lambda u: u.exams.save_order(self.ORDER, frozenset({"order.history"}), None))
        store.write(lambda u: u.exams.save_order(later, frozenset({"order.history", "order.ward"}), None))
        assert store.read(lambda u: u.exams.order("A1")) == (
            later,
            frozenset({"order.history", "order.ward"}),
        )
        assert store.read(lambda u: u.exams.order("A2")) is None

    def test_found_by_placer_or_filler_number(self, store: SqlStore) -> None:
        nameless = replace(self.ORDER, accession_number="")
        store.write(lambda u: u.exams.save_order(nameless, frozenset(), None))
        assert store.read(lambda u: u.exams.find_order("PL1", "")) == nameless
        assert store.read(lambda u: u.exams.find_order("", "FL1")) == nameless
        assert store.read(lambda u: u.exams.find_order("FL1", "PL1")) is None
        assert store.read(lambda u: u.exams.find_order("", "")) is None
        assert store.read(lambda u: u.exams.order("")) is None

    def test_every_examination_under_a_number_as_it_stands(self, store: SqlStore) -> None:
        first, second = (
            replace(self.ORDER, accession_number=name, filler_order_number=f"FL-{name}")
            for name in ("A1", "A2")
        )
        later = replace(first, status=OrderStatus.COMPLETED)
        for order in (
            first,
            second,
            later,
            replace(second, accession_number="A3", placer_order_number="PL9"),
        ):
            store.write(lambda u, order=order: u.exams.save_order(order, frozenset({"ward"}), None))

        def under(placer: str, filler: str) -> list[str]:
            return [
                order.accession_number
                for order, _ in store.read(lambda u: u.exams.orders_under(placer, filler))
            ]

        assert under("PL1", "") == ["A1", "A2"], "the newest first, of each the version that stands"
        assert under("PL1", "FL-A2") == ["A3", "A2"], "of the filler alone where it knows any"
        assert under("PL1", "FL-unknown") == ["A1", "A2"]
        assert under("", "") == under("PL-unknown", "") == []

    def test_priors_are_earlier_examinations_of_the_same_person(self, store: SqlStore) -> None:
        other_issuer = replace(PATIENT, assigning_authority="OTHER")
        for version in (
            report("OLD", at="20240101", text="旧"),
            report("OLDER", at="2023-5-2 8:00", text="更旧"),
            report("LATER", at="2027-01-01"),
            report("GONE", at="2024-02-01", status=ReportStatus.CANCELLED),
            report("NAMESAKE", at="2024-01-01", patient=replace(PATIENT, patient_id="P2")),
            report("ELSEWHERE", at="2024-01-01", patient=other_issuer),
        ):
            save(store, version)
        done = replace(
            self.ORDER, accession_number="DONE", status=OrderStatus.COMPLETED, ordered_at="2022-01-01"
        )
        planned = replace(self.ORDER, accession_number="PLANNED", ordered_at="2022-01-01")
        store.write(lambda u: [u.exams.save_order(o, frozenset(), None) for o in (done, planned)])
        priors = store.read(lambda u: u.exams.priors(report("A1")))
        assert [(p.accession_number, p.findings) for p in priors] == [
            ("OLD", "旧"),
            ("OLDER", "更旧"),
            ("DONE", ""),
        ]
        assert [p.accession_number for p in store.read(lambda u: u.exams.priors(report("A1"), limit=1))] == [
            "OLD"
        ]
        nobody = report("A1", patient=Patient(name=RARE))
        assert store.read(lambda u: u.exams.priors(nobody)) == []


class TestReports:
    def test_report_and_issues_come_back(self, store: SqlStore) -> None:
        version = report(abnormal_flags=("AA",), impression="左侧" + RARE)
        save(store, version, (ISSUE, replace(ISSUE, rule="typo", related=())))
        assert store.read(lambda u: u.reports.latest("A1")) == version
        assert store.read(lambda u: u.reports.issues("A1")) == [
            ISSUE,
            replace(ISSUE, rule="typo", related=()),
        ]
        assert store.read(lambda u: u.reports.latest("A2")) is None

    def test_the_same_text_again_replaces_only_its_issues(self, store: SqlStore) -> None:
        first = save(store, report(), (ISSUE,))
        assert save(store, report(author="李四")) == first
        assert store.read(lambda u: u.reports.issues("A1")) == []
        assert save(store, report(status=ReportStatus.CORRECTED)) != first

    def test_the_same_text_again_fills_in_what_the_first_did_not_say(self, store: SqlStore) -> None:
        """A sign event comes before the ORU and knows no verifier; or after it, and knows less."""
        signed = report(author="李四", delivered=frozenset({"findings"}), patient=Patient(patient_id="P1"))
        sent = report(verifier="王五", verifier_id="D9", delivered=frozenset({"report.verifier"}))
        number = save(store, signed)
        assert save(store, sent) == number
        assert save(store, signed) == number
        latest = store.read(lambda u: u.reports.latest("A1"))
        assert (latest.author, latest.verifier, latest.verifier_id) == ("李四", "王五", "D9")
        assert latest.patient == PATIENT
        assert latest.delivered == {"findings", "report.verifier"}
        assert store.read(lambda u: u.exams.priors(report("A2", at="2027-01-01")))[0].accession_number == "A1"

    def test_a_correction_that_came_first_still_stands(self, store: SqlStore) -> None:
        """R6."""
        corrected = report(at="20260601120000", text="改正", status=ReportStatus.CORRECTED)
        save(store, corrected, (ISSUE,))
        save(store, report(at="2026-06-01 10:00:00", text="原文"))
        assert store.read(lambda u: u.reports.latest("A1")) == corrected
        assert store.read(lambda u: u.reports.issues("A1")) == [ISSUE]

    def test_at_equal_times_and_without_a_time_arrival_decides(self, store: SqlStore) -> None:
        save(store, report(text="一"))
        save(store, report(text="二"))
        assert store.read(lambda u: u.reports.latest("A1").findings) == "二"
        save(store, replace(report(text="三"), reported_at=""))
        assert store.read(lambda u: u.reports.latest("A1").findings) == "三"

    def test_a_report_without_an_accession_number_has_no_place(self, store: SqlStore) -> None:
        with pytest.raises(InvalidInput, match="accession"):
            save(store, report(""))


class TestText:
    @pytest.mark.parametrize("bad", ["\ufffd", "\udc80", "半\x00"])
    def test_what_is_no_text_is_refused_by_name(self, store: SqlStore, bad: str) -> None:
        account = Account(login="a", name=bad, role=Role.HEAD, password_hash="x")
        with pytest.raises(InvalidInput, match="name"):
            store.write(lambda u: u.people.save(account))
        assert store.read(lambda u: u.people.count()) == 0

    def test_replaced_characters_inside_json_are_refused_too(self, store: SqlStore) -> None:
        with pytest.raises(InvalidInput, match=r"U\+FFFD"):
            save(store, report(text="脑\ufffd血"))


class TestAlerts:
    ALERT = Alert(
        alert_id="L1",
        accession_number="A1",
        finding=FINDING,
        state=AlertState.SENT,
        detected_at=NOW,
        due_at=NOW + timedelta(minutes=5),
    )

    def step(self, state: AlertState) -> AlertStep:
        return AlertStep(alert_id="L1", at=NOW, state=state, actor="D7", means="page", note="已复述")

    def moved(self, state: AlertState, **more: Any) -> Alert:
        return replace(self.ALERT, state=state, **more)

    def test_alert_and_trail_come_back(self, store: SqlStore) -> None:
        done = self.moved(AlertState.ACKNOWLEDGED, acknowledged_by="D7", acknowledged_at=NOW)
        store.write(lambda u: u.alerts.add(self.ALERT, self.step(AlertState.SENT)))
        assert store.read(lambda u: u.alerts.get("L1")) == self.ALERT
        store.write(lambda u: u.alerts.move(done, self.step(AlertState.ACKNOWLEDGED)))
        assert store.read(lambda u: u.alerts.find("A1")) == [done]
        assert [s.state for s in store.read(lambda u: u.alerts.trail("L1"))] == ["sent", "acknowledged"]
        assert store.read(lambda u: u.alerts.trail("L1"))[1].note == "已复述"

    def test_no_escalation_after_the_read_back(self, store: SqlStore) -> None:
        store.write(lambda u: u.alerts.add(self.ALERT, self.step(AlertState.SENT)))
        store.write(
            lambda u: u.alerts.move(self.moved(AlertState.ACKNOWLEDGED), self.step(AlertState.ACKNOWLEDGED))
        )
        with pytest.raises(GateConflict):
            store.write(
                lambda u: u.alerts.move(
                    self.moved(AlertState.ESCALATED, escalation_level=1), self.step(AlertState.ESCALATED)
                )
            )
        assert len(store.read(lambda u: u.alerts.trail("L1"))) == 2

    def test_what_was_read_in_the_unit_must_still_stand(self, store: SqlStore) -> None:
        store.write(lambda u: u.alerts.add(self.ALERT, self.step(AlertState.SENT)))

        def work(u: Any) -> None:
            u.alerts.get("L1")
            # Another node has escalated since; seen only by the database.
            u.alerts._read["L1"] = ("detected", 0)
            u.alerts.move(self.moved(AlertState.ACKNOWLEDGED), self.step(AlertState.ACKNOWLEDGED))

        with pytest.raises(GateConflict):
            store.write(work)

    def test_the_same_alert_is_not_added_twice(self, store: SqlStore) -> None:
        store.write(lambda u: u.alerts.add(self.ALERT, self.step(AlertState.SENT)))
        with pytest.raises(GateConflict):
            store.write(lambda u: u.alerts.add(self.ALERT, self.step(AlertState.SENT)))


class TestGates:
    GATE = Gate(
        gate_id="G1",
        event_id="E1",
        accession_number="A1",
        action=SignAction.VERIFY,
        signer=Signer(id="D7", name="李四", role="senior"),
        decision=Decision.HOLD,
        reason="sampled",
        draw=Draw(p=0.1, u=0.0734, rule="默认", policy_version=3, forms=("report",)),
        text_digest="d",
        decided_at=NOW,
        state=GateState.HELD,
        forms=("report",),
        expires_at=NOW + timedelta(hours=1),
        owed=True,
        caller="ris",
    )

    def test_gates_come_back(self, store: SqlStore) -> None:
        plain = replace(
            self.GATE,
            gate_id="G2",
            event_id="E2",
            draw=None,
            state=None,
            expires_at=None,
            forms=(),
            decided_at=NOW + timedelta(seconds=1),
        )
        store.write(lambda u: [u.gates.add(g) for g in (self.GATE, plain)])
        assert store.read(lambda u: u.gates.by_event("ris", "E1")) == self.GATE
        assert store.read(lambda u: u.gates.get("G2")) == plain
        assert store.read(lambda u: u.gates.for_study("A1", SignAction.VERIFY)) == [plain, self.GATE]
        assert store.read(lambda u: u.gates.for_study("A1", SignAction.SUBMIT)) == []
        assert store.read(lambda u: u.gates.by_event("ris", "E3")) is None

    def test_one_event_has_one_decision(self, store: SqlStore) -> None:
        store.write(lambda u: u.gates.add(self.GATE))
        with pytest.raises(GateConflict):
            store.write(lambda u: u.gates.add(replace(self.GATE, gate_id="G2")))

    def test_an_events_id_is_its_callers_own(self, store: SqlStore) -> None:
        other = replace(self.GATE, gate_id="G2", caller="another ris")
        store.write(lambda u: [u.gates.add(g) for g in (self.GATE, other)])
        assert store.read(lambda u: u.gates.by_event("another ris", "E1")) == other
        assert store.read(lambda u: u.gates.by_event("", "E1")) is None

    def test_draws_are_walked_by_version_and_page_by_page(
        self, store: SqlStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("plugin.store.gates._AT_ONCE", 2)
        made = [
            replace(
                self.GATE,
                gate_id=f"G{number}",
                event_id=f"E{number}",
                decided_at=NOW + timedelta(seconds=number // 3),
                draw=None if number == 4 else replace(self.GATE.draw, policy_version=3 + (number == 5)),
            )
            for number in range(8)
        ]
        store.write(lambda u: [u.gates.add(gate) for gate in made])
        walked = store.read(lambda u: [gate.gate_id for gate in u.gates.drawn_by(3)])
        assert walked == ["G0", "G1", "G2", "G3", "G6", "G7"]
        assert store.read(lambda u: [gate.gate_id for gate in u.gates.drawn_by(4)]) == ["G5"]
        newest = store.read(lambda u: u.gates.newest_drawn(3, NOW + timedelta(seconds=1), 2))
        assert [gate.gate_id for gate in newest] == ["G7", "G6"]

    def test_a_state_moves_once(self, store: SqlStore) -> None:
        store.write(lambda u: u.gates.add(self.GATE))
        store.write(lambda u: u.gates.move("G1", GateState.HELD, GateState.SCORED, owed=False))
        with pytest.raises(GateConflict, match="no longer held"):
            store.write(lambda u: u.gates.move("G1", GateState.HELD, GateState.EXPIRED, owed=True))
        gate = store.read(lambda u: u.gates.get("G1"))
        assert (gate.state, gate.owed) == (GateState.SCORED, False)

    def test_a_stateless_gate_moves_from_none(self, store: SqlStore) -> None:
        store.write(lambda u: u.gates.add(replace(self.GATE, state=None)))
        with pytest.raises(GateConflict):
            store.write(lambda u: u.gates.move("G1", GateState.HELD, GateState.SCORED, owed=False))
        store.write(lambda u: u.gates.move("G1", None, GateState.SCORED, owed=False))

    def test_a_ticket_opens_once_and_in_time(self, store: SqlStore) -> None:
        def work(u: Any) -> None:
            u.gates.add(self.GATE)
            u.gates.add_ticket("t1", "G1", "D7", NOW + timedelta(seconds=60))
            u.gates.add_ticket("t2", "G1", "D7", NOW + timedelta(seconds=60))

        store.write(work)
        redeemed = [store.write(lambda u: u.gates.redeem_ticket("t1", NOW)) for _ in range(3)]
        assert redeemed == [("G1", "D7"), None, None]
        assert store.write(lambda u: u.gates.redeem_ticket("t2", NOW + timedelta(seconds=60))) is None
        assert store.write(lambda u: u.gates.redeem_ticket("forged", NOW)) is None

    def test_a_form_token_lasts_until_it_expires(self, store: SqlStore) -> None:
        def work(u: Any) -> None:
            u.gates.add(self.GATE)
            u.gates.add_form_token("f1", "G1", "D7", NOW + timedelta(seconds=60))

        store.write(work)
        assert store.read(lambda u: u.gates.form_token("f1", NOW)) == ("G1", "D7")
        assert store.read(lambda u: u.gates.form_token("f1", NOW + timedelta(seconds=60))) is None


class TestSheets:
    SHEET = ScoreSheet(
        sheet_id="S1",
        accession_number="A1",
        form_id="report",
        form_version="1",
        mode=ScoringMode.RANDOM,
        scorer_id="D7",
        scorer_name=RARE,
        scorer_role="senior",
        assessed_id="D8",
        assessed_name="李四",
        scored_at=NOW,
        answers=FormAnswers(unmet=frozenset({"c2", "c1"}), reasons={"c1": "错别字"}, comment="好"),
        result=ScoreResult(
            score=3,
            grade="合格",
            passed=True,
            deductions=(Deduction(criterion_id="c1", severe=False, text="条"),),
        ),
        gate_id="G1",
        seconds_to_fill=12.5,
        sop_instance_uid="2.25.1",
        series_instance_uid="2.25.2",
    )

    def test_sheets_come_back(self, store: SqlStore) -> None:
        amended = replace(
            self.SHEET,
            sheet_id="S2",
            amends="S1",
            scored_at=NOW + timedelta(seconds=1),
            seconds_to_fill=None,
            result=ScoreResult(score=None, grade="不合格", passed=False),
        )
        store.write(lambda u: [u.sheets.add(s) for s in (self.SHEET, amended)])
        assert store.read(lambda u: u.sheets.get("S1")) == self.SHEET
        assert store.read(lambda u: u.sheets.for_exam("A1")) == [amended, self.SHEET]
        assert store.read(lambda u: u.sheets.for_gate("G1")) == [amended, self.SHEET]
        assert store.read(lambda u: u.sheets.by_sop_instance_uid("2.25.1")) == [amended, self.SHEET]
        assert store.read(lambda u: u.sheets.by_sop_instance_uid("")) == []

    def test_what_the_pacs_says_is_kept_beside(self, store: SqlStore) -> None:
        store.write(lambda u: u.sheets.add(self.SHEET))
        assert store.read(lambda u: u.sheets.in_pacs("S1")) == ""
        store.write(lambda u: u.sheets.mark_in_pacs("S1", "stored", NOW))
        assert store.read(lambda u: u.sheets.in_pacs("S1")) == "stored"
        with pytest.raises(InvalidInput):
            store.write(lambda u: u.sheets.mark_in_pacs("S9", "stored", NOW))


class TestLabels:
    def test_labels_come_back_and_are_withdrawn_once(self, store: SqlStore) -> None:
        item = CatalogueItem(
            number=1, modality="CT", body_part="头", name="头颅CT平扫", printed="头颅 CT 平扫"
        )
        decision = LabelDecision(
            region_id="chuanyu", mark="川渝 HR", eligible=True, item=item, versions=(("region", "2024"),)
        )
        label = Label(
            label_id="B1", accession_number="A1", study_instance_uid="1.2", decision=decision, decided_at=NOW
        )
        refused = replace(
            label,
            label_id="B0",
            decision=LabelDecision(
                region_id="b", mark="HR", eligible=False, reasons=(("no_item", "不在清单"),)
            ),
        )
        store.write(lambda u: [u.labels.add(b) for b in (label, refused)])
        assert store.read(lambda u: u.labels.for_exam("A1")) == [label, refused]
        assert store.read(lambda u: u.labels.get("B1")) == label
        store.write(lambda u: u.labels.mark_in_pacs("B1", "stored", NOW))
        store.write(lambda u: u.labels.withdraw("B1", "评价过期", NOW))
        assert store.read(lambda u: u.labels.get("B1")) == replace(
            label, withdrawn_at=NOW, withdrawn_reason="评价过期"
        )
        with pytest.raises(GateConflict):
            store.write(lambda u: u.labels.withdraw("B1", "又一次", NOW))

    def test_evaluations_of_an_institution(self, store: SqlStore) -> None:
        one = Evaluation(
            evaluation_id="V1",
            region_id="chuanyu",
            institution_id="H1",
            item_number=0,
            device="",
            passed=True,
            valid_from=date(2025, 1, 1),
            valid_to=date(2025, 12, 31),
        )
        store.write(
            lambda u: [
                u.labels.add_evaluation(e)
                for e in (one, replace(one, evaluation_id="V2", institution_id="H2"))
            ]
        )
        store.write(lambda u: u.labels.add_evaluation(replace(one, passed=False)))
        assert store.read(lambda u: u.labels.evaluations("H1")) == [replace(one, passed=False)]


class TestPolicies:
    def test_the_live_version_is_the_newest_that_has_begun(self, store: SqlStore) -> None:
        rules = (SamplingRule(name="默认", p=0.1, conditions={"modality": ("CT", "MR")}, forms=("report",)),)
        one = SamplingPolicy(
            version=1, rules=rules, key=bytes(range(32)), key_digest="d", live_from=NOW, author="王五"
        )
        two = replace(one, version=2, live_from=NOW + timedelta(days=1), comment="更严")
        assert store.read(lambda u: u.policies.live(NOW)) is None
        store.write(lambda u: [u.policies.add(p) for p in (one, two)])
        assert store.read(lambda u: u.policies.live(NOW)) == one
        assert store.read(lambda u: u.policies.live(NOW + timedelta(days=2))) == two
        assert store.read(lambda u: u.policies.get(2)) == two
        with pytest.raises(GateConflict):
            store.write(lambda u: u.policies.add(replace(one, comment="rewritten")))

    def test_switches_of_house_and_department(self, store: SqlStore) -> None:
        assert store.read(lambda u: u.policies.switches("CT室")) == Switches()
        store.write(lambda u: u.policies.set_switches(Switches(shadow=True)))
        assert store.read(lambda u: u.policies.switches("CT室")) == Switches(shadow=True)
        store.write(lambda u: u.policies.set_switches(Switches(alerts=False), "CT室"))
        assert store.read(lambda u: u.policies.switches("CT室")) == Switches(alerts=False, shadow=False)
        store.write(lambda u: u.policies.set_switches(Switches(gate=False, shadow=True)))
        assert store.read(lambda u: u.policies.switches("CT室")) == Switches(gate=False, alerts=False)


class TestPeople:
    ACCOUNT = Account(
        login="wang", name=RARE, role=Role.QC_STAFF, password_hash="$argon2id$", locked_until=NOW, failures=2
    )

    def test_accounts(self, store: SqlStore) -> None:
        assert store.read(lambda u: u.people.count()) == 0
        store.write(lambda u: u.people.save(self.ACCOUNT))
        assert store.read(lambda u: u.people.account("wang")) == self.ACCOUNT
        changed = replace(self.ACCOUNT, disabled=True, locked_until=None)
        store.write(lambda u: u.people.save(changed))
        assert store.read(lambda u: u.people.account("wang")) == changed
        assert store.read(lambda u: u.people.count()) == 1
        assert store.read(lambda u: u.people.account("nobody")) is None

    def test_sessions(self, store: SqlStore) -> None:
        one = Session(token_digest="a", login="wang", created_at=NOW, seen_at=NOW, csrf="c", address="::1")

        def work(u: Any) -> None:
            u.people.save(self.ACCOUNT)
            for digest in "abc":
                u.people.add_session(replace(one, token_digest=digest))

        store.write(work)
        later = NOW + timedelta(minutes=3)
        store.write(lambda u: u.people.touch_session("a", later))
        assert store.read(lambda u: u.people.session("a")) == replace(one, seen_at=later)
        store.write(lambda u: u.people.end_session("a"))
        assert store.read(lambda u: u.people.session("a")) is None
        store.write(lambda u: u.people.end_sessions_of("wang"))
        assert store.read(lambda u: u.people.session("b")) is None


def test_a_call_is_answered_once(store: SqlStore) -> None:
    store.write(lambda u: u.calls.add("ris", "c1", "digest", 200, '{"中": 1}', NOW))
    assert store.read(lambda u: u.calls.find("ris", "c1")) == ("digest", 200, '{"中": 1}')
    assert store.read(lambda u: u.calls.find("other", "c1")) is None
    with pytest.raises(GateConflict):
        store.write(lambda u: u.calls.add("ris", "c1", "digest", 200, "{}", NOW))


def test_a_query_cannot_write(store: SqlStore) -> None:
    with pytest.raises(RuntimeError, match="must not write"):
        store.read(lambda u: u.outbox.enqueue(NewJob(kind=JobKind.SEND_SR, lane="l", key="k")))
    with pytest.raises(RuntimeError, match="must not write"):
        store.read(lambda u: u.audit.append(NOW, "a", "b", "c", {}))
