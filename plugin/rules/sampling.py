"""Who is drawn: a keyed hash that gives the same study the same answer for ever.

``u`` is the first 53 bits of HMAC-SHA256(key of the policy version, study ‖ action ‖ rule)
read as a fraction, so it is uniform on [0, 1), cannot be foreseen without the key, and is
recomputed by anybody who has it.  The first rule whose conditions all hold decides
(T/CSBME 7.2.1.1: 抽样规则及概率).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from plugin.domain.errors import InvalidInput
from plugin.domain.gate import Draw
from plugin.domain.sampling import SamplingPolicy, SamplingRule

CONDITIONS = (
    "action",
    "modality",
    "exam_item",
    "body_part",
    "department",
    "patient_class",
    "signer",
    "role",
    "has_issue",
    "critical",
)
"""What a rule may ask; the facts of a sign event carry a value under each name."""


def draw(policy: SamplingPolicy, study: str, action: str, facts: Mapping[str, str]) -> Draw | None:
    """Draw one study.

    Parameters
    ----------
    study
        Accession number.
    facts
        Condition name to this event's value; see :data:`CONDITIONS`.

    Returns
    -------
    Draw or None
        ``None`` when no rule of the policy speaks of this event.
    """
    for rule in policy.rules:
        if applies(rule, facts):
            return Draw(
                p=rule.p,
                u=fraction(policy.key, study, action, rule.name),
                rule=rule.name,
                policy_version=policy.version,
                forms=rule.forms,
            )
    return None


def applies(rule: SamplingRule, facts: Mapping[str, str]) -> bool:
    """``True`` when every condition of the rule accepts the fact of its name."""
    return all(facts.get(name, "") in accepted for name, accepted in rule.conditions.items())


def fraction(key: bytes, study: str, action: str, rule: str) -> float:
    """The draw's number on [0, 1), to 53 bits."""
    content = "\x1f".join((study, action, rule)).encode()
    digest = hmac.new(key, content, hashlib.sha256).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / (1 << 53)


def check_policy(rules: tuple[SamplingRule, ...], known_forms: frozenset[str]) -> None:
    """Refuse a policy that cannot mean what its author thinks.

    Raises
    ------
    InvalidInput
        A probability outside [0, 1], an unknown condition or form, a doubled name, or a
        rule that can never be reached because an earlier one takes every event.
    """
    names: set[str] = set()
    taken_by = ""
    for index, rule in enumerate(rules):
        where = f"rules[{index}]"
        if taken_by:
            raise InvalidInput(where, f"can never be reached: rule {taken_by!r} before it takes every event")
        if not rule.name or rule.name in names:
            raise InvalidInput(f"{where}.name", "must be there, and be used once: draws are keyed by it")
        names.add(rule.name)
        if not 0.0 <= rule.p <= 1.0:
            raise InvalidInput(f"{where}.p", f"{rule.p} is not a probability between 0 and 1")
        for name, accepted in rule.conditions.items():
            if name not in CONDITIONS:
                raise InvalidInput(
                    f"{where}.conditions.{name}", f"unknown condition; known: {', '.join(CONDITIONS)}"
                )
            if not accepted:
                raise InvalidInput(
                    f"{where}.conditions.{name}", "accepts nothing, so the rule can never match"
                )
        for form in rule.forms:
            if form not in known_forms:
                raise InvalidInput(
                    f"{where}.forms", f"unknown form {form!r}; known: {', '.join(sorted(known_forms))}"
                )
        if not rule.conditions:
            taken_by = rule.name


def key_digest(key: bytes) -> str:
    """SHA-256 (hex) of a policy's key: published when it goes live, so that it cannot be changed unseen."""
    return hashlib.sha256(key).hexdigest()
