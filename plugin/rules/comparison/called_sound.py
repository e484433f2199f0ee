"""Conclusions on a place that the findings name and call sound: 右内踝骨折 beside 内踝骨质完整.

`contradiction` says that the two do not go together.  Unless the side alone is wrong, what is more is
that the conclusion has no finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from plugin.rules.comparison.claims import PRESENT, SAID, Claim, meet, opposite
from plugin.rules.comparison.clause_state import State
from plugin.rules.comparison.denial_words import apart, turned
from plugin.rules.comparison.denied_findings import denied_in_findings
from plugin.rules.comparison.measured import only_measured
from plugin.rules.comparison.refuted import refuted
from plugin.rules.comparison.statements import Statement, Told, only_side, told
from plugin.rules.texts import Texts
from plugin.text.mention import Mention
from plugin.text.reader import ReadText
from plugin.text.terms import Assertion

_MOST = 30
"""Conclusions of a report that are asked about; time stays bounded."""
_CONCLUDED = SAID | {Assertion.UNCERTAIN}


def called_sound(reading: Texts, general: frozenset[str]) -> Iterator[int]:
    """Clauses of the impression whose very place the findings call sound, and hold nothing of.

    Parameters
    ----------
    reading
        The case.
    general
        Anatomy too wide to be declared sound.
    """
    sound = reading.findings.derived(_sound_wholes)
    said = [c for c in reading.impression_claims if c.assertion in _CONCLUDED and _places(reading, c)][:_MOST]
    against = _clauses(refuted(reading, general))
    asked: set[int] = set()
    for claim in said:
        index = claim.what.clause
        if claim.id == "lesion" or index in asked:
            continue
        # What was not named, nor its whole, was not called sound: most of what is concluded.
        named = any(
            not sound.isdisjoint(reading.lexicon.ancestors(place.term.id))
            for place in _places(reading, claim)
            if place.term.region
        )
        if not named:
            continue
        asked.add(index)
        denied = claim.assertion is Assertion.AFFIRMED and denied_in_findings(reading, claim) is not None
        if (
            (denied or index in against)
            and not _on_other_side(reading, claim, said)
            and not only_measured(reading, index)
        ):
            yield index


def nameless_on_sound(reading: Texts, general: frozenset[str]) -> Iterator[int]:
    """Clauses of the impression that conclude in words that nobody knows on what the findings call sound: 精囊受侵."""
    named = {claim.what.clause for claim in reading.impression_claims}
    against = _clauses(refuted(reading, general))
    asked = 0
    for said in reading.impression_statements:
        if said.state is not State.SEEN or not said.own or said.clause in named:
            continue
        asked += 1
        if asked > _MOST:
            return
        if said.clause in against:
            yield said.clause


def _places(reading: Texts, claim: Claim) -> tuple[Mention, ...]:
    """The anatomy that a conclusion names in its clause, or that its own name holds: 脂肪肝."""
    if claim.own and claim.places:
        return claim.places
    start, end = claim.what.start, claim.what.end
    return tuple([place for place in reading.impression.anatomy if start < place.start < end])


def _sound_wholes(findings: ReadText) -> frozenset[str]:
    """Anatomy of the clauses that find nothing wrong."""
    return frozenset().union(*[states.derived(_sound_in) for _, states in findings.derived(told)])


def _sound_in(states: Told) -> frozenset[str]:
    """The same of a stretch."""
    return frozenset(
        [place.term.id for said in states.statements if said.state is State.SOUND for place in said.places]
    )


def _clauses(against: Iterable[tuple[Statement, Statement]]) -> frozenset[int]:
    return frozenset([said.clause for said, _ in against])


def _on_other_side(reading: Texts, claim: Claim, said: list[Claim]) -> bool:
    """Whether such a thing was found on the other side, and no other conclusion speaks of it.

    Then the side is wrong, which is for other rules to say.  Sides are left and right, and inner and
    outer (内踝 and 外踝).  On another part, as 前交叉韧带撕裂 beside a torn 后交叉韧带, it is two things:
    one found and not concluded, one concluded and not found.
    """
    alike = reading.lexicon.kin(claim.id)
    # 关节积液 accounts for no 高信号 that may be the tear.
    kinds = alike - {"lesion"}
    others = [o for o in said if o.what.clause != claim.what.clause and o.id in kinds]
    return any(
        found.assertion in PRESENT
        and found.id in alike
        and (_crosses(reading, claim, found) or _turned(reading, claim, found))
        and not any(_accounts_for(reading, other, found) for other in others)
        for found in reading.findings_claims
    )


def _crosses(reading: Texts, claim: Claim, found: Claim) -> bool:
    """Whether both are of one part on two sides, or of one kind in one region of them."""
    statements = reading.impression_statements
    index = claim.what.clause
    # 左侧输尿管结石，伴其上肾盂积水: of the left as well.
    carried = only_side(statements[index]) if index < len(statements) else ""
    return any(
        opposite(one.side or carried) == other.side != ""
        and (
            (found.id == claim.id and one.term.region == other.term.region)
            or reading.lexicon.related(one.term.id, other.term.id)
        )
        for one in _places(reading, claim)
        for other in found.places
    )


def _turned(reading: Texts, claim: Claim, found: Claim) -> bool:
    there = reading.findings.clause_text(found.what.clause)
    return meet(reading.lexicon, _places(reading, claim), found.places) and turned(
        there, reading.impression.clause_text(claim.what.clause)
    )


def _accounts_for(reading: Texts, other: Claim, found: Claim) -> bool:
    lexicon = reading.lexicon
    if found.id not in lexicon.kin(other.id) or not meet(lexicon, other.places, found.places):
        return False
    there = reading.findings.clause_text(found.what.clause)
    return not apart(there, reading.impression.clause_text(other.what.clause))
