"""Conclusions that the findings deny by name: L1椎体骨折 beside 未见骨折."""

from __future__ import annotations

import re

from plugin.rules.comparison.claims import Claim, claims_of, meet, sentence_of, sentence_up_to
from plugin.rules.comparison.denial_words import apart, shares_sign
from plugin.rules.comparison.denied_places import named_elsewhere
from plugin.rules.comparison.levels import levels_of
from plugin.rules.comparison.part_words import of_other_part
from plugin.rules.texts import Texts
from plugin.text.mention import Mention
from plugin.text.reader import ReadText
from plugin.text.terms import Assertion

LIMITED = re.compile(
    r"新鲜|急性|活动|新发|其[他它]|余|再|继续|明显增|进一步|其内|周[围缘边]|邻近|相邻|对侧|术区|复发|可疑(?=钙化)"
)
"""Words that limit what a denial is of: nothing fresh, nothing else, nothing round it."""

_PARTIAL = re.compile(rf"{LIMITED.pattern}|[左右][上中下]{{1,2}}腹")
"""What limits a denial of the findings: those words, or one quarter of the abdomen."""
_IMPLANT = re.compile(r"螺钉|螺丝|钢板|钢钉|钢针|髓内钉|克氏针|内固定|固定[物影]|假体|支架|导线|电极|钉棒")
_DENIED = Assertion.DENIED
_MOST = 40
"""Denials of one kind that are held against a conclusion; no report has as many."""


def _kind(claim: Claim) -> tuple[str, str]:
    """The group of an observation, or else the observation."""
    group = claim.what.term.group
    return (group, "") if group else ("", claim.id)


def _denied_throughout(text: ReadText) -> dict[tuple[str, str], list[Claim]]:
    """Kinds of observations that a section denies wherever it names them, with what it says of them."""
    claims = text.derived(claims_of)
    denied: dict[tuple[str, str], list[Claim]] = {}
    for claim in claims:
        if claim.assertion is _DENIED:
            denied.setdefault(_kind(claim), []).append(claim)
    for claim in claims if denied else ():
        if claim.assertion is not _DENIED:
            denied.pop(_kind(claim), None)
    return denied


def denied_in_findings(reading: Texts, said: Claim) -> Claim | None:
    """Return the claim of the findings that denies what is concluded, where they deny its kind throughout."""
    same = reading.findings.derived(_denied_throughout).get(_kind(said))
    if same is None:
        return None
    # 左肩冈上肌腱 is of the tendon: what is denied of another part of the shoulder is not of it.
    places = tuple(
        p
        for p in said.places
        if not any(p.term.id in reading.lexicon.ancestors(q.term.id)[1:] for q in said.places)
    )
    # 枕部头皮 is of the scalp: what the skull holds is not of it.
    places = tuple(p for p in places if p.term.id == "scalp") or places
    here = reading.impression.clause_text(said.what.clause)
    limited: dict[int, bool] = {}
    limited_before: dict[int, bool] = {}
    for claim in same[:_MOST]:
        clause = claim.what.clause
        there = reading.findings.clause_text(clause)
        if claim.id != said.id:
            continue
        # One clause may deny a hundred things: it is looked through once.
        if clause not in limited:
            limited[clause] = _limits(there, here)
        if limited[clause]:
            continue
        levels, others = levels_of(here), levels_of(there)
        if (
            _of_implant(reading.findings, claim)
            or apart(there, here)
            or (levels and others and not levels & others)
        ):
            continue
        if not any(p.term.region for p in claim.places) and named_elsewhere(reading, said, claim):
            return claim
        if clause not in limited_before:
            limited_before[clause] = _limits(sentence_of(reading.findings, clause), here)
        if limited_before[clause]:
            continue
        if shares_sign(here, sentence_of(reading.findings, clause)):
            continue
        if any(_denied_at(reading, place, claim) for place in places):
            return claim
    return None


def _denied_at(reading: Texts, said: Mention, denied: Claim) -> bool:
    """Whether a denial is of a concluded place, and not of another part of its organ."""
    word = reading.impression.text[said.start : said.end]
    return any(
        meet(reading.lexicon, (said,), (place,))
        and not of_other_part((reading.findings.text[place.start : place.end], place.term), (word, said.term))
        for place in denied.places
    )


def _of_implant(findings: ReadText, denied: Claim) -> bool:
    """Whether it is what was put in that did not break: 螺钉固定影，未见断裂."""
    if denied.id != "fracture" or denied.own or "骨" in findings.text[denied.what.start : denied.what.end]:
        return False
    return _IMPLANT.search(sentence_up_to(findings.text, findings.clauses, denied.what.clause)) is not None


def _limits(denied: str, said: str) -> bool:
    """Whether a denial is limited by a word that the conclusion does not share: 术区未见软化灶, 术区软化灶.

    右下腹未见渗出 says nothing of fluid round the kidney.
    """
    return any(match[0] not in said for match in _PARTIAL.finditer(denied))
