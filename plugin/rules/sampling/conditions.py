"""What a sampling rule may ask of a sign event, and whether a policy makes sense."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from fnmatch import fnmatchcase

from plugin.domain.errors import InvalidInput
from plugin.domain.sampling import Caps, Minimum, SamplingRule

CONDITIONS: dict[str, str] = {
    "action": "submit 或 verify",
    "modality": "设备类型",
    "exam_item": "检查项目，可用 * 通配",
    "body_part": "检查部位，可用 * 通配",
    "system": "系统：neuro 神经, respiratory 呼吸, digestive_urogenital 消化及泌尿生殖, skeletal 骨骼, "
    "circulatory 循环, other",
    "department": "申请科室，可用 * 通配",
    "patient_class": "outpatient, inpatient, emergency, checkup, unknown",
    "time_of_day": "时段，如 18:00-08:00",
    "signer": "签发医师工号",
    "role": "resident, attending, senior, technician",
    "seniority": "资历：before_first_stage, after_first_stage, unknown（按人员表）",
    "institution": "医疗机构代码",
    "has_issue": "报告有质控问题：yes 或 no",
    "critical": "报告有危急值：yes 或 no",
    "outcome_known": "有手术或随访结局：yes 或 no",
}
"""Condition to what it accepts, as the administrator's page shows it."""

OTHER_SYSTEM = "other"

SYSTEMS = ("neuro", "respiratory", "digestive_urogenital", "skeletal", "circulatory")
"""Of which seed 000 B.1 wants cases with a known outcome (神经、呼吸、消化及泌尿生殖、骨骼、循环系统)."""

_WILD = {"exam_item", "body_part", "department"}
_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
CLOSED: dict[str, frozenset[str]] = {
    "action": frozenset({"submit", "verify"}),
    "patient_class": frozenset({"outpatient", "inpatient", "emergency", "checkup", "unknown"}),
    "role": frozenset({"resident", "attending", "senior", "technician"}),
    "seniority": frozenset({"before_first_stage", "after_first_stage", "unknown"}),
    "system": frozenset({*SYSTEMS, OTHER_SYSTEM}),
    "has_issue": frozenset({"yes", "no"}),
    "critical": frozenset({"yes", "no"}),
    "outcome_known": frozenset({"yes", "no"}),
}
"""Conditions whose values are a closed list; pages say them in words."""


def holds(conditions: Mapping[str, Collection[str]], facts: Mapping[str, str]) -> bool:
    """``True`` when every condition accepts the fact of its name; an absent fact is empty."""
    return all(_accepts(name, accepted, facts.get(name, "")) for name, accepted in conditions.items())


def _accepts(name: str, accepted: Collection[str], fact: str) -> bool:
    if name == "time_of_day":
        return any(_within(span, fact) for span in accepted)
    if name in _WILD:
        return any(fnmatchcase(fact, pattern) for pattern in accepted)
    return fact in accepted


def _within(span: str, clock: str) -> bool:
    """Is ``HH:MM`` within ``HH:MM-HH:MM``, which may pass midnight?  The end is not within."""
    start, end = span.split("-")
    return start <= clock < end if start <= end else clock >= start or clock < end


def check_policy(
    rules: tuple[SamplingRule, ...],
    known_forms: frozenset[str],
    minimums: tuple[Minimum, ...] = (),
    caps: Caps | None = None,
    institution: str = "",
) -> None:
    """Refuse a policy that cannot mean what its author thinks.

    Parameters
    ----------
    institution
        The one whose examinations these are; a rule for another never matches.  Empty: not known.

    Raises
    ------
    InvalidInput
        A probability outside [0, 1], an unknown condition, value or form, a doubled name, a
        rule that can never be reached because an earlier one takes all its events, or a
        quota that cannot be met.
    """
    names: set[str] = set()
    for index, rule in enumerate(rules):
        where = f"rules[{index}]"
        _check_name(rule.name, names, where)
        if not 0.0 <= rule.p <= 1.0:
            raise InvalidInput(f"{where}.p", f"{rule.p} is not a probability between 0 and 1")
        _check_conditions(rule.conditions, where)
        _check_institution(rule.conditions, institution, where)
        for earlier in rules[:index]:
            if _covers(earlier.conditions, rule.conditions):
                raise InvalidInput(
                    where, f"can never be reached: rule {earlier.name!r} before it takes all its events"
                )
        for form in rule.forms:
            if form not in known_forms:
                raise InvalidInput(
                    f"{where}.forms", f"unknown form {form!r}; known: {', '.join(sorted(known_forms))}"
                )
    for index, minimum in enumerate(minimums):
        where = f"minimums[{index}]"
        _check_name(minimum.name, names, where)
        _check_conditions(minimum.conditions, where)
        _check_institution(minimum.conditions, institution, where)
        if not 1 <= minimum.count <= 1000:
            raise InvalidInput(f"{where}.count", f"{minimum.count} is not a number from 1 to 1000")
        if caps is not None and caps.per_shift and minimum.count > caps.per_shift * 62:
            raise InvalidInput(
                f"{where}.count", f"cannot be met: at most {caps.per_shift} popups a shift are allowed"
            )
        if rules and not any(_may_meet(rule.conditions, minimum.conditions) for rule in rules):
            raise InvalidInput(where, "no rule speaks of the examinations it counts")
    _check_caps(caps)


def _check_name(name: str, names: set[str], where: str) -> None:
    if not name.strip() or name in names or "\x1f" in name:
        raise InvalidInput(f"{where}.name", "must be there, and be used once: draws are keyed by it")
    names.add(name)


def _check_conditions(conditions: Mapping[str, Collection[str]], where: str) -> None:
    for name, accepted in conditions.items():
        place = f"{where}.conditions.{name}"
        if name not in CONDITIONS:
            raise InvalidInput(place, f"unknown condition; known: {', '.join(CONDITIONS)}")
        if not accepted:
            raise InvalidInput(place, "accepts nothing, so the rule can never match")
        for value in accepted:
            if name in CLOSED and value not in CLOSED[name]:
                raise InvalidInput(
                    place, f"{value!r} never occurs; there are: {', '.join(sorted(CLOSED[name]))}"
                )
            if name == "time_of_day" and not _SPAN.fullmatch(value):
                raise InvalidInput(place, f"{value!r} is not a span like 18:00-08:00")


def _check_institution(conditions: Mapping[str, Collection[str]], institution: str, where: str) -> None:
    asked = conditions.get("institution")
    if institution and asked is not None and institution not in asked:
        raise InvalidInput(
            f"{where}.conditions.institution",
            f"can never match: every examination here is of {institution!r}",
        )


def overlaps(rules: Sequence[SamplingRule]) -> list[tuple[SamplingRule, SamplingRule]]:
    """Pairs of which both may speak of one examination, so that the earlier decides; none is a mistake.

    A rule without conditions takes what is left, and overlaps with nothing in that sense.
    """
    return [
        (earlier, later)
        for index, later in enumerate(rules)
        for earlier in rules[:index]
        if earlier.conditions and later.conditions and _both_may_hold(earlier.conditions, later.conditions)
    ]


def _both_may_hold(one: Mapping[str, Collection[str]], other: Mapping[str, Collection[str]]) -> bool:
    """No condition that both name keeps them apart; wild cards and spans are given the benefit of the doubt."""
    patterns = _WILD | {"time_of_day"}
    return all(name in patterns or set(one[name]) & set(other[name]) for name in one if name in other)


def _check_caps(caps: Caps | None) -> None:
    if caps is None:
        return
    for name in ("per_hour", "per_shift", "gap_minutes"):
        if not 0 <= getattr(caps, name) <= 1440:
            raise InvalidInput(f"caps.{name}", "is a number from 0 (no limit) to 1440")
    if not caps.shifts or any(not 0 <= hour <= 23 for hour in caps.shifts):
        raise InvalidInput("caps.shifts", "names the hours, 0 to 23, at which shifts begin")


def _covers(earlier: Mapping[str, Collection[str]], later: Mapping[str, Collection[str]]) -> bool:
    """Every event of `later` is taken by `earlier` already (wild cards and spans compared as text)."""
    return all(name in later and set(later[name]) <= set(accepted) for name, accepted in earlier.items())


def _may_meet(one: Mapping[str, Collection[str]], other: Mapping[str, Collection[str]]) -> bool:
    """No condition with a closed list of values keeps the two apart."""
    return all(name not in other or set(one[name]) & set(other[name]) for name in one if name in CLOSED)
