"""The policy page: sentences, a forecast before saving, versions, two people, proof."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import StoppedClock
from web_house import BASE, WebHouse, web_house

from plugin.console.policy import IN_WORDS, conditions_of, written
from plugin.domain.errors import InvalidInput, NotAllowed
from plugin.domain.people import Role
from plugin.domain.sampling import ProposedPolicy, SamplingRule
from plugin.rules.sampling.conditions import CLOSED
from plugin.workflow.change_policy import PolicyDraft

RULES = {
    "name.0": "住院CT",
    "p.0": "20",
    "when.0": "modality = CT；patient_class＝inpatient",
    "forms.0": ["report"],
    "name.1": "其余",
    "p.1": "5",
    "when.1": "",
    "per_hour": "4",
    "per_shift": "12",
    "gap_minutes": "5",
    "shifts": "8, 16, 0",
}


@pytest.fixture
def house(tmp_path: Path, clock: StoppedClock) -> Iterator[WebHouse]:
    with web_house(tmp_path, clock) as built:
        built.person("qc", Role.QC_STAFF)
        yield built


def post(house: WebHouse, do: str, **changes: str) -> tuple[int, str]:
    browser = house.signed_in("qc")
    data = {"csrf": house.csrf(browser), "do": do, **RULES, **changes}
    answer = browser.post("/console/policy", data=data, base_url=BASE)
    return answer.status_code, answer.text


def live(house: WebHouse) -> tuple[SamplingRule, ...]:
    found = house.store.read(lambda uow: uow.policies.live(house.clock()))
    assert found is not None
    return found.rules


def test_rules_are_read_as_sentences(house: WebHouse, clock: StoppedClock) -> None:
    clock.advance(minutes=1)
    assert post(house, "submit")[0] == 303
    assert live(house)[0] == SamplingRule(
        name="住院CT",
        p=0.2,
        conditions={"modality": ("CT",), "patient_class": ("inpatient",)},
        forms=("report",),
    )
    page = house.signed_in("qc").get("/console/policy", base_url=BASE).text
    assert "设备类型为CT，且患者类别为住院：抽取 20%（住院CT），评报告质量" in page
    assert "每人每小时最多弹出 4 次" in page


def test_a_forecast_changes_nothing_and_shows_the_difference(house: WebHouse, clock: StoppedClock) -> None:
    house.hold()
    clock.advance(minutes=1)
    before = live(house)
    status, page = post(house, "simulate", weeks="4")
    assert status == 200
    assert 'id="forecast"' in page
    assert "D7" in page
    assert 'class="removed"' in page
    assert live(house) == before


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"p.0": "120"}, "not between 0 and 100"),
        ({"p.0": "many"}, "no number"),
        ({"when.0": "moon = full"}, "unknown condition"),
        ({"when.0": "modality"}, "not written as"),
        ({"when.0": ""}, "can never be reached"),
        ({"live_from": "2020-01-01T08:00"}, "past"),
        ({"shifts": "99"}, "shifts"),
        ({"forms.0": "teaching"}, "unknown form"),
    ],
)
def test_a_senseless_policy_is_explained_and_not_saved(
    house: WebHouse, changes: dict[str, str], said: str
) -> None:
    before = live(house)
    status, page = post(house, "submit", **changes)
    assert (status, said in page) == (422, True)
    assert live(house) == before


def test_two_tabs_lose_nothing_of_each_other(house: WebHouse, clock: StoppedClock) -> None:
    clock.advance(minutes=1)
    assert post(house, "submit", based_on="1", comment="一")[0] == 303
    clock.advance(minutes=1)
    status, page = post(house, "submit", based_on="1", comment="二")
    assert status == 409
    assert "version 2 went live meanwhile" in page
    assert 'value="二"' in page, "what was typed stays"
    assert post(house, "submit", based_on="2")[0] == 303


def test_rules_that_overlap_are_explained(house: WebHouse) -> None:
    rules = {"when.1": "patient_class = inpatient, outpatient", "name.2": "其余", "p.2": "5", "when.2": ""}
    _, page = post(house, "simulate", weeks="4", **{"name.1": "住院", **rules})
    assert "“住院CT”与“住院”有重叠：两条都符合的检查由前一条决定。" in page
    assert page.count("有重叠") == 1, "what is left for the last rule is no overlap"


def test_a_rule_for_another_hospital_never_matches(house: WebHouse) -> None:
    status, page = post(house, "submit", **{"when.0": "institution = 别的医院"})
    assert (status, "can never match" in page) == (422, True)


def test_an_ended_version_is_proved_and_a_live_one_keeps_its_key(
    house: WebHouse, clock: StoppedClock
) -> None:
    house.hold()
    clock.advance(minutes=1)
    post(house, "submit")
    browser = house.signed_in("qc")
    ended = browser.get("/console/policy/1", base_url=BASE).text
    assert "复算 1 次抽签，抽中 1" in ended
    assert (b"k" * 32).hex() in ended
    assert "结束后公布密钥" in browser.get("/console/policy/2", base_url=BASE).text
    assert browser.get("/console/policy/7", base_url=BASE).status_code == 404


def test_two_people(house: WebHouse, clock: StoppedClock) -> None:
    policies = house.journeys.modes.policies
    strict = replace(policies, change=replace(policies.change, two_person=True))
    draft = PolicyDraft(rules=(SamplingRule(name="全部", p=0.5),), author="qc")
    proposed = house.store.write(lambda uow: strict.submit(uow, draft))
    assert isinstance(proposed, ProposedPolicy)
    page = house.signed_in("qc").get("/console/policy", base_url=BASE).text
    assert "待他人批准" in page
    assert 'value="approve"' not in page
    with pytest.raises(NotAllowed):
        house.store.write(lambda uow: strict.approve(uow, proposed.draft_id, "qc"))
    clock.advance(minutes=1)
    house.person("head", Role.HEAD)
    browser = house.signed_in("head")
    data = {"csrf": house.csrf(browser), "do": "approve", "draft_id": proposed.draft_id}
    assert browser.post("/console/policy", data=data, base_url=BASE).status_code == 303
    assert [rule.p for rule in live(house)] == [0.5]
    assert browser.post("/console/policy", data=data, base_url=BASE).status_code == 409


def test_conditions_are_written_and_read_back() -> None:
    conditions = {"modality": ("CT", "MR"), "time_of_day": ("18:00-08:00",)}
    assert conditions_of(written(conditions), "here") == conditions
    with pytest.raises(InvalidInput, match="here"):
        conditions_of("modality = CT; modality = MR", "here")


def test_every_closed_list_is_said_in_words() -> None:
    assert set(CLOSED) == IN_WORDS
