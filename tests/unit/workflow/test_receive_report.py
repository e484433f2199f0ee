"""What is inspected ahead is the very case of the transaction."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace

import pytest

from plugin.domain.case import Case
from plugin.domain.gate import SignAction, Signer, SignEvent
from plugin.rules.inspectors.pool import Cases, Inspectors, InspectorSettings
from plugin.rules.rulebook import Inspection
from plugin.workflow.receive_report import Arrived
from tests.conftest import ROOT
from tests.unit.workflow.conftest import BLEEDING, SOUND, World


class Beside(Inspectors):
    """Remembers what it was asked, ahead and in the transaction."""

    def __init__(self, world: World) -> None:
        super().__init__(world.journeys.rulebook, ROOT / "config", InspectorSettings(processes=0))
        self.read = world.store.read_together
        self.ahead_of: list[Case] = []
        self.asked: list[Case] = []

    def ahead(self, cases: Cases) -> Future[None]:
        self.ahead_of += self.read([cases])[0]
        done: Future[None] = Future()
        done.set_result(None)
        return done

    def inspect(self, case: Case) -> Inspection:
        self.asked.append(case)
        return super().inspect(case)


@pytest.fixture
def beside(world: World) -> Beside:
    return Beside(world)


def test_order_priors_and_numbers_are_those_of_the_transaction(world: World, beside: Beside) -> None:
    world.order()
    world.report(replace(SOUND, exam=replace(SOUND.exam, accession_number="A0", performed_at="2025-06-01")))
    receive = replace(world.journeys.receive_report, beside=beside)
    # Neither number nor modality is in the message: the order has both.
    report = replace(BLEEDING, exam=replace(BLEEDING.exam, accession_number="", modality=""))

    receive.ahead(lambda _: [Arrived(report=report, filler_order_number="A1")])
    world.store.write(lambda uow: receive(uow, report, source="oru", filler_order_number="A1"))

    assert beside.ahead_of == beside.asked
    (case,) = beside.asked
    assert (case.report.exam.accession_number, case.report.exam.modality) == ("A1", "CT")
    assert case.order is not None
    assert case.priors is not None
    assert [prior.accession_number for prior in case.priors] == ["A0"]


def test_a_report_that_has_no_number_is_refused_in_its_transaction_and_not_before(
    world: World, beside: Beside
) -> None:
    receive = replace(world.journeys.receive_report, beside=beside)
    nameless = replace(SOUND, exam=replace(SOUND.exam, accession_number=""))
    receive.ahead(lambda _: [Arrived(report=nameless)])
    assert not beside.ahead_of


def test_without_inspectors_nothing_is_read_ahead(world: World) -> None:
    receive = replace(world.journeys.receive_report, beside=None)
    assert receive.ahead(lambda _: pytest.fail("read")) is None


def test_a_signature_has_its_report_inspected_ahead_whether_it_brings_it_or_not(
    world: World, beside: Beside
) -> None:
    decide = replace(
        world.journeys.decide_sign, receive_report=replace(world.journeys.receive_report, beside=beside)
    )
    brings = SignEvent(
        event_id="E1",
        action=SignAction.VERIFY,
        accession_number="A1",
        signer=Signer(id="D7"),
        report=SOUND,
        caller="ris",
    )
    for event in (brings, replace(brings, event_id="E2", report=None)):
        decide.ahead(event)
        world.store.write(lambda uow, event=event: decide.decide(uow, event))  # type: ignore[misc]
    assert len(beside.ahead_of) == 2
    assert beside.ahead_of == beside.asked

    decide.ahead(replace(brings, accession_number="UNKNOWN", report=None))
    assert len(beside.ahead_of) == 2
