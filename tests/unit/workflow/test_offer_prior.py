"""A new order meets a recent labelled examination: offered once, answered once, counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from effort import steps

from plugin.domain.errors import GateConflict, InvalidInput
from plugin.domain.honour import Explanation, NeighbourStudy, OfferState, Saved
from plugin.domain.order import ImagingOrder, OrderStatus, PatientClass
from plugin.domain.recognition import Evaluation, Institution
from plugin.rules.recognition.prices import Prices
from plugin.workflow.announce import Announce
from plugin.workflow.answer_prior import AnswerPrior
from plugin.workflow.offer_prior import OfferPrior
from plugin.workflow.prior_request import PriorRequest, request_of
from tests.unit.workflow.conftest import PATIENT, SOUND, World

EVALUATION = Evaluation(
    evaluation_id="E1",
    region_id="chuanyu",
    institution_id="H1",
    item_number=0,
    device="",
    passed=True,
    valid_from=date(2026, 1, 1),
    valid_to=date(2026, 12, 31),
)
AGAIN = ImagingOrder(
    patient=PATIENT, accession_number="A2", placer_order_number="R2", modality="CT", exam_item="CT胸部平扫"
)


@pytest.fixture
def priors(world: World) -> OfferPrior:
    """A hospital where A1, a chest CT of the first of June, bears 川渝 HR."""
    world.store.write(lambda uow: uow.labels.add_evaluation(EVALUATION))
    world.report(SOUND)
    (label,) = world.store.read(lambda uow: uow.labels.for_exam("A1"))
    assert label.decision.mark == "川渝 HR"
    return replace(world.journeys.priors, image_link="https://viewer.example/{accession_number}")


@pytest.fixture
def answers(world: World) -> AnswerPrior:
    return world.journeys.prior_answers


def offered(world: World, priors: OfferPrior, request: PriorRequest, foreign: Sequence[NeighbourStudy] = ()):
    return world.store.write(lambda uow: priors.offer(uow, request, foreign))


def test_an_order_is_kept_and_offered_what_meets_it(world: World, priors: OfferPrior) -> None:
    world.store.write(lambda uow: priors.receive_order(uow, AGAIN, frozenset(), None))
    (offer,) = world.store.read(lambda uow: uow.offers.recent())
    assert world.store.read(lambda uow: uow.exams.order("A2")) is not None
    assert (offer.prior_accession_number, offer.institution_name) == ("A1", "测试医院")
    assert (offer.performed_at, offer.result) == ("2026-06-01 08:00:00", SOUND.impression)
    assert (offer.item_name, offer.mark, offer.acceptance) == ("胸部 CT 平扫", "川渝 HR", "mutual")
    assert offer.image_link == "https://viewer.example/A1"


def test_the_same_order_is_offered_the_same_once(world: World, priors: OfferPrior) -> None:
    draft = replace(request_of(AGAIN), asked_for="R2", also_known_as="")
    (first,) = offered(world, priors, draft)
    assert offered(world, priors, draft) == (first,)
    world.store.write(lambda uow: priors.receive_order(uow, AGAIN, frozenset(), None))
    assert world.store.read(lambda uow: uow.offers.recent()) == [first]


@pytest.mark.parametrize(
    "other",
    [
        {"patient_id": "P2"},
        {"assigning_authority": "H002"},
        {"patient_id": ""},
        {"exam_item": "头颅CT平扫"},
        {"asked_for": "A1"},
        {"emergency": True},
    ],
)
def test_nothing_is_offered(world: World, priors: OfferPrior, other: dict[str, object]) -> None:
    assert offered(world, priors, replace(request_of(AGAIN), **other)) == ()


def test_a_merged_patient_keeps_his_examinations(world: World, priors: OfferPrior) -> None:
    from plugin.domain.patient import Patient, PatientMerge

    merge = PatientMerge(surviving=Patient(patient_id="P9", assigning_authority="H001"), prior=PATIENT)
    world.store.write(lambda uow: uow.patients.merge(merge, None, world.clock()))
    # A system that has not heard of the merge may still ask under the old identifier.
    for patient_id in ("P1", "P9"):
        assert len(offered(world, priors, replace(request_of(AGAIN), patient_id=patient_id))) == 1


def test_an_emergency_is_offered_something_when_a_person_asks(world: World, priors: OfferPrior) -> None:
    urgent = replace(AGAIN, patient_class=PatientClass.EMERGENCY)
    assert offered(world, priors, request_of(urgent)) == ()
    assert len(offered(world, priors, request_of(urgent, on_demand=True))) == 1


def test_a_cancelled_order_and_a_result_out_of_the_window(world: World, priors: OfferPrior) -> None:
    gone = replace(AGAIN, status=OrderStatus.CANCELLED)
    world.store.write(lambda uow: priors.receive_order(uow, gone, frozenset(), None))
    world.clock.advance(days=31)
    assert offered(world, priors, request_of(AGAIN)) == ()
    assert world.store.read(lambda uow: uow.offers.recent()) == []


def test_a_withdrawn_label_is_not_offered(world: World, priors: OfferPrior) -> None:
    failed = replace(EVALUATION, passed=False)
    world.store.write(lambda uow: uow.labels.add_evaluation(failed))
    world.store.write(lambda uow: world.journeys.labels(uow, "A1"))
    assert offered(world, priors, request_of(AGAIN)) == ()


def test_accepting_writes_the_citation_of_6_6(world: World, priors: OfferPrior, answers: AnswerPrior) -> None:
    (offer,) = offered(world, priors, request_of(AGAIN))
    accepted = world.store.write(lambda uow: answers.accept(uow, offer.offer_id, "D3"))
    for part in ("测试医院", "2026-06-01 08:00:00", SOUND.impression, "D3", offer.offer_id, "A1"):
        assert part in accepted.citation
    assert world.store.write(lambda uow: answers.accept(uow, offer.offer_id, "D4")) == accepted
    with pytest.raises(GateConflict, match="accepted"):
        world.store.write(lambda uow: answers.refuse(uow, offer.offer_id, "D3", "doubtful"))


def test_refusing_takes_one_of_eleven_reasons(world: World, priors: OfferPrior, answers: AnswerPrior) -> None:
    assert len(answers.refusals()) == 11
    (offer,) = offered(world, priors, request_of(AGAIN))
    with pytest.raises(InvalidInput, match="condition_changed"):
        world.store.write(lambda uow: answers.refuse(uow, offer.offer_id, "D3", "no reason"))
    told = Explanation(to="患者家属", by="D3", at=world.clock())
    world.store.write(lambda uow: answers.refuse(uow, offer.offer_id, "D3", "doubtful", "伪影", told))
    kept = world.store.read(lambda uow: uow.offers.get(offer.offer_id))
    assert kept is not None
    assert (kept.state, kept.reason, kept.explanation) == (OfferState.REFUSED, "doubtful", told)
    now = world.clock()
    tally = world.store.read(lambda uow: answers.tally(uow, now, now + timedelta(seconds=1)))
    assert (tally.offered, tally.refused, tally.unexplained, tally.repeat_rate) == (
        1,
        {"doubtful": 1},
        0,
        1.0,
    )


def test_an_unknown_offer(world: World, answers: AnswerPrior) -> None:
    with pytest.raises(InvalidInput, match="offer_id"):
        world.store.write(lambda uow: answers.accept(uow, "nobody's", "D3"))


def test_what_an_administrator_answered_is_a_mapping(world: World, priors: OfferPrior) -> None:
    request = replace(request_of(AGAIN), exam_item="胸部CT体检套餐")
    assert offered(world, priors, request) == ()
    world.store.write(lambda uow: uow.labels.answer("chuanyu", "胸部CT体检套餐", 94, "admin", world.clock()))
    assert len(offered(world, priors, request)) == 1


def test_an_order_is_saved_once_and_its_price_is_never_guessed(
    world: World, priors: OfferPrior, answers: AnswerPrior
) -> None:
    priced = replace(
        answers, prices=Prices(names={"CT胸部平扫": Decimal("260.50")}, items={"chuanyu": {"94": Decimal(1)}})
    )
    for offer in offered(world, priors, request_of(AGAIN), [NEIGHBOUR]):
        world.store.write(lambda uow, offer=offer: answers.accept(uow, offer.offer_id, "D3"))
    other = replace(request_of(AGAIN), asked_for="B1", also_known_as="", exam_item="胸部 CT 平扫")
    (offer, _) = offered(world, priors, other, [NEIGHBOUR])
    world.store.write(lambda uow: answers.accept(uow, offer.offer_id, "D3"))
    now = world.clock()

    def saved(answers: AnswerPrior) -> Saved:
        return world.store.read(lambda uow: answers.tally(uow, now, now + timedelta(seconds=1))).saved

    assert saved(priced) == Saved(examinations=2, money=Decimal("261.50"))
    assert saved(answers) == Saved(examinations=2, unpriced=2)


def test_an_accepted_result_goes_to_the_medical_record_once(
    world: World, priors: OfferPrior, answers: AnswerPrior
) -> None:
    telling = replace(answers, announce=Announce(destinations={"citation": ("emr",)}))
    (offer,) = offered(world, priors, request_of(AGAIN))
    for _ in range(2):
        world.store.write(lambda uow: telling.accept(uow, offer.offer_id, "D3"))
    assert world.jobs().count("send_hl7") == 1


NEIGHBOUR = NeighbourStudy(
    source="county",
    institution=Institution(institution_id="H2", name="测试县医院", level=2),
    accession_number="N1",
    study_instance_uid="1.2.3",
    description="胸部CT平扫",
    modality="CT",
    performed_at="20260525 090000",
    labelled_name="测试县医院 川渝 HR",
)


def test_a_neighbours_study_counts_when_its_images_bear_the_mark(world: World, priors: OfferPrior) -> None:
    own, foreign = offered(world, priors, request_of(AGAIN), [NEIGHBOUR])
    assert (own.prior_accession_number, foreign.prior_accession_number) == ("A1", "N1")
    assert (foreign.source, foreign.acceptance) == ("county", "optional")
    bare = replace(NEIGHBOUR, labelled_name="测试县医院")
    assert len(offered(world, priors, request_of(AGAIN), [bare])) == 1


def test_a_hundred_earlier_requests_make_the_next_one_cost_no_more(world: World, priors: OfferPrior) -> None:
    def cost(number: int) -> int:
        request = replace(request_of(AGAIN), asked_for=f"B{number}")

        def work(uow: Any) -> int:
            return steps(lambda: priors.offer(uow, request, ()))

        return world.store.write(work)

    cost(0)  # what a first request alone makes
    early, *_, late = (cost(number) for number in range(1, 102))
    assert late < 1.2 * early
