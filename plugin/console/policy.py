"""The sampling policy: in sentences, changed with a forecast first, approved, and proved afterwards."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from flask import Blueprint, g, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from plugin.console.desk import ConsoleDesk
from plugin.console.gatekeeper import allow, form_text, signed_in, speak
from plugin.console.pages import clock_time, show
from plugin.domain.errors import GateConflict, InvalidInput, UnknownReport
from plugin.domain.sampling import Caps, Minimum, Period, ProposedPolicy, SamplingPolicy, SamplingRule, Scorer
from plugin.kit.messages import Translate
from plugin.workflow.change_policy import PolicyDraft

MOST_ROWS = 20
WEEKS = 8
"""A simulation looks back so far unless another number is asked for."""

Whole = SamplingPolicy | ProposedPolicy | PolicyDraft


def routes(console: Blueprint, desk: ConsoleDesk) -> None:
    """Add the pages of this file."""

    @console.get("/policy")
    def policy() -> str:
        allow(desk, "policy")
        versions, _ = _versions(desk)
        asked = request.args.get("version", "")
        start = next((each for each in versions if str(each.version) == asked), None)
        return _page(desk, _draft_of(start) if start else None)

    @console.post("/policy")
    def policy_post() -> BaseResponse | str | tuple[str, int]:
        allow(desk, "policy")
        actor, do = signed_in().account.login, form_text("do", limit=20)
        if do in {"approve", "withdraw"}:
            draft_id = form_text("draft_id", limit=64)
            decide = desk.modes.policies.approve if do == "approve" else desk.modes.policies.withdraw
            desk.store.write(lambda uow: decide(uow, draft_id, actor))
            return redirect(url_for("console.policy"), 303)
        draft = PolicyDraft(rules=())
        try:
            draft = _read(desk, actor)
            if do == "simulate":
                weeks = _number("weeks", 1, 104)
                found = desk.store.read(lambda uow: desk.modes.policies.simulate(uow, draft, weeks))
                return _page(desk, draft, forecast=found, weeks=weeks)
            desk.store.write(lambda uow: desk.modes.policies.submit(uow, draft))
        except InvalidInput as error:
            return _page(desk, draft if draft.rules else None, problem=str(error)), 422
        except GateConflict as error:
            return _page(desk, draft, problem=str(error)), 409
        return redirect(url_for("console.policy"), 303)

    @console.get("/policy/<int:version>")
    def policy_version(version: int) -> str:
        allow(desk, "policy")
        versions, live = _versions(desk)
        chosen = next((each for each in versions if each.version == version), None)
        if chosen is None:
            raise UnknownReport(f"no version {version} of the policy")
        before = next((each for each in versions if each.version < version), None)
        proof = None
        ended = live is not None and chosen.version != live.version and chosen.live_from <= desk.clock()
        if ended:
            _, proof = desk.store.read(lambda uow: desk.modes.policies.prove(uow, version))
        t = speak()
        return show(
            "console_policy_version.html",
            policy=chosen,
            live=live,
            sentences=list(sentences(chosen, t)),
            changes=differences(before, chosen, t) if before else [],
            proof=proof,
            key=chosen.key.hex() if ended else "",
        )


def _page(desk: ConsoleDesk, draft: PolicyDraft | None, **more: object) -> str:
    versions, live = _versions(desk)
    waiting = desk.store.read(lambda uow: list(uow.drafts.waiting()))
    t = speak()
    shown = draft or (_draft_of(live) if live else PolicyDraft(rules=()))
    values: dict[str, object] = {"problem": "", "forecast": None, "weeks": WEEKS, **more}
    return show(
        "console_policy.html",
        live=live,
        sentences=list(sentences(live, t)) if live else [],
        versions=versions,
        to_come=[each for each in versions if each.live_from > desk.clock()],
        waiting=[(each, differences(live, each, t)) for each in waiting],
        draft=shown,
        changes=differences(live, shown, t) if live and values["forecast"] else [],
        rows=[*((rule, written(rule.conditions)) for rule in shown.rules), *[(None, "")] * 2][:MOST_ROWS],
        minimums=[*((each, written(each.conditions)) for each in shown.minimums), (None, "")][:MOST_ROWS],
        periods=list(Period),
        conditions=desk.modes.policies.conditions,
        form_ids=desk.modes.policies.forms,
        two_person=desk.modes.policies.two_person,
        overlaps=[
            t("policy.overlap", first=one.name, second=other.name)
            for one, other in desk.modes.policies.overlaps(shown.rules)
        ],
        newest=max((each.version for each in versions), default=0),
        live_from=_local(shown.live_from) if draft and draft.live_from else "",
        **values,
    )


def _versions(desk: ConsoleDesk) -> tuple[Sequence[SamplingPolicy], SamplingPolicy | None]:
    now = desk.clock()
    return desk.store.read(lambda uow: (list(uow.policies.versions()), uow.policies.live(now)))


def sentences(policy: Whole, t: Translate) -> Iterator[str]:
    """The policy as a person would say it."""
    for rule in policy.rules:
        when = t("policy.and").join(
            t("policy.is", what=t(f"condition.{name}"), values=t("policy.or").join(_said(name, values, t)))
            for name, values in rule.conditions.items()
        )
        said = t(
            "policy.rule", when=when or t("policy.otherwise"), percent=f"{rule.p * 100:g}", name=rule.name
        )
        forms = t("policy.or").join(g.form_title(form) for form in rule.forms)
        said += t("policy.fills", forms=forms) if forms else ""
        yield said + (t("policy.another") if rule.scorer is Scorer.ANOTHER else "")
    for least in policy.minimums:
        when = t("policy.and").join(
            t("policy.is", what=t(f"condition.{name}"), values=t("policy.or").join(_said(name, values, t)))
            for name, values in least.conditions.items()
        )
        period = t(f"period.{least.period.value}")
        yield t("policy.minimum", count=least.count, period=period, name=least.name) + (
            f"（{when}）" if when else ""
        )
    caps = policy.caps
    for key in ("per_hour", "per_shift", "gap_minutes"):
        if number := getattr(caps, key):
            yield t(f"cap.{key}", number=number)


def _said(name: str, values: Iterable[str], t: Translate) -> Iterator[str]:
    """Values of a closed list in words; names of items and places as they are."""
    for value in values:
        yield t(f"value.{value}") if name in IN_WORDS else value


IN_WORDS = frozenset(
    {"action", "patient_class", "role", "seniority", "system", "has_issue", "critical", "outcome_known"}
)
"""Conditions whose values are said in words; the others name things of the site."""


def differences(before: Whole | None, after: Whole, t: Translate) -> list[tuple[str, str]]:
    """(``+`` or ``-``, sentence) of what changes."""
    old = list(sentences(before, t)) if before else []
    lines = difflib.ndiff(old, list(sentences(after, t)))
    return [(line[0], line[2:]) for line in lines if line[0] in "+-"]


def written(conditions: Mapping[str, Sequence[str]]) -> str:
    """Conditions as the editor shows them: ``modality = CT, MR; action = verify``."""
    return "; ".join(f"{name} = {', '.join(values)}" for name, values in conditions.items())


def conditions_of(text: str, where: str) -> dict[str, tuple[str, ...]]:
    """What :func:`written` wrote; Chinese marks are taken as well.

    Raises
    ------
    InvalidInput
        When a part has no ``=``, or a condition stands twice.
    """
    found: dict[str, tuple[str, ...]] = {}
    for part in filter(None, (each.strip() for each in re.split("[;；\n]", text))):
        name, equals, values = part.replace("＝", "=").partition("=")
        if not equals or name.strip() in found:
            raise InvalidInput(where, f"{part!r} is not written as  condition = value, value")
        found[name.strip()] = tuple(v.strip() for v in re.split("[,，、]", values) if v.strip())
    return found


def _read(desk: ConsoleDesk, author: str) -> PolicyDraft:
    rules, minimums = [], []
    for row in range(MOST_ROWS):
        if name := form_text(f"name.{row}", needed=False, limit=60):
            where = f"rules[{row}]"
            rules.append(
                SamplingRule(
                    name=name,
                    p=_percent(form_text(f"p.{row}", needed=False, limit=12), where),
                    conditions=conditions_of(form_text(f"when.{row}", needed=False), where),
                    forms=tuple(request.form.getlist(f"forms.{row}")),
                    scorer=Scorer.ANOTHER if f"another.{row}" in request.form else Scorer.SIGNER,
                )
            )
        if name := form_text(f"least.{row}", needed=False, limit=60):
            where = f"minimums[{row}]"
            minimums.append(
                Minimum(
                    name=name,
                    count=_number(f"count.{row}", 1, 1000),
                    period=Period(_one_of(f"period.{row}", [each.value for each in Period])),
                    conditions=conditions_of(form_text(f"least_when.{row}", needed=False), where),
                )
            )
    return PolicyDraft(
        rules=tuple(rules),
        minimums=tuple(minimums),
        caps=Caps(
            per_hour=_number("per_hour", 0, 1440),
            per_shift=_number("per_shift", 0, 1440),
            gap_minutes=_number("gap_minutes", 0, 1440),
            shifts=tuple(int(h) for h in re.findall(r"[0-9]{1,2}", form_text("shifts", limit=60))),
        ),
        author=author,
        comment=form_text("comment", needed=False),
        live_from=_moment(desk, form_text("live_from", needed=False, limit=20)),
        based_on=_number("based_on", 0, 999_999) if "based_on" in request.form else None,
    )


def _percent(text: str, where: str) -> float:
    try:
        percent = float(text)
    except ValueError:
        raise InvalidInput(f"{where}.p", f"{text!r} is no number of per cent") from None
    if not 0 <= percent <= 100:
        raise InvalidInput(f"{where}.p", f"{text} % is not between 0 and 100")
    return round(percent / 100, 6)


def _number(name: str, low: int, high: int) -> int:
    text = form_text(name, needed=False, limit=6) or str(low)
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise InvalidInput(name, f"is a number from {low} to {high}")
    return int(text)


def _one_of(name: str, known: Sequence[str]) -> str:
    value = form_text(name, limit=20)
    if value not in known:
        raise InvalidInput(name, f"is one of {', '.join(known)}")
    return value


def _moment(desk: ConsoleDesk, text: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=desk.zone).astimezone(UTC)
    except ValueError:
        raise InvalidInput("live_from", "is written YYYY-MM-DDTHH:MM") from None


def _local(at: datetime | None) -> str:
    return clock_time(at)[:16].replace(" ", "T")


def _draft_of(policy: SamplingPolicy) -> PolicyDraft:
    return PolicyDraft(rules=policy.rules, minimums=policy.minimums, caps=policy.caps)
