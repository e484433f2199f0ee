"""此处说有, 彼处说无: an observation affirmed in one place and denied in another (4.2.5 d, 5.3 b)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from plugin.domain.issue import Issue, Section, Severity, Span
from plugin.rules.comparison.claims import SAID, Claim, denies, opposite
from plugin.rules.comparison.denied_conclusions import described
from plugin.rules.comparison.denied_findings import LIMITED, denied_in_findings
from plugin.rules.comparison.denied_places import (
    concluded_by_name,
    in_lobe,
    of_nodes,
    of_other_side,
    same_tissue,
    spine_only,
)
from plugin.rules.comparison.detailed_denials import detailed_denials
from plugin.rules.comparison.garbled import garbled_denials
from plugin.rules.comparison.measured import only_measured
from plugin.rules.comparison.opposed_statements import Opposition, opposed_statements
from plugin.rules.comparison.refuted import refuted
from plugin.rules.comparison.statements import Statement
from plugin.rules.texts import Texts
from plugin.rules.validators.base import TextRuleOptions
from plugin.text.reader import ReadText
from plugin.text.segments import Clause
from plugin.text.terms import Assertion

_MOST = 80
"""Claims of an impression that are held against the findings; no report makes as many."""
_ABNORMAL = re.compile(r"(?:可见|见|存在)(?:明显|明确)?异常(?:改变|征象)?(?:$|\(|\.|\s)")


class Options(TextRuleOptions):
    """Options of `contradiction`.

    Parameters
    ----------
    silent
        Observations too general to contradict each other by themselves.
    incidental
        Observations that do not make a region abnormal (软组织肿胀 beside sound bones).
    borne_out
        Observation to those that the findings would describe it by.
    asked_about
        Observations that sound impressions deny as well, because the clinician asks about them.
    organs
        Observation to the organ that its name holds: 脂肪肝.
    opposed
        Statements that rule each other out.
    detailed_severity
        Of a denial that gives shape and density, where nothing concluded contradicts it.
    """

    silent: tuple[str, ...] = ("lesion",)
    incidental: tuple[str, ...] = ("edema", "deviation")
    borne_out: dict[str, tuple[str, ...]] = {}
    asked_about: frozenset[str] = frozenset()
    organs: dict[str, str] = {}
    detailed_severity: Severity = Severity.WARNING
    general: frozenset[str] = frozenset()
    opposed: tuple[Opposition, ...] = ()


def check(options: Options, reading: Texts) -> Iterator[Issue]:
    """Compare the claims of findings and impression."""
    garbled = set()
    for section, text in reading.sections:
        for start, end in text.derived(garbled_denials):
            garbled.add((section, text.clause_at(start).start))
            place = reading.span(section, start, end)
            yield options.issue("contradiction", place, f"“{place.text}”前后矛盾，疑误加或误删“未见”。")
    if not (reading.findings and reading.impression):
        return
    told: set[int] = set()
    denied: list[Claim] = []
    for claim in reading.impression_claims[:_MOST]:
        clause = reading.impression.clauses[claim.what.clause]
        if garbled and (Section.IMPRESSION, clause.start) in garbled:
            continue
        other: Claim | None = None
        if claim.id in options.silent:
            if _nothing_found(options, reading, claim):
                told.add(claim.what.clause)
                place = reading.span(Section.IMPRESSION, clause.start, clause.end)
                message = f"诊断结论“{place.text}”，而影像描述该部位未述异常，请核对。"
                yield options.issue("contradiction", place, message, _described(reading, claim))
        elif claim.assertion is Assertion.DENIED:
            other = _affirmed_in_findings(options, reading, claim)
            if other is None:
                denied.append(claim)
        elif claim.assertion is Assertion.AFFIRMED:
            other = denied_in_findings(reading, claim)
            if other is not None and only_measured(reading, claim.what.clause):
                other = None
        if other is not None:
            told.add(claim.what.clause)
            yield _against(options, reading, clause, reading.findings.clauses[other.what.clause])
    yield from _acute_without_restriction(options, reading)
    if denied:
        for claim, seen in _unasked(options, reading, denied):
            yield _against(options, reading, reading.impression.clauses[claim.what.clause], seen)
    for said, witness in chain(
        refuted(reading, options.general),
        opposed_statements(reading, options.opposed),
    ):
        if (
            said.clause not in told
            and (Section.IMPRESSION, said.start) not in garbled
            and not only_measured(reading, said.clause)
        ):
            told.add(said.clause)
            yield _against(options, reading, said, witness)
    yield from _in_detail(options, reading, told, garbled)


def _in_detail(
    options: Options, reading: Texts, told: set[int], garbled: set[tuple[Section, int]]
) -> Iterator[Issue]:
    """Denials in detail, against what is concluded there or by themselves."""
    for denial, said in detailed_denials(reading, options.general):
        if (Section.FINDINGS, denial.start) in garbled:
            continue
        where = reading.span(Section.FINDINGS, denial.start, denial.end)
        if said is None:
            message = f"“{where.text}”前后矛盾：写明了未见者的形态，疑误加“未见”，请核对。"
            yield options.issue("contradiction", where, message, severity=options.detailed_severity)
        elif said.clause not in told and not only_measured(reading, said.clause):
            yield _against(options, reading, said, denial)


def _against(options: Options, reading: Texts, said: Clause | Statement, found: Clause | Statement) -> Issue:
    """A clause of the impression that one of the findings contradicts."""
    place = reading.span(Section.IMPRESSION, said.start, said.end)
    where = reading.span(Section.FINDINGS, _named_from(reading.findings, found), found.end)
    message = f"诊断结论“{place.text}”与影像描述“{where.text}”矛盾：一处说有，一处说无，请核对。"
    return options.issue("contradiction", place, message, (where,))


_MOST_SHOWN = 60
"""Characters of the findings that a message quotes, so that it is read at a glance."""


def _named_from(text: ReadText, found: Clause | Statement) -> int:
    """Where a quotation begins so that it names its place: 鼻骨中段见透亮线，断端塌陷, not 断端塌陷 alone."""
    index = text.clause_index(found.start)
    sentence = text.clauses[index].sentence
    named = {place.clause for place in text.anatomy}
    sided = found.start
    for before in range(index, -1, -1):
        clause = text.clauses[before]
        if clause.sentence != sentence or found.end - clause.start > _MOST_SHOWN:
            break
        if before in named:
            return clause.start
        # 右侧叶回声均匀，未见结节: a lobe without its organ is a place, too.
        if "左" in text.clause_text(before) or "右" in text.clause_text(before):
            sided = clause.start
    return sided


def _unasked(options: Options, reading: Texts, denied: list[Claim]) -> Iterator[tuple[Claim, Statement]]:
    """What is denied and nobody asks about, with what the findings hold of it at its place."""
    unasked = [
        claim
        for claim in denied
        if claim.id not in options.asked_about
        and not LIMITED.search(reading.impression.clause_text(claim.what.clause))
    ]
    return described(reading, unasked, options.organs, options.general) if unasked else iter(())


_ACUTE = re.compile(r"(?:急性|新发|新鲜)[^，。；\n]{0,6}(?:梗[死塞]|腔梗)")
_RESTRICTED = re.compile(
    r"(?<!未见)(?<!无)(?<!未见明显)(?<!无明显)(?:弥散|扩散)受限|(?:DWI|弥散|扩散)[^，。；\n未无]{0,12}(?:高|亮)|ADC[^，。；\n未无]{0,8}(?:低|减)|b=?1000[^，。；未无]{0,8}高",
    re.I,
)
_UNRESTRICTED = re.compile(
    r"(?:DWI|弥散|扩散)[^，。；\n]{0,10}(?:未见|无)[^，。；\n]{0,6}(?:高信号|异常|受限)|未见[^，。；\n]{0,4}(?:弥散|扩散)受限",
    re.I,
)


def _acute_without_restriction(options: Options, reading: Texts) -> Iterator[Issue]:
    """急性脑梗死 concluded in MR, where diffusion is said to be free of it throughout."""
    said = _ACUTE.search(reading.impression.text)
    found = _UNRESTRICTED.search(reading.findings.text) if said and reading.modality in {"MR", ""} else None
    if said is None or found is None or _RESTRICTED.search(reading.findings.text):
        return
    if reading.impression.assertion_at(*said.span()) in {Assertion.AFFIRMED, Assertion.PROBABLE}:
        place = reading.span(Section.IMPRESSION, *said.span())
        where = reading.span(Section.FINDINGS, *found.span())
        yield options.issue(
            "contradiction", place, f"诊断结论“{place.text}”与影像描述“{where.text}”矛盾。", (where,)
        )


def _described(reading: Texts, said: Claim) -> tuple[Span, ...]:
    """Where the findings speak of what the impression calls abnormal, if they do."""
    regions = {place.term.region for place in said.places if place.term.region}
    first = next((m for m in reading.findings.anatomy if m.term.region in regions), None)
    if first is None:
        return ()
    clause = reading.findings.clauses[first.clause]
    return (reading.span(Section.FINDINGS, clause.start, clause.end),)


def _affirmed_in_findings(options: Options, reading: Texts, denied: Claim) -> Claim | None:
    clause = reading.impression.clause_text(denied.what.clause)
    if LIMITED.search(clause):
        return None
    accepted = {denied.id, *options.borne_out.get(denied.id, ())}
    same = [
        claim
        for claim in reading.findings_claims
        if claim.id in accepted or claim.what.term.parent == denied.id
    ]
    if denied.places and not denied.own:
        return None
    placed = any(place.term.region for place in denied.places)
    for claim in same:
        if claim.assertion not in SAID or _of_scalp(claim, denied):
            continue
        if placed and claim.places:
            covered = (
                denies(reading.lexicon, denied.places, claim.places)
                or spine_only(reading, denied, claim)
                or same_tissue(reading, denied, claim)
                or of_nodes(reading, denied, claim, options.general)
            )
            if covered and not (
                of_other_side(reading, denied, claim) or concluded_by_name(reading, claim, denied)
            ):
                return claim
        elif (placed and in_lobe(reading, denied, claim)) or (
            not placed and not any(c.assertion is Assertion.DENIED for c in same)
        ):
            return claim
    return None


_LIMBS = frozenset(("upper_limb", "lower_limb"))
"""Whose bones and joints share what befalls them."""


def _of_scalp(found: Claim, denied: Claim) -> bool:
    """Whether it lies in the scalp, and what is denied does not: 头皮血肿 is no bleeding in the head."""
    return any(place.term.id == "scalp" for place in found.places) and not any(
        place.term.id == "scalp" for place in denied.places
    )


def _nothing_found(options: Options, reading: Texts, said: Claim) -> bool:
    """可见异常 in the impression, and findings that hold nothing abnormal of that region."""
    text = reading.impression
    if said.assertion is not Assertion.AFFIRMED or text.text[said.what.start : said.what.end] != "异常":
        return False
    if not _ABNORMAL.search(text.clause_text(said.what.clause)):
        return False
    regions = {place.term.region for place in said.places if place.term.region}
    sides = {place.side for place in said.places} - {"", "B"}
    limbs = _LIMBS.intersection(*[reading.lexicon.ancestors(place.term.id) for place in said.places])
    for claim in reading.findings_claims:
        if claim.assertion is Assertion.DENIED or claim.id in options.incidental:
            continue
        # 右肘骨折 is nothing of the left elbow; 左桡骨头骨折 may be.
        if sides and claim.places and all(opposite(place.side) in sides for place in claim.places):
            continue
        if any(limbs.intersection(reading.lexicon.ancestors(place.term.id)) for place in claim.places):
            return False
        theirs = {place.term.region for place in claim.places if place.term.region}
        if not regions or not theirs or regions & theirs:
            return False
    return True
