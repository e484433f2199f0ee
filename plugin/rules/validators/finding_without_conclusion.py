"""描述中的阳性病变诊断项中未下诊断, 或诊断项无诊断 (4.2.5 f)."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from operator import attrgetter

from plugin.domain.issue import Issue, Section
from plugin.rules.bones import bones_in
from plugin.rules.claims import ORGANS_IN, PRESENT, Claim, claims_of, elsewhere, meet, opposite
from plugin.rules.texts import Texts
from plugin.rules.validators.base import TextRuleOptions
from plugin.text.mention import Mention
from plugin.text.reader import ReadText
from plugin.text.terms import Assertion

_NORMAL = re.compile(
    r"未见(?:明显|明确|确切)?(?:[^，。；\n]{0,8})(?:异常|病变)|正常|未发现异常|无(?:明显)?异常"
)
_SAME_AS_BEFORE = re.compile(
    r"同前|相仿|变化不大|无(?:明显|显著)?变化|未见(?:明显|显著)?变化|如上|同上|见描述|详见|原诊"
)
_ONLY_ADVICE = re.compile(
    r"[\d.、()\s，。；]*(?:(?:请|建议|必要时|随诊|随访|复查|结合|进一步|密切|定期)[^。；\n]*[。；，\n]?\s*)+"
)
_HISTORY = re.compile(r"[癌瘤病核炎](?:保守|介入|综合)?(?:复查|随访|治疗|术前|病史|放疗|化疗|放化疗)")
_NO_PLACE = frozenset((Assertion.DENIED, Assertion.HYPOTHETICAL))
"""请结合胃镜 names no place of what is concluded."""
_OPERATED = re.compile(r"术后|切除后|治疗后")
# 稍低密度影 is of density, which says nothing of how much there is.
_MINOR = re.compile(r"轻度|[稍略](?![高低长短等])|少许|轻微|微量|生理性|考虑正常|变异|副脾")
_BY_PRESSURE = frozenset(("occlusion", "stenosis", "obstruction"))


class Options(TextRuleOptions):
    """Options of `finding_without_conclusion`.

    Parameters
    ----------
    significant
        Observations that a radiologist must conclude on.
    stands_for
        Observation of the findings to those of the impression that conclude on it.
    general
        Anatomy too wide for a conclusion on it to be one on its parts.
    only_at
        Observation to the anatomy where alone it is significant.
    placeless
        Observations that need no anatomy beside them (气胸).
    when_measured
        Observations that become significant by being measured.
    by_name
        Observations that a conclusion on something else at the same place does not cover.
    by_name_when_measured
        Those that need their name only where they are measured: who measures a nodule means it.
    harmless
        Observations that nobody concludes on where they lie beside what was examined.
    concluded_by
        Observation to a pattern (folded text) that concludes on it by itself: N1 on enlarged nodes.
    """

    significant: frozenset[str]
    stands_for: dict[str, frozenset[str]] = {}
    general: frozenset[str] = frozenset()
    only_at: dict[str, tuple[str, ...]] = {}
    placeless: frozenset[str] = frozenset()
    when_measured: frozenset[str] = frozenset()
    by_name: frozenset[str] = frozenset()
    by_name_when_measured: frozenset[str] = frozenset()
    harmless: frozenset[str] = frozenset()
    concluded_by: dict[str, str] = {}


def check(options: Options, reading: Texts) -> Iterator[Issue]:
    """Ask for a conclusion on each significant observation."""
    text = reading.impression
    if not reading.findings or not text or _SAME_AS_BEFORE.search(text.text):
        return
    open_claims = [claim for claim in reading.findings_claims if _counts(options, reading, claim)]
    if not open_claims:
        return
    if not reading.impression_claims and _ONLY_ADVICE.fullmatch(text.text):
        place = reading.span(Section.IMPRESSION, 0, len(text.text))
        first = open_claims[0]
        where = reading.span(Section.FINDINGS, *_clause_span(reading, first))
        yield options.issue(
            "finding_without_conclusion", place, f"诊断项无诊断，影像描述有“{where.text}”。", (where,)
        )
        return
    concluded = [claim for claim in reading.impression_claims if claim.assertion is not Assertion.DENIED]
    said: set[tuple[str, int]] = set()
    for claim in open_claims:
        sentence = reading.findings.clauses[claim.what.clause].sentence
        if (claim.id, sentence) in said or _concluded(options, reading, claim, concluded):
            continue
        said.add((claim.id, sentence))
        place = reading.span(Section.FINDINGS, *_clause_span(reading, claim))
        yield options.issue(
            "finding_without_conclusion", place, f"影像描述“{place.text}”在诊断结论中未下诊断。"
        )


def _clause_span(reading: Texts, claim: Claim) -> tuple[int, int]:
    clause = reading.findings.clauses[claim.what.clause]
    return clause.start, clause.end


def _counts(options: Options, reading: Texts, claim: Claim) -> bool:
    """Whether the claim is significant, present, and of somewhere."""
    if claim.assertion is not Assertion.AFFIRMED:
        return False
    if claim.id not in options.significant and not _is_measured(options, reading, claim):
        return False
    named = any(place.term.id not in options.general for place in claim.places)
    if not named and claim.id not in options.placeless:
        return False
    only = options.only_at.get(claim.id)
    if (
        only
        and not _is_measured(options, reading, claim)
        and not any(
            whole in only for place in claim.places for whole in reading.lexicon.ancestors(place.term.id)
        )
    ):
        return False
    said = reading.findings.clause_text(claim.what.clause)
    # 侧脑室颞角受压闭塞 is what the mass does, which is concluded itself.
    if claim.id in _BY_PRESSURE and "受压" in said:
        return False
    return not _MINOR.search(said) and not _HISTORY.search(said) and not _aside(options, reading, claim)


def _aside(options: Options, reading: Texts, claim: Claim) -> bool:
    """Whether it is harmless and lies beside what was examined: 肝囊肿 at the edge of a chest.

    Nothing is concluded of its region; a size would say that the writer thinks of it.
    """
    if claim.id not in options.harmless:
        return False
    regions = {mention.term.region for mention in reading.impression.anatomy}
    beside = regions.isdisjoint([place.term.region for place in claim.places])
    return beside and not _has_size(reading, claim)


def _of_other_side(reading: Texts, claim: Claim, concluded: tuple[Mention, ...], *, alike: bool) -> bool:
    """Whether a conclusion is on the other side, where the findings have a finding of its own.

    Without one there, the side is wrong, which is for laterality to say.  `alike`: only a
    finding of the same kind counts.
    """
    ours = {place.side for place in claim.places if place.side}
    theirs = {place.side for place in concluded if place.side}
    if len(ours) != 1 or len(theirs) != 1 or "B" in ours or theirs != {opposite(*ours)}:
        return False
    related = reading.lexicon.related
    return any(
        side in theirs
        and (not alike or what == claim.id or (group and group == claim.what.term.group))
        and any(related(name, other.term.id) for other in concluded)
        for what, group, side, name in reading.findings.derived(_sided)
    )


def _sided(findings: ReadText) -> frozenset[tuple[str, str, str, str]]:
    """What the findings see on a side: observation, its group, side and anatomy, each once."""
    return frozenset(
        (claim.id, claim.what.term.group, place.side, place.term.id)
        for claim in findings.derived(claims_of)
        if claim.assertion in PRESENT
        for place in claim.places
        if place.side
    )


def _is_measured(options: Options, reading: Texts, claim: Claim) -> bool:
    return claim.id in options.when_measured and _has_size(reading, claim)


def _has_size(reading: Texts, claim: Claim) -> bool:
    """Whether a measure follows it in its sentence."""
    _, end = reading.findings.sentence_at(claim.what.start)
    measures = reading.findings.measures
    following = bisect_left(measures, claim.what.end, key=attrgetter("start"))
    return following < len(measures) and measures[following].start < end


def _named(options: Options, reading: Texts, claim: Claim) -> tuple[Mention, ...]:
    """Where it is: the places that make it significant (髓内, of C4水平髓内), or those that are not too wide."""
    only = frozenset(options.only_at.get(claim.id, ()) if claim.id in options.when_measured else ())
    telling = tuple(
        place for place in claim.places if not only.isdisjoint(reading.lexicon.ancestors(place.term.id))
    )
    return telling or tuple(place for place in claim.places if place.term.id not in options.general)


def _concluded(options: Options, reading: Texts, claim: Claim, concluded: list[Claim]) -> bool:
    """Whether the impression speaks of this observation, or of anything at this place."""
    pattern = options.concluded_by.get(claim.id)
    if pattern and re.search(pattern, reading.impression.folded):
        return True
    kin = options.stands_for.get(claim.id, frozenset())
    group = claim.what.term.group
    lexicon = reading.lexicon
    named = _named(options, reading, claim)
    for other in concluded:
        if other.id == claim.id or (group and other.what.term.group == group):
            if not (
                elsewhere(lexicon, claim.places, other.places, options.general)
                or _of_other_side(reading, claim, other.places, alike=True)
                or _of_other_bone(reading, claim, other.what.clause)
            ):
                return True
            continue
        # 盆腔积液 is no conclusion on a cyst of an organ there.
        loose = other.what.term.group == "effusion" and named
        theirs = tuple(p for p in other.places if not loose or p.term.id not in options.general)
        if other.id in kin and (
            not claim.places or not other.places or meet(lexicon, named or claim.places, theirs)
        ):
            return True
    accepted = {"lesion", claim.id, *kin}
    # 肝S2未见囊肿 concludes nothing on a 低密度灶 found there; that 未见结节 denies a 结节 is
    # for contradiction to say.
    denying = {
        other.what.clause
        for other in reading.impression_claims
        if other.assertion is Assertion.DENIED and other.id not in (claim.id, "lesion")
    }
    by_name = claim.id in options.by_name or (
        claim.id in options.by_name_when_measured and _has_size(reading, claim)
    )
    for mention in reading.impression.anatomy:
        if mention.assertion in _NO_PLACE or mention.term.id in options.general:
            continue
        # A side that is wrong is for laterality to say: the same place counts on either side.
        if not any(lexicon.related(place.term.id, mention.term.id) for place in named):
            continue
        if _of_other_side(reading, claim, (mention,), alike=False) or _of_other_bone(
            reading, claim, mention.clause
        ):
            continue
        if _only_whole(reading, mention):
            continue
        if _NORMAL.search(reading.impression.clause_text(mention.clause)):
            continue
        here = [other for other in concluded if other.what.clause == mention.clause]
        if not here and mention.clause in denying:
            continue
        # 胃术后改变 is no conclusion on a mass there.
        if (
            claim.what.term.group == "focal"
            and not here
            and _OPERATED.search(reading.impression.clause_text(mention.clause))
        ):
            continue
        if not by_name or not here or any(other.id in accepted for other in here):
            return True
    return False


def _of_other_bone(reading: Texts, claim: Claim, clause: int) -> bool:
    """Whether a conclusion is on other bones, whose fractures the findings hold as well: 跖骨, not 跟骨."""
    if claim.id != "fracture":
        return False
    ours = _bones_of(reading, claim)
    theirs = bones_in(reading.impression.clause_text(clause))
    if not ours or not theirs or ours & theirs:
        return False
    return any(
        found.id == "fracture" and found.assertion in PRESENT and _bones_of(reading, found) & theirs
        for found in reading.findings_claims
    )


def _bones_of(reading: Texts, claim: Claim) -> frozenset[str]:
    """Bones of a claim of the findings: those of its clause, or else of the clause that names its place."""
    clauses = {claim.what.clause, *(place.clause for place in claim.places)}
    own = bones_in(reading.findings.clause_text(claim.what.clause))
    return own or frozenset().union(*(bones_in(reading.findings.clause_text(index)) for index in clauses))


def _only_whole(reading: Texts, mention: Mention) -> bool:
    """Whether a joint is named only for its part: 左膝 of 左膝内侧半月板."""
    if mention.term.region in ORGANS_IN:
        return False
    wholes = reading.lexicon.ancestors
    return any(
        other.clause == mention.clause and mention.term.id in wholes(other.term.id)[1:]
        for other in reading.impression.anatomy
    )
