"""What is inspected ahead is the very case of the transaction."""

from __future__ import annotations

from dataclasses import replace

import pytest

from plugin.domain.case import Case
from plugin.domain.errors import StoreUnavailable
from plugin.domain.gate import SignAction, Signer, SignEvent
from plugin.rules.inspectors import Inspectors, InspectorSettings
from plugin.rules.rulebook import Inspection
from tests.conftest import ROOT
from tests.unit.workflow.conftest import BLEEDING, SOUND, World


class Beside(Inspectors):
    """Remembers what it was asked, ahead and in the transaction."""

    def __init__(self, world: World) -> None:
        super().__init__(world.journeys.rulebook, ROOT / "config", InspectorSettings(processes=0))
        self.ahead_of: list[Case] = []
        self.asked: list[Case] = []

    def wanted(self) -> bool:
        return True

    def ahead(self, case: Case) -> None:
        self.ahead_of.append(case)

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

    receive.ahead(world.store, report, placer_order_number="", filler_order_number="A1")
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
    receive.ahead(world.store, replace(SOUND, exam=replace(SOUND.exam, accession_number="")))
    assert not beside.ahead_of


def test_a_store_that_cannot_be_read_is_told_in_the_transaction_and_not_before(
    world: World, beside: Beside, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_query: object) -> None:
        raise StoreUnavailable("gone")

    monkeypatch.setattr(world.store, "read", gone)
    replace(world.journeys.receive_report, beside=beside).ahead(world.store, SOUND)
    assert not beside.ahead_of


def test_without_inspectors_nothing_is_read_ahead(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.store, "read", None)
    receive = replace(world.journeys.receive_report, beside=None)
    assert not receive.looks_ahead
    receive.ahead(world.store, SOUND)


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
        decide.ahead(world.store, event)
        world.store.write(lambda uow, event=event: decide.decide(uow, event))  # type: ignore[misc]
    assert len(beside.ahead_of) == 2
    assert beside.ahead_of == beside.asked

    decide.ahead(world.store, replace(brings, accession_number="UNKNOWN", report=None))
    assert len(beside.ahead_of) == 2
