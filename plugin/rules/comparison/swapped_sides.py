"""Sides that the impression gives to one side, and the findings only to the other.

A place of the impression is held against what the findings hold of it, of its parts and of its
whole: what stands there on its own side bears it out, and what stands on the other side alone is a
witness against it.  Both sides named is sound, unless each is concluded with what the other has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from plugin.rules.comparison.claims import MOST_CLAIMS, PRESENT, claims_of, opposite
from plugin.rules.comparison.crossed_sides import names_by_side
from plugin.rules.comparison.examined_side import with_side
from plugin.rules.comparison.side_evidence import borne_out
from plugin.rules.texts import Texts
from plugin.text.mention import Mention
from plugin.text.reader import ReadText
from plugin.text.terms import NOT_SAID, Assertion

_ONE_SIDE = frozenset("LR")
_MOST = 60
"""Sided mentions of an impression that are compared; no report has more."""
_SOUND = re.compile(
    r"未见|正常|如常|无|清晰|良好|光[滑整]|均匀|自然|对称|不大|不厚|不宽|锐利|通畅|连续(?!性)|尚可"
)
_APPROACH = re.compile(r"穿刺|置鞘|入路|[逆顺]穿|翻山|插管")
"""How an instrument came in, which is nothing that was found."""
_GRADED_SOUND = re.compile(r"birads分?类?:?(?:1|Ⅰ|i)(?:类|级)", re.I)


class _Evidence(NamedTuple):
    """What the findings hold of one place, by side."""

    own: list[Mention]
    other: list[Mention]


def swapped(reading: Texts) -> Iterable[tuple[Mention, Mention]]:
    """Places of the impression whose side the findings give only to the other, each with its witness there."""
    findings = reading.findings
    reported: set[tuple[str, str]] = set()
    # 左侧额颞顶部 is one place to who reads it: of those that share a side word, the last names all.
    wrong: dict[int, tuple[Mention, Mention]] = {}
    sided = [m for m in reading.impression.anatomy if m.side][:_MOST]
    named = findings.derived(names_by_side)
    for mention in sided:
        if mention.side not in _ONE_SIDE or not mention.term.paired or mention.assertion in NOT_SAID:
            continue
        # Most of what is concluded of one side has nothing like it on the other.
        if named[opposite(mention.side)].isdisjoint(reading.lexicon.relatives(mention.term.id)):
            continue
        if (mention.term.id, mention.side) in reported or _across(reading, mention):
            continue
        if any(
            m.term.id == mention.term.id and m.side == opposite(mention.side) and not _is_sound(reading, m)
            for m in sided
        ):
            witness = _crossed(reading, mention) or _only_opposite(reading, mention)
        else:
            near = _described_near(reading, mention)
            evidence = _Evidence(
                [m for m in near if m.side in {mention.side, "B"}],
                [m for m in near if m.side == opposite(mention.side)],
            )
            witness = _contradicting(reading, mention, evidence)
            # What stands there under another name of the place is no swap: 侧脑室体旁, 侧脑室旁.
            if witness is not None and not evidence.own and borne_out(reading, mention):
                witness = None
        if witness is not None and _is_sound(reading, mention) and _on_its_side(reading, mention):
            witness = None
        if witness is not None:
            reported.add((mention.term.id, mention.side))
            wrong[with_side(reading.impression, mention)[0]] = mention, witness
    return wrong.values()


def _across(reading: Texts, mention: Mention) -> bool:
    """Whether the findings speak of 对侧 where they speak of this anatomy: it may be either side."""
    findings = reading.findings
    if "对侧" not in findings.text:
        return False
    clauses = {findings.clause_index(start) for start, _, side in findings.sides if side == "C"}
    near = clauses | {clause - 1 for clause in clauses}
    return any(
        m.clause in near and reading.lexicon.related(m.term.id, mention.term.id) for m in findings.anatomy
    )


def _described(text: ReadText) -> list[Mention]:
    """Anatomy that a section itself says a side of."""
    described = [m for m in text.anatomy if m.side and m.assertion not in NOT_SAID]
    if _APPROACH.search(text.text):
        described = [m for m in described if not _APPROACH.search(text.clause_text(m.clause))]
    return described[:MOST_CLAIMS]


def _on_its_side(reading: Texts, mention: Mention) -> bool:
    """Whether the findings speak of that side of the region at all: 右侧腘静脉 bears 右下肢深静脉通畅 out."""
    return any(
        m.side in {mention.side, "B"} and m.term.region == mention.term.region
        for m in reading.findings.derived(_described)
    )


def _described_near(reading: Texts, mention: Mention) -> list[Mention]:
    """Sided anatomy of the findings that is the one mentioned, a part of it, or its whole."""
    akin = reading.lexicon.relatives(mention.term.id)
    return [m for m in reading.findings.derived(_described) if m.term.id in akin]


def _concluded_places(text: ReadText) -> frozenset[int]:
    """Where the places stand that something is concluded of."""
    return frozenset(
        place.start
        for claim in text.derived(claims_of)
        if claim.assertion in PRESENT
        for place in claim.places
    )


def _is_sound(reading: Texts, mention: Mention) -> bool:
    """Whether the impression says of a place that nothing is wrong there."""
    if mention.start in reading.impression.derived(_concluded_places):
        return False
    clause = reading.impression.clause_text(mention.clause)
    bare = re.sub(r"[\s-]", "", clause)
    return bool(_SOUND.search(clause) or _GRADED_SOUND.search(bare))


def _by_place(text: ReadText) -> dict[tuple[str, str], set[str]]:
    """Observations that a section holds of each place on each side."""
    held: dict[tuple[str, str], set[str]] = {}
    for claim in text.derived(claims_of):
        if claim.assertion in PRESENT:
            for place in claim.places:
                held.setdefault((place.term.id, place.side), set()).add(claim.id)
    return held


def _at(text: ReadText, term: str, side: str) -> set[str]:
    """Observations that a section holds of one place on one side."""
    return text.derived(_by_place).get((term, side), set())


def _crossed(reading: Texts, mention: Mention) -> Mention | None:
    """Left and right each concluded with what was found on the other: the findings' place.

    Each side must have its own observation in both sections; what both sides share proves nothing.
    """
    term, side, other = mention.term.id, mention.side, opposite(mention.side)
    found, said = reading.findings, reading.impression
    here, there = _at(said, term, side), _at(said, term, other)
    own, far = _at(found, term, side), _at(found, term, other)
    both = _at(found, term, "B") | _at(said, term, "B")
    mine, theirs = here - there - {"lesion"}, there - here - {"lesion"}
    if both or not mine or not theirs or not own or not far:
        return None
    if mine & own or theirs & far or not mine & far or not theirs & own:
        return None
    return next(
        place
        for claim in reading.findings_claims
        if claim.id in mine & far
        for place in claim.places
        if place.term.id == term and place.side == other
    )


def _only_opposite(reading: Texts, mention: Mention) -> Mention | None:
    """Where the findings hold what is concluded of one side on the other alone, and never name the first."""
    near = _described_near(reading, mention)
    if any(m.side in {mention.side, "B"} for m in near) or borne_out(reading, mention):
        return None
    said = {
        claim.id
        for claim in reading.impression_claims
        if mention in claim.places and claim.assertion in PRESENT and claim.id != "lesion"
    }
    for claim in reading.findings_claims:
        if claim.id in said and claim.assertion in PRESENT:
            for place in claim.places:
                if place.term.id == mention.term.id and place.side == opposite(mention.side):
                    return place
    return None


def _contradicting(reading: Texts, mention: Mention, evidence: _Evidence) -> Mention | None:
    """The findings' mention that contradicts the side of `mention`, if its own side has no support."""
    if not evidence.other:
        return None
    if not evidence.own:
        # A whole or a part on the other side is a witness only where something was found.
        found_at = {
            place.start
            for claim in reading.findings_claims
            if claim.assertion in PRESENT
            for place in claim.places
        }
        # Nor is the place itself where all is well there: 右肾显影良好 says nothing of the left.
        exact = [
            m
            for m in evidence.other
            if m.start in found_at
            or (m.term.id == mention.term.id and not _SOUND.search(reading.findings.clause_text(m.clause)))
        ]
        return exact[0] if exact else None
    claimed = [
        claim.what.term
        for claim in reading.impression_claims
        if mention in claim.places and claim.assertion in PRESENT
    ]
    ids = {term.id for term in claimed if term.id != "lesion"}
    groups = {term.group for term in claimed if term.group and term.id != "lesion"}
    if not claimed:
        return _unnamed(reading, mention, evidence)
    own = {m.start for m in evidence.own}
    own_is_sound = all(_SOUND.search(reading.findings.clause_text(m.clause)) for m in evidence.own)
    # 左肾未见异常 beside 右肾盂结石: where the side itself is sound, a part speaks for the whole.
    other = {
        m.start: m
        for m in evidence.other
        if m.term.id == mention.term.id
        or (own_is_sound and mention.term.id in reading.lexicon.ancestors(m.term.id))
    }
    found: Mention | None = None
    for claim in reading.findings_claims:
        # 左侧第9肋…骨折线消失 bears an old fracture there out.
        healed = claim.assertion is Assertion.RESOLVED and claim.id in ids
        if healed and any(m.start in own for m in claim.places):
            return None
        if claim.assertion not in PRESENT:
            continue
        places = {m.start for m in claim.places}
        same = claim.id in ids or claim.what.term.group in groups
        if places & own and (same or not ids or claim.id == "lesion"):
            return None
        alike = own_is_sound or same
        if found is None and alike and places & set(other):
            found = next(other[start] for start in places if start in other)
    return found


def _unnamed(reading: Texts, mention: Mention, evidence: _Evidence) -> Mention | None:
    """右侧乳突炎 (no observation we know), where the right is declared sound and the left is not."""
    if _is_sound(reading, mention) or "术后" in reading.impression.clause_text(mention.clause):
        return None
    text = reading.findings
    if not all(_SOUND.search(text.clause_text(m.clause)) for m in evidence.own):
        return None
    starts = {
        place.start
        for claim in reading.findings_claims
        if claim.assertion in PRESENT
        for place in claim.places
    }
    if any(m.start in starts for m in evidence.own):
        return None
    # 右上肺结核, where the right is clear and 左肺上野 is not: a part speaks for the whole.
    wholes = reading.lexicon.ancestors
    return next(
        (m for m in evidence.other if m.start in starts and mention.term.id in wholes(m.term.id)), None
    )
