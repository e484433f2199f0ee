"""Gateway mode: a report waits for its popup, and what follows it waits behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from plugin.bootstrap.journeys import build_journeys
from plugin.domain.archive import Envelope, MessageState
from plugin.domain.delivery import Job, JobKind
from plugin.domain.gate import GateState, SignAction
from plugin.domain.order import PatientClass
from plugin.domain.report import Report, ReportStatus
from plugin.domain.scoring import FormAnswers
from plugin.site.gate import GateSettings, PolicyRow
from plugin.site.hl7 import GatewaySettings, Hl7OutSettings
from plugin.site.settings import Site
from plugin.store.jobs import SqlJobStore
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.receive_report import Arrived
from tests.conftest import ROOT, StoppedClock
from tests.fakes import CountingMinter
from tests.stores import temporary_store
from tests.unit.workflow.conftest import SOUND, World

SIGNED = replace(SOUND, verifier_id="D7", verifier="测试医师庚")


class Gateway(World):
    """A world whose reports go on to ``emr``."""

    def arrive(self, number: int, *reports: Report, sender: str = "RIS|H001") -> None:
        assert self.journeys.pass_on is not None
        pass_on = self.journeys.pass_on
        envelope = Envelope(
            raw=b"MSH|%d" % number, peer="", received_at=self.clock(), sender=sender, control_id=str(number)
        )

        def work(uow: object) -> None:
            message_id = uow.messages.add(envelope, MessageState.ACCEPTED, b"")  # type: ignore[attr-defined]
            pass_on(uow, message_id, [Arrived(report=each) for each in reports])  # type: ignore[arg-type]

        self.store.write(work)

    def leaving(self) -> list[int]:
        """Message numbers that leave now, in their order."""
        jobs, found = SqlJobStore(self.store, self.clock), []
        while claimed := jobs.claim([JobKind.SEND_HL7], 1, lease_of(60)):
            found.append(int(claimed[0].payload["message_id"]))
            jobs.complete(claimed[0])
        return found

    def gate_id(self) -> str:
        (gate,) = self.store.read(lambda uow: uow.gates.for_study("A1", SignAction.VERIFY))
        return gate.gate_id


def lease_of(seconds: int):  # type: ignore[no-untyped-def]  # a timedelta
    from datetime import timedelta

    return timedelta(seconds=seconds)


@pytest.fixture
def gateway(tmp_path: Path, clock: StoppedClock) -> Iterator[Gateway]:
    site = Site(
        hl7_out={"emr": Hl7OutSettings(port=2580, sends=("report",))},
        gateway=GatewaySettings(senders=("RIS",)),
    )
    gate = GateSettings(forms={SignAction.VERIFY: ("report",)}, policy=(PolicyRow(name="全部", p=1.0),))
    around = Surroundings(clock=clock, mint=CountingMinter())
    with temporary_store(tmp_path, clock) as store:
        yield Gateway(store, build_journeys(site, gate, ROOT / "config", around), clock)


def score(gateway: Gateway) -> None:
    journeys = gateway.journeys
    ticket = gateway.store.write(
        lambda uow: journeys.decide_sign.held.new_ticket(uow, gateway.gate_id(), "D7")
    )
    form = gateway.store.write(lambda uow: journeys.submit_score.opening.redeem(uow, ticket))
    answers = {"report": FormAnswers()}
    gateway.store.write(lambda uow: journeys.submit_score.submit(uow, form.form_token, answers))


def test_a_drawn_report_leaves_when_its_form_is_filled(gateway: Gateway) -> None:
    gateway.policy(1.0)
    gateway.arrive(1, SIGNED)
    assert gateway.leaving() == []
    assert [
        gate.signer.id for gate in gateway.store.read(lambda u: u.gates.for_study("A1", SignAction.VERIFY))
    ]
    score(gateway)
    assert gateway.leaving() == [1]


def test_what_follows_a_held_report_waits_behind_it_and_another_examination_does_not(
    gateway: Gateway,
) -> None:
    gateway.policy(1.0)
    gateway.arrive(1, SIGNED)
    gateway.arrive(2, replace(SIGNED, status=ReportStatus.CORRECTED, impression="双肺未见明显异常。"))
    gateway.arrive(3, replace(SIGNED, status=ReportStatus.CANCELLED))
    preliminary = replace(
        SIGNED, status=ReportStatus.PRELIMINARY, exam=replace(SIGNED.exam, accession_number="A2")
    )
    gateway.arrive(4, preliminary)
    assert gateway.leaving() == [4]
    score(gateway)
    assert gateway.leaving() == [1, 2, 3]


@pytest.mark.parametrize("how", ["expired", "overridden"])
def test_an_expired_or_overridden_gate_lets_it_go(gateway: Gateway, how: str) -> None:
    gateway.policy(1.0)
    gateway.arrive(1, SIGNED)
    decide = gateway.journeys.decide_sign
    if how == "expired":
        gateway.clock.advance(minutes=119)
        assert gateway.leaving() == []
        gateway.clock.advance(minutes=1)
        gateway.store.write(lambda uow: decide.held.expire(uow, gateway.gate_id()))
    else:
        gateway.store.write(lambda uow: decide.held.override(uow, gateway.gate_id(), "D7", "急诊"))
    assert gateway.leaving() == [1]
    assert gateway.store.read(lambda uow: decide.held.state(uow, gateway.gate_id())).state is GateState(how)


def test_the_end_of_the_hold_needs_no_timer_of_ours(gateway: Gateway) -> None:
    gateway.policy(1.0)
    gateway.arrive(1, SIGNED)
    gateway.clock.advance(minutes=120)
    assert gateway.leaving() == [1]


def test_what_is_not_drawn_an_emergency_and_a_report_without_a_signer_leave_at_once(gateway: Gateway) -> None:
    gateway.policy(0.0)
    gateway.arrive(1, SIGNED)
    assert gateway.leaving() == [1]
    gateway.policy(1.0, version=2)
    gateway.order(PatientClass.EMERGENCY)
    gateway.arrive(2, replace(SIGNED, impression="双肺未见明显异常。"))
    assert gateway.leaving() == [2]
    nobody = replace(SOUND, author="", author_id="", exam=replace(SOUND.exam, accession_number="A3"))
    gateway.arrive(3, nobody)
    assert gateway.leaving() == [3]


def test_a_message_of_several_examinations_is_passed_on_at_once(gateway: Gateway) -> None:
    gateway.policy(1.0)
    gateway.arrive(1, SIGNED, replace(SIGNED, exam=replace(SIGNED.exam, accession_number="A2")))
    assert gateway.leaving() == [1]


def test_a_sender_that_is_not_named_is_received_and_not_passed_on(gateway: Gateway) -> None:
    gateway.arrive(1, SIGNED, sender="CARDIO|H001")
    assert gateway.leaving() == []
    assert gateway.store.read(lambda uow: uow.reports.latest("A1")) is not None


def test_a_job_of_the_gateway_outlives_a_night_without_the_receiver(gateway: Gateway) -> None:
    gateway.policy(0.0)
    gateway.arrive(1, SIGNED)
    (job,) = [each for each in jobs_of(gateway) if each.kind is JobKind.SEND_HL7]
    assert job.max_attempts == 150


def jobs_of(gateway: Gateway) -> list[Job]:
    return list(SqlJobStore(gateway.store, gateway.clock).listing(None))
