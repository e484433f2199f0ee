"""诊断结论在影像描述中没有依据: a conclusion on anatomy that the findings never name (5.3 b, c)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import chain

from plugin.domain.issue import Issue, Section, Severity
from plugin.rules.comparison.beside import lies_beside
from plugin.rules.comparison.called_sound import called_sound, nameless_on_sound
from plugin.rules.comparison.claims import ORGANS_IN, PRESENT, SAID, Claim, elsewhere
from plugin.rules.comparison.described import described
from plugin.rules.comparison.descriptions import Description, by_conclusion, row_for
from plugin.rules.comparison.evidence_places import Scope, in_one_tract, named_instead
from plugin.rules.comparison.measured import measured_as_usual
from plugin.rules.comparison.regions import JOINTS_OF, overlap, regions_of, within_reach
from plugin.rules.texts import Texts
from plugin.rules.validators.base import TextRuleOptions
from plugin.text.mention import Mention
from plugin.text.reader import ReadText
from plugin.text.stretch import Stretch
from plugin.text.terms import Assertion

_SKIPPED = re.compile(
    r"术后|病史|治疗后|置换|化疗|放疗|同前|前片|较\d{2}|比较|对比|建议|请|必要时|结合|原诊|较前|符合|鉴别|新出现|复查"
)
_OLD = "陈旧"
_MEANT = re.compile("可能(?:性?大)?[。；]?$")
"""What is concluded as likely, and not only asked for: 肝S6转移可能, but no 转移待排."""
_MOST_SAID = 60
"""Conclusions that are asked for their signs."""


class Options(Scope, TextRuleOptions):
    """Options of `conclusion_without_finding`, besides those of :class:`~plugin.rules.comparison.described.Scope`.

    Parameters
    ----------
    named_after
        Observations whose own name holds anatomy (脑膜瘤) that is no place.
    by_organ
        Observations that are not borne out by one of their name in another organ.
    description
        How conclusions are described that must be; several rows of one are tried in their order.
    called_sound_severity
        Of a conclusion whose place the findings call sound: `contradiction` says so aloud.
    """

    named_after: frozenset[str] = frozenset(("tumor", "hemangioma"))
    by_organ: frozenset[str] = frozenset()
    description: tuple[Description, ...] = ()
    called_sound_severity: Severity = Severity.INFO

    @cached_property
    def by_conclusion(self) -> Mapping[str, tuple[Description, ...]]:
        """Descriptions by the observation that they are of."""
        return by_conclusion(self.description)


def check(options: Options, reading: Texts) -> Iterator[Issue]:
    """Ask the findings for the anatomy of each conclusion, and for what is said of it."""
    findings, impression = reading.findings, reading.impression
    if not findings or not impression:
        return
    if not findings.anatomy or not reading.impression_claims:
        return
    present = [claim.what.term for claim in reading.findings_claims if claim.assertion in PRESENT]
    seen = {term.id for term in present} - {"lesion"}
    groups = {term.group for term in present} - {"", "focal", "opacity"}
    borne_out: set[int] = set()
    bare: dict[int, bool] = {}
    for claim in reading.impression_claims:
        index = claim.what.clause
        if (claim.id in seen or claim.what.term.group in groups) and not _only_elsewhere(
            options, reading, claim
        ):
            borne_out.add(index)
            continue
        places = [
            place
            for place in claim.places
            if claim.id not in options.named_after or not claim.what.start <= place.start < claim.what.end
        ]
        if (
            _all_general(options, reading, places)
            or any(_known(options, reading, place) or _in_other_words(reading, place) for place in places)
            or (
                claim.id in options.spreading
                and in_one_tract(options, reading.findings.anatomy, claim.places)
            )
        ):
            borne_out.add(index)
        elif (
            places and (_is_said(reading, claim) or _is_meant(reading, claim)) and not _beside(reading, claim)
        ):
            bare[index] = bare.get(index, True) and claim.assertion is Assertion.PROBABLE
    # 基底结区见长T2信号: what stands nowhere (its place misspelt) may be what is concluded.
    unplaced = {c.id for c in reading.findings_claims if c.assertion in PRESENT and not c.places}
    if bare and unplaced:
        for claim in reading.impression_claims:
            rows = options.by_conclusion.get(claim.id, ())
            alike = reading.lexicon.kin(claim.id).union(*(row.by for row in rows))
            if "lesion" in unplaced or not unplaced.isdisjoint(alike):
                bare.pop(claim.what.clause, None)
    told = set(bare).difference(borne_out)
    yield from _undescribed(options, reading, told)
    for index, probable in bare.items():
        clause = impression.clauses[index]
        text = impression.text[clause.start : clause.end]
        if index in borne_out or _SKIPPED.search(text):
            continue
        # 考虑下咽癌 explains what its sentence concluded before: 梨状窝占位.
        if probable and any(impression.clauses[other].sentence == clause.sentence for other in borne_out):
            continue
        place = reading.span(Section.IMPRESSION, clause.start, clause.end)
        told.add(index)
        yield options.issue(
            "conclusion_without_finding", place, f"诊断结论“{place.text}”在影像描述中没有相应描述。"
        )
    for index in chain(called_sound(reading, options.general), nameless_on_sound(reading, options.general)):
        if index not in told:
            told.add(index)
            yield _on_sound_place(options, reading, index)


def _beside(reading: Texts, said: Claim) -> bool:
    """Whether such a thing was seen beside an organ of the same region: 子宫左后方见肿块 may be of the 附件."""
    kin = reading.lexicon.kin(said.id)
    return any(
        found.id in kin and found.assertion in PRESENT and lies_beside(reading, found, said.places)
        for found in reading.findings_claims
    )


def _on_sound_place(options: Options, reading: Texts, index: int) -> Issue:
    clause = reading.impression.clauses[index]
    place = reading.span(Section.IMPRESSION, clause.start, clause.end)
    says = f"诊断结论“{place.text}”在影像描述中没有相应描述，该部位描述为正常。"
    return options.issue("conclusion_without_finding", place, says, severity=options.called_sound_severity)


def _only_elsewhere(options: Options, reading: Texts, said: Claim) -> bool:
    """Whether what is concluded was seen, but in other organs alone: 胆管扩张 is no 右肾积水."""
    if said.id not in options.by_organ or not said.places:
        return False
    kinds = {said.id} | reading.lexicon.kin(said.id)
    group = said.what.term.group
    return all(
        elsewhere(reading.lexicon, claim.places, said.places, options.general)
        for claim in reading.findings_claims
        if claim.assertion in PRESENT and (claim.id in kinds or (group and claim.what.term.group == group))
    )


def _undescribed(options: Options, reading: Texts, told: set[int]) -> Iterator[Issue]:
    """Conclusions on anatomy that the findings do name, with nothing there that describes them."""
    impression = reading.impression
    for claim in reading.impression_claims[:_MOST_SAID]:
        index = claim.what.clause
        rows = options.by_conclusion.get(claim.id)
        if rows is None or index in told or not _is_said(reading, claim):
            continue
        clause = impression.clauses[index]
        text = impression.folded[clause.start : clause.end]
        how = row_for(rows, text)
        if how is None or _SKIPPED.search(text):
            continue
        if described(options, reading, claim, how) and not measured_as_usual(reading, claim):
            continue
        if _explains(reading, claim) or ("或" in text and _has_described(options, reading, index)):
            continue
        told.add(index)
        place = reading.span(Section.IMPRESSION, clause.start, clause.end)
        yield options.issue(
            "conclusion_without_finding", place, f"诊断结论“{place.text}”在影像描述中没有相应描述。"
        )


def _explains(reading: Texts, claim: Claim) -> bool:
    """Whether a clause says what an earlier one of its sentence is: 髁旁骨性密度影，考虑钙化性肌腱炎."""
    index, clauses = claim.what.clause, reading.impression.clauses
    return (
        claim.assertion is Assertion.PROBABLE
        and not claim.own
        and index > 0
        and clauses[index - 1].sentence == clauses[index].sentence
    )


def _has_described(options: Options, reading: Texts, index: int) -> bool:
    """Whether one of several things that a clause may conclude is described: 软化灶或扩大的血管周围间隙."""
    clause = reading.impression.clauses[index]
    text = reading.impression.folded[clause.start : clause.end]
    return any(
        described(options, reading, other, how)
        for other in reading.impression_claims
        if other.what.clause == index
        and (how := row_for(options.by_conclusion.get(other.id, ()), text)) is not None
    )


def _is_said(reading: Texts, claim: Claim) -> bool:
    """Whether it is concluded that it is there now: 陈旧骨折, too, is seen today."""
    return claim.assertion in SAID or (
        claim.assertion is Assertion.HISTORIC and _OLD in reading.impression.clause_text(claim.what.clause)
    )


def _is_meant(reading: Texts, claim: Claim) -> bool:
    """Whether it is concluded as likely, and explains nothing that its sentence concluded before."""
    return (
        claim.assertion is Assertion.UNCERTAIN
        and claim.own
        and all(place.term.region in ORGANS_IN for place in claim.places)
        and _MEANT.search(reading.impression.clause_text(claim.what.clause)) is not None
    )


def _organs(options: Options, reading: Texts, name: str) -> frozenset[str]:
    return reading.lexicon.organs(options.general)[name]


def _all_general(options: Options, reading: Texts, places: list[Mention]) -> bool:
    """Whether nothing but wide anatomy is named, which any findings cover."""
    return not any(_organs(options, reading, place.term.id) for place in places)


def _wholes(text: ReadText) -> frozenset[str]:
    """The anatomy that a section names, and what that is part of."""
    return text.gathered(_wholes_in)


def _wholes_in(said: Stretch) -> frozenset[str]:
    names = {mention.term.id for mention in said.anatomy}
    return frozenset().union(*[said.lexicon.ancestors(name) for name in names])


def _in_other_words(reading: Texts, place: Mention) -> bool:
    """Whether the findings name it by its tissue: 双侧额顶叶白质 is 脑白质."""
    word = reading.impression.text[place.start : place.end]
    return word.endswith("白质") and re.search("(?<!灰)白质", reading.findings.text) is not None


def _known(options: Options, reading: Texts, place: Mention) -> bool:
    """Whether the findings name this anatomy, a part of it, or the organ it is part of.

    A joint is told by its bones, too, where the findings speak of a 关节 without its name.
    """
    name, findings = place.term.id, reading.findings
    organs, wholes = _organs(options, reading, name), findings.derived(_wholes)
    if organs and (name in wholes or not organs.isdisjoint(wholes)):
        return True
    if named_instead(options, findings.anatomy, place):
        return True
    return (
        place.term.region in JOINTS_OF
        and "joint" in wholes
        and overlap({place.term.region}, within_reach(findings.derived(regions_of)))
    )
