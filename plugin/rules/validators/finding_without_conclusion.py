"""描述中的阳性病变诊断项中未下诊断, 或诊断项无诊断 (4.2.5 f)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property

from plugin.domain.issue import Issue, Section
from plugin.rules.comparison.claims import PRESENT, TOLD_APART, Claim, meet
from plugin.rules.comparison.concluded import OPERATED, Concluding, concludes
from plugin.rules.comparison.crossed_sides import crossed
from plugin.rules.comparison.left_out import left_out, spread_to_bone
from plugin.rules.comparison.measured import has_size
from plugin.rules.comparison.referring import speaks_again
from plugin.rules.comparison.side_evidence import side_witnesses
from plugin.rules.comparison.sides_in_words import in_words
from plugin.rules.comparison.swapped_sides import swapped
from plugin.rules.texts import Texts
from plugin.rules.validators.base import TextRuleOptions
from plugin.rules.validators.missing_field import is_empty
from plugin.text.mention import Mention
from plugin.text.terms import Assertion

_SAME_AS_BEFORE = re.compile(
    r"同前|相仿|变化不大|无(?:明显|显著)?变化|未见(?:明显|显著)?变化|如上|同上|见描述|详见|原诊"
)
_OPEN = re.compile(r"性质(?:待定|待查|待明|未定|不明)")
_ONLY_ADVICE = re.compile(
    r"[\d.、()\s，。；]*(?:(?:请|建议|必要时|随诊|随访|复查|结合|进一步|密切|定期)[^。；\n]*[。；，\n]?\s*)+"
)
_HISTORY = re.compile(r"[癌瘤病核炎](?:保守|介入|综合)?(?:复查|随访|治疗|术前|病史|放疗|化疗|放化疗)")
# 稍低密度影 is of density, which says nothing of how much there is.
_LITTLE = re.compile(r"轻度|少许|轻微|微量|生理性|考虑正常|变异|副脾|粗细[不欠]均")
_MINOR = re.compile(rf"{_LITTLE.pattern}|[稍略](?![高低长短等])")
_HARMLESS = re.compile(r"(?:为|系|属|是|考虑)[^，。；]{0,3}(?:正常|生理|伪影|卵泡|变异|血管断面|部分容积)")
_RELATED = re.compile(
    r"^(?:该|此)?(?:肿[块物瘤]|病[变灶]|结节|占位|包块)与[^，。；\n]{1,16}(?:间隙|分界|界[限面]|关系|相邻|接触|紧贴|粘连)"
)
"""What only relates a mass, which was told of before, to its neighbours: 肿块与胸大肌间脂肪间隙清晰."""
_WITHIN = re.compile(r"^(?:其|病[变灶]|肿[块物瘤]|瘤|瘤体|结节)?(?:内部?|中心|中央|其中)(?:可?见|散在|伴|有)")
_INSIDE_MASS = frozenset(("hemorrhage", "cyst", "calcification", "stone", "cavity"))
"""What a mass may hold within, and its conclusion need not name."""
_IN_BONE = re.compile(r"髓腔|骨髓|骨质|皮质|骨内|[骨端干头颈髁]内")
_OF_SHEATH = re.compile(r"囊炎|滑膜炎|腱鞘|滑囊")
"""What is no focus in a bone, though it names no place."""
_BY_PRESSURE = frozenset(("occlusion", "stenosis", "obstruction"))


class Options(Concluding, TextRuleOptions):
    """Options of `finding_without_conclusion`.

    Parameters
    ----------
    significant
        Observations that a radiologist must conclude on.
    only_at
        Observation to the anatomy where alone it is significant.
    placeless
        Observations that need no anatomy beside them (气胸).
    when_measured
        Observations that become significant by being measured.
    features
        Observations that describe another finding where they follow it: 边缘见点状高密度影 of a mass.
        One with a size stands for itself.
    harmless
        Observations that nobody concludes on where they lie beside what was examined.
    measured_in_limb
        Observation to those that may be meant for it where it is measured in a bone of a limb.
    """

    significant: frozenset[str]
    only_at: dict[str, frozenset[str]] = {}
    placeless: frozenset[str] = frozenset()
    when_measured: frozenset[str] = frozenset()
    features: frozenset[str] = frozenset()
    harmless: frozenset[str] = frozenset()
    measured_in_limb: Mapping[str, frozenset[str]] = {}

    @cached_property
    def asked(self) -> frozenset[str]:
        """Observations that may need a conclusion."""
        return self.significant | self.when_measured


def check(options: Options, reading: Texts) -> Iterator[Issue]:
    """Ask for a conclusion on each significant observation."""
    text = reading.impression
    if not reading.findings or not text or _SAME_AS_BEFORE.search(text.text):
        return
    # 待发: nothing is concluded yet, which missing_field says.
    if is_empty(text.text, "impression"):
        return
    # 性质待定，请结合增强: what is meant needs no name.
    if not reading.impression_claims and _OPEN.search(text.text):
        return
    asked = options.asked
    open_claims = [
        claim
        for claim in reading.findings_claims
        if claim.assertion is Assertion.AFFIRMED and claim.id in asked and _counts(options, reading, claim)
    ]
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
    said: set[tuple[str, int]] = set()
    told: set[int] = set()
    for claim in open_claims:
        sentence = reading.findings.clauses[claim.what.clause].sentence
        if (claim.id, sentence) in said or claim.what.clause in told:
            continue
        measured = claim.id in options.by_name_when_measured and has_size(reading, claim)
        named = _named(options, reading, claim)
        if (
            concludes(options, reading, claim, named, measured=measured)
            and not _left_out_of_bone(options, reading, claim, named)
            and not left_out(reading, claim)
        ):
            continue
        if _called_harmless(reading, claim) or spread_to_bone(reading, claim):
            continue
        if _on_wrong_side(reading, claim):
            continue
        said.add((claim.id, sentence))
        told.add(claim.what.clause)
        place = reading.span(Section.FINDINGS, *_clause_span(reading, claim))
        yield options.issue(
            "finding_without_conclusion", place, f"影像描述“{place.text}”在诊断结论中未下诊断。"
        )


def _left_out_of_bone(options: Options, reading: Texts, claim: Claim, named: tuple[Mention, ...]) -> bool:
    """Whether a measured focus in a bone of a limb is covered only by what cannot account for it.

    髓腔内分叶状病灶，大小约32mm×18mm beside 肩锁关节退变，关节积液.
    """
    accounts = options.measured_in_limb.get(claim.id)
    regions = {place.term.region for place in claim.places} - {""}
    if accounts is None or not regions or not regions.isdisjoint(TOLD_APART):
        return False
    said = reading.findings.clause_text(claim.what.clause)
    # 腓骨头见小囊变 need not be told.
    if not _IN_BONE.search(said) or "小囊" in said or not has_size(reading, claim):
        return False
    clauses = {other.what.clause for other in reading.impression_claims}
    if any(
        place.clause not in clauses and meet(reading.lexicon, named, (place,))
        for place in reading.impression.anatomy
    ):
        return False
    return not any(
        other.assertion is not Assertion.DENIED
        and (other.id == claim.id or other.id in accounts)
        and (
            meet(reading.lexicon, named, other.places)
            if other.places
            else not _OF_SHEATH.search(reading.impression.clause_text(other.what.clause))
        )
        for other in reading.impression_claims
    )


def _clause_span(reading: Texts, claim: Claim) -> tuple[int, int]:
    clause = reading.findings.clauses[claim.what.clause]
    return clause.start, clause.end


def _on_wrong_side(reading: Texts, claim: Claim) -> bool:
    """Whether its sentence is what a conclusion on the other side is held against, as `laterality` says."""
    start, end = reading.findings.original(*reading.findings.sentence_at(claim.what.start))
    return any(start <= at < end for at in reading.kept_as("across", _seen_across))


def _seen_across(reading: Texts) -> Iterator[int]:
    """Where the findings, as given, have what conclusions on the other side are held against."""
    for _, place in swapped(reading):
        yield reading.findings.original(place.start, place.end)[0]
    for _, run in side_witnesses(reading):
        yield reading.findings.original(run.start, run.end)[0]
    for _, where, _ in (*crossed(reading), *in_words(reading)):
        yield where.start


def _counts(options: Options, reading: Texts, claim: Claim) -> bool:
    """Whether an affirmed claim is significant, and of somewhere."""
    if claim.id not in options.significant and not has_size(reading, claim):
        return False
    where = [place.term.id for place in claim.places]
    if options.general.issuperset(where) and claim.id not in options.placeless:
        return False
    only = options.only_at.get(claim.id)
    if only:
        ancestors = reading.lexicon.ancestors
        if only.isdisjoint([whole for name in where for whole in ancestors(name)]) and not _is_measured(
            options, reading, claim
        ):
            return False
    said = reading.findings.clause_text(claim.what.clause)
    # 侧脑室颞角受压闭塞 is what the mass does, which is concluded itself.
    if claim.id in _BY_PRESSURE and "受压" in said:
        return False
    # 断端略重叠 is no little fracture.
    minor = _LITTLE if claim.id == "fracture" else _MINOR
    if minor.search(said) or _HISTORY.search(said) or speaks_again(said) or _RELATED.search(said):
        return False
    if claim.id in options.features and _is_feature(reading, claim):
        return _is_measured(options, reading, claim)
    if claim.id in _INSIDE_MASS and _WITHIN.search(said) and _inside_mass(reading, claim):
        return False
    return claim.id not in options.harmless or not _aside(reading, claim)


def _is_feature(reading: Texts, claim: Claim) -> bool:
    """Whether it describes another finding, or what an operation left: its place is named with that one."""
    if claim.own or not claim.places:
        return False
    named_in = claim.places[-1].clause
    return OPERATED.search(reading.findings.clause_text(named_in)) is not None or any(
        other.what.clause == named_in and other.assertion in PRESENT for other in reading.findings_claims
    )


def _inside_mass(reading: Texts, claim: Claim) -> bool:
    """Whether its sentence told of a mass before, within which it lies: 内见囊变、出血信号."""
    sentence = reading.findings.clauses[claim.what.clause].sentence
    return not claim.own and any(
        other.what.term.group == "focal"
        and other.id != "lesion"
        and other.assertion in PRESENT
        and other.what.start < claim.what.start
        and reading.findings.clauses[other.what.clause].sentence == sentence
        for other in reading.findings_claims
    )


def _aside(reading: Texts, claim: Claim) -> bool:
    """Whether what is harmless lies beside what was examined: 肝囊肿 at the edge of a chest.

    Nothing is concluded of its region; a size would say that the writer thinks of it.
    """
    regions = {mention.term.region for mention in reading.impression.anatomy}
    beside = regions.isdisjoint([place.term.region for place in claim.places])
    return beside and not has_size(reading, claim)


def _called_harmless(reading: Texts, claim: Claim) -> bool:
    """Whether the rest of its sentence judges it: 脾内见裂隙状低密度，为正常切迹; myelin ripens, too."""
    start, end = reading.findings.sentence_at(claim.what.start)
    text = reading.findings.text
    return _HARMLESS.search(text, claim.what.end, end) is not None or text.find("髓鞘化", start, end) >= 0


def _is_measured(options: Options, reading: Texts, claim: Claim) -> bool:
    return claim.id in options.when_measured and has_size(reading, claim)


def _named(options: Options, reading: Texts, claim: Claim) -> tuple[Mention, ...]:
    """Where it is: the places that make it significant (髓内, of C4水平髓内), or those that are not too wide."""
    only = options.only_at.get(claim.id) if claim.id in options.when_measured else None
    if only and claim.places:
        ancestors = reading.lexicon.ancestors
        telling = [place for place in claim.places if not only.isdisjoint(ancestors(place.term.id))]
        # 颞部颅板下: the nearest place says where it is.
        if telling and telling[-1] is claim.places[-1]:
            return tuple(telling)
    # 右膝后交叉韧带 is of the ligament.
    wholes = {
        whole
        for place in claim.places
        if place.term.region not in TOLD_APART
        for whole in reading.lexicon.ancestors(place.term.id)[1:]
    }
    return tuple([place for place in claim.places if place.term.id not in options.general | wholes])
