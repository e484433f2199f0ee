"""Conditions, and policies that are refused before they go live."""

from __future__ import annotations

import pytest

from plugin.domain.errors import InvalidInput
from plugin.domain.sampling import Caps, Minimum, SamplingRule
from plugin.rules.sampling.conditions import check_policy, holds

FORMS = frozenset({"report", "image"})


@pytest.mark.parametrize(("conditions", "facts", "expected"), [
    ({}, {}, True),
    ({"modality": ("CT", "MR")}, {"modality": "MR"}, True),
    ({"modality": ("CT",)}, {}, False),
    ({"exam_item": ("*增强*",)}, {"exam_item": "头颅MRI平扫+增强"}, True),
    ({"exam_item": ("头颅*",)}, {"exam_item": "胸部CT平扫"}, False),
    ({"time_of_day": ("18:00-08:00",)}, {"time_of_day": "23:15"}, True),
    ({"time_of_day": ("18:00-08:00",)}, {"time_of_day": "08:00"}, False),
    ({"time_of_day": ("08:00-18:00",)}, {"time_of_day": "08:00"}, True),
    ({"critical": ("yes",), "role": ("resident",)}, {"critical": "yes", "role": "senior"}, False),
])  # fmt: skip
def test_holds(conditions: dict[str, tuple[str, ...]], facts: dict[str, str], expected: bool) -> None:
    assert holds(conditions, facts) is expected


def rule(name: str = "r", p: float = 0.1, **conditions: tuple[str, ...]) -> SamplingRule:
    return SamplingRule(name=name, p=p, conditions=conditions)


@pytest.mark.parametrize(("rules", "said"), [
    ([rule(p=1.2)], r"rules\[0\]\.p: 1\.2 is not a probability"),
    ([rule(p=float("nan"))], "not a probability"),
    ([rule(), rule()], r"rules\[1\]\.name: must be there, and be used once"),
    ([rule(name=" ")], "must be there"),
    ([rule("a"), rule("b", modality=("CT",))], r"rules\[1\]: can never be reached: rule 'a'"),
    ([rule("a", modality=("CT", "MR")), rule("b", modality=("CT",), role=("senior",))], "never be reached"),
    ([rule(modalty=("CT",))], r"conditions\.modalty: unknown condition"),
    ([rule(modality=())], "accepts nothing"),
    ([rule(patient_class=("急诊",))], "never occurs; there are: checkup, emergency"),
    ([rule(time_of_day=("8-18",))], "is not a span like"),
    ([SamplingRule(name="r", p=0.1, forms=("rapport",))], "unknown form 'rapport'; known: image, report"),
])  # fmt: skip
def test_policies_that_make_no_sense(rules: list[SamplingRule], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        check_policy(tuple(rules), FORMS)


@pytest.mark.parametrize(("minimum", "caps", "said"), [
    (Minimum(name="r", count=1), None, "used once"),
    (Minimum(name="m", count=0), None, "not a number from 1"),
    (Minimum(name="m", count=500), Caps(per_shift=2), "cannot be met"),
    (Minimum(name="m", count=1, conditions={"action": ("verify",)}), None, "no rule speaks"),
    (Minimum(name="m", count=1), Caps(per_hour=-1), r"caps\.per_hour"),
    (Minimum(name="m", count=1), Caps(shifts=()), r"caps\.shifts"),
])  # fmt: skip
def test_quotas_that_cannot_be_met(minimum: Minimum, caps: Caps | None, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        check_policy((rule(action=("submit",)),), FORMS, (minimum,), caps)


def test_a_sensible_policy() -> None:
    check_policy(
        (rule("夜班", 0.5, time_of_day=("18:00-08:00",)), rule("其余", 0.05)),
        FORMS,
        (Minimum(name="随访", count=10, conditions={"outcome_known": ("yes",)}),),
        Caps(per_hour=4),
    )
