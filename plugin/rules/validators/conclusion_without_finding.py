"""诊断结论在影像描述中没有依据: a conclusion on anatomy that the findings never name (5.3 b, c)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plugin.domain.issue import Issue, Section, Severity
from plugin.rules.called_sound import called_sound
from plugin.rules.claims import PRESENT, SAID, Claim, across, elsewhere, meet
from plugin.rules.clause_places import anatomy_by_clause, places_at
from plugin.rules.declared_sound import declared_sound
from plugin.rules.regions import JOINTS_OF, overlap, regions_of, within_reach
from plugin.rules.texts import Texts
from plugin.rules.validators.base import TextRuleOptions
from plugin.rules.whereabouts import out_of_reach
from plugin.text.mention import Mention
from plugin.text.reader import ReadText
from plugin.text.stretch import Stretch
from plugin.text.terms import Assertion

_SKIPPED = re.compile(
    r"术后|病史|治疗后|置换|化疗|放疗|同前|前片|比较|对比|建议|请|必要时|结合|原诊|较前|符合|鉴别|新出现"
)
_PRAISED = re.compile(
    r"正常|未见异常|不大|不厚|无肿大|无增大|良好|(?<![不欠])(?:完整|连续|清晰|通畅|对称|规整|光[滑整]|锐利|均匀)(?!性|中断)"
)
_IDLE = re.compile(
    r"未见|无|未及|未显示|自然|整齐|居中|存在|良好|不宽|不窄|如常|光滑|尚可|[走对充]\w{1,4}可$|扫描|示:?$|观察|体位|纹理|受压|硬化"
)
"""What denies, praises, names the examination alone, or what follows from anything (硬膜囊受压)."""
_MOST_SAID = 60
"""Conclusions that are asked for their signs."""
_MOST_CLAUSES = 80
"""Clauses of the findings that are weighed as signs of one of them.  No report has as many."""


class Options(TextRuleOptions):
    """Options of `conclusion_without_finding`.

    Parameters
    ----------
    general
        Anatomy too wide to be asked for by name.
    named_after
        Observations whose own name holds anatomy (脑膜瘤) that is no place.
    by_organ
        Observations that are not borne out by one of their name in another organ.
    tracts, spreading
        Organs in a row, and observations that are of all of them where one has them.
    bordering
        Anatomy that borders on all else in its region: a sign at any organ may be one of it.
    described_by
        Observation that must be described itself to those that describe it as well.
    signs
        Observation to a pattern (folded text) of other words that describe it.
    called_sound_severity
        Of a conclusion whose place the findings call sound: `contradiction` says so aloud.
    """

    general: frozenset[str] = frozenset()
    named_after: frozenset[str] = frozenset(("tumor", "hemangioma"))
    by_organ: frozenset[str] = frozenset()
    tracts: tuple[frozenset[str], ...] = ()
    spreading: frozenset[str] = frozenset()
    bordering: frozenset[str] = frozenset()
    described_by: dict[str, frozenset[str]] = {}
    signs: dict[str, str] = {}
    called_sound_severity: Severity = Severity.INFO


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
                and _in_one_tract(options, reading.findings.anatomy, claim.places)
            )
        ):
            borne_out.add(index)
        elif claim.assertion in SAID and places:
            bare[index] = bare.get(index, True) and claim.assertion is Assertion.PROBABLE
    # 基底结区见长T2信号: what stands nowhere (its place misspelt) may be what is concluded.
    if bare and any(claim.assertion in PRESENT and not claim.places for claim in reading.findings_claims):
        bare.clear()
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
    for index in called_sound(reading, options.general):
        if index not in told:
            told.add(index)
            yield _on_sound_place(options, reading, index)


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
        described_by = options.described_by.get(claim.id)
        if described_by is None and claim.id in options.signs:
            # What the lexicon holds that it may be seen as, where nothing more is said.
            described_by = reading.lexicon.kin(claim.id)
        if described_by is None or index in told or claim.assertion not in SAID:
            continue
        clause = impression.clauses[index]
        if _SKIPPED.search(impression.text[clause.start : clause.end]):
            continue
        if _described(options, reading, claim, described_by):
            continue
        told.add(index)
        place = reading.span(Section.IMPRESSION, clause.start, clause.end)
        yield options.issue(
            "conclusion_without_finding", place, f"诊断结论“{place.text}”在影像描述中没有相应描述。"
        )


def _described(options: Options, reading: Texts, said: Claim, described_by: frozenset[str]) -> bool:
    """Whether the findings hold `said`, a sign of it, or anything there that may be one."""
    group = said.what.term.group
    # 左侧肋骨骨折，左侧气胸: what is named before it is no place of the second.
    places = said.places if said.own else ()
    for claim in reading.findings_claims:
        if claim.assertion not in PRESENT:
            continue
        alike = claim.id == said.id or claim.id in described_by or (group and claim.what.term.group == group)
        if (
            alike
            and not out_of_reach(reading, claim.what.clause, said, options.bordering)
            and (
                not _away(options, reading, said.id, claim.places, places)
                or _swapped(options, reading, claim, places)
            )
        ):
            return True
    if declared_sound(reading, said, options.general):
        return False
    signs = options.signs.get(said.id)
    return (signs is not None and _has_sign(options, reading, said, signs)) or _told_in_other_words(
        options, reading, said
    )


def _has_sign(options: Options, reading: Texts, said: Claim, signs: str) -> bool:
    """Whether a word of the findings may be what is concluded: not denied, and not elsewhere."""
    findings = reading.findings
    places = said.places if said.own else ()
    away: set[int] = set()
    for match in re.finditer(signs, findings.folded):
        clause = findings.clause_index(match.start())
        if clause in away or findings.assertion_at(*match.span()) is Assertion.DENIED:
            continue
        if len(away) >= _MOST_CLAUSES:
            return True
        if (
            not _PRAISED.search(findings.clause_text(clause))
            and not out_of_reach(reading, clause, said, options.bordering)
            and not _away(options, reading, said.id, places_at(findings, clause), places)
        ):
            return True
        away.add(clause)
    return False


def _swapped(options: Options, reading: Texts, seen: Claim, places: tuple[Mention, ...]) -> bool:
    """Whether it was seen on the other side, and is concluded nowhere there: then the side is wrong."""
    lexicon = reading.lexicon
    if elsewhere(lexicon, seen.places, places, options.general):
        return False
    return not any(meet(lexicon, seen.places, claim.places) for claim in reading.impression_claims)


def _told_in_other_words(options: Options, reading: Texts, said: Claim) -> bool:
    """Whether a clause of the findings is of these places and neither sound nor read as anything else."""
    findings = reading.findings
    read = {mention.clause for mention in findings.observations}
    return any(
        clause not in read
        and not _PRAISED.search(findings.clause_text(clause))
        and not _IDLE.search(findings.clause_text(clause))
        and meet(reading.lexicon, mentions, said.places)
        and not out_of_reach(reading, clause, said, options.bordering)
        for clause, mentions in findings.derived(anatomy_by_clause).items()
    )


def _away(
    options: Options,
    reading: Texts,
    what: str,
    some: tuple[Mention, ...],
    others: tuple[Mention, ...],
) -> bool:
    """Whether what is seen at `some` says nothing of `what` at `others`."""
    lexicon = reading.lexicon
    if across(lexicon, some, others):
        return True
    if what in options.spreading and _in_one_tract(options, some, others):
        return False
    borders = any(place.term.id in options.bordering for place in others)
    return not borders and elsewhere(lexicon, some, others, options.general)


def _in_one_tract(options: Options, some: tuple[Mention, ...], others: tuple[Mention, ...]) -> bool:
    return any(
        any(place.term.id in tract for place in some) and any(place.term.id in tract for place in others)
        for tract in options.tracts
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
    return (
        place.term.region in JOINTS_OF
        and "joint" in wholes
        and overlap({place.term.region}, within_reach(findings.derived(regions_of)))
    )
