"""Whether the findings describe what is concluded: it by name, a sign of it, or words that nobody knows."""

from __future__ import annotations

import re
from collections.abc import Callable

from plugin.kit.registry import Options
from plugin.rules.bones import bones_in
from plugin.rules.claims import ORGANS_IN, PRESENT, TOLD_APART, Claim, across, elsewhere, meet
from plugin.rules.clause_places import anatomy_by_clause, places_at
from plugin.rules.declared_sound import declared_sound
from plugin.rules.descriptions import Description
from plugin.rules.structures import structures_in
from plugin.rules.texts import Texts
from plugin.rules.whereabouts import out_of_reach
from plugin.text.mention import Mention
from plugin.text.reader import ReadText
from plugin.text.terms import Assertion

_PRAISED = re.compile(
    r"正常|如常|未见异常|不大|不厚|无肿大|无增大|良好|(?<![不欠])(?:完整|连续|清晰|通畅|对称|规整|光[滑整]|锐利|均匀)(?!性|中断|[稍弥]?[^，。；]{0,3}[减降增强])"
)
_IDLE = re.compile(
    r"未见|无|未及|未显示|自然|整齐|居中|存在|良好|不宽|不窄|如常|光滑|尚可|可$|扫描|示:?$|观察|体位|纹理|受压|硬化"
    r"|实质(?:密度|回声|信号)|骨质?密度|骨小梁|划线|曲度|排列"
)
"""What denies, praises, names the examination alone, or what follows from anything (硬膜囊受压)."""
_NUMBER = re.compile(r"^[\s\d.、．)）(（]+")
"""What numbers a conclusion."""
_JOINING = "、及和"
"""Between two observations of one clause."""
_MOST_BACK = 12
"""Clauses back to the part that one without any is of."""
_MOST_CLAUSES = 80
"""Clauses of the findings that are weighed as signs of one conclusion.  No report has as many."""


class Scope(Options):
    """Where a sign may lie and still bear out a conclusion.

    Parameters
    ----------
    general
        Anatomy too wide to be asked for by name.
    tracts, spreading
        Organs in a row, and observations that are of all of them where one has them.
    bordering
        Anatomy that borders on all else in its region: a sign at any organ may be one of it.
    """

    general: frozenset[str] = frozenset()
    tracts: tuple[frozenset[str], ...] = ()
    spreading: frozenset[str] = frozenset()
    bordering: frozenset[str] = frozenset()


def described(scope: Scope, reading: Texts, said: Claim, how: Description) -> bool:
    """Whether the findings hold `said`, a sign of it, or anything there that may be one.

    Parameters
    ----------
    scope
        Where a sign may lie.
    reading
        The case.
    said
        What is concluded.
    how
        What describes it.
    """
    places = _own_places(reading, said)
    names = {place.term.id for place in places}
    group = said.what.term.group
    elsewhere_named: set[int] = set()
    for claim in reading.findings_claims:
        same = claim.id == said.id
        if not (same or claim.id in how.by or (group and claim.what.term.group == group)):
            continue
        if claim.assertion not in PRESENT or _is_unlike(reading, how, claim.what, by_name=same):
            continue
        if _at_one_organ(claim, names, how) or (
            not out_of_reach(reading, claim.what.clause, said, scope.bordering)
            and not _of_other_parts(reading, claim.what.clause, said, how)
            and not _not_at(reading, claim.places, how)
            and (
                not _away(scope, reading, said.id, claim.places, places)
                or _swapped(scope, reading, claim, places)
            )
            and not _spoken_for(scope, reading, claim, said, places, how)
        ):
            return True
        if same:
            elsewhere_named.add(claim.what.clause)
    return _repeated(reading, said) or (
        not declared_sound(reading, said, scope.general)
        and (
            (how.words is not None and _has_sign(scope, reading, said, how, how.words, elsewhere_named))
            or (not how.alone and _told_in_other_words(scope, reading, said))
        )
    )


def _at_one_organ(found: Claim, names: set[str], how: Description) -> bool:
    """Whether something lies at the very organ that a conclusion names: nothing more is to be asked."""
    return not how.by_bone and any(
        place.term.id in names and place.term.region in ORGANS_IN for place in found.places
    )


def _is_unlike(reading: Texts, how: Description, seen: Mention, *, by_name: bool) -> bool:
    """Whether an observation is another thing: by what stands beside it, or by its own words where it has the name."""
    if how.unlike is None:
        return False
    findings = reading.findings
    if by_name:
        return how.unlike.search(findings.folded[seen.start : seen.end]) is not None
    here = findings.clauses[seen.clause]
    return how.is_unlike(
        findings.folded[here.start : here.end], seen.start - here.start, seen.end - here.start
    )


def _not_at(reading: Texts, places: tuple[Mention, ...], how: Description) -> bool:
    """Whether it was seen at other anatomy than that which the conclusion's name holds."""
    related = reading.lexicon.related
    return (
        bool(how.at)
        and bool(places)
        and not any(related(place.term.id, name) for place in places for name in how.at)
    )


def _of_other_parts(reading: Texts, clause: int, said: Claim, how: Description) -> bool:
    """Whether a clause of the findings is of other bones than the conclusion, or of other structures."""
    if not (how.by_bone or how.by_structure):
        return False
    parts_in = structures_in if how.by_structure else bones_in
    ours = parts_in(_folded_clause(reading, said))
    if not ours:
        return False
    theirs = _parts_at(reading.findings, clause, parts_in)
    if not theirs or ours & theirs:
        return False
    # What is concluded of the others is theirs; nothing concluded of them, the wrong one is named.
    impression = reading.impression
    return any(
        theirs & parts_in(impression.folded[other.start : other.end])
        for index, other in enumerate(impression.clauses)
        if index != said.what.clause
    )


def _parts_at(text: ReadText, clause: int, parts_in: Callable[[str], frozenset[str]]) -> frozenset[str]:
    """The parts that a clause names, or else the nearest clause before it in its sentence."""
    sentence = text.clauses[clause].sentence
    for before in range(clause, max(clause - _MOST_BACK, -1), -1):
        here = text.clauses[before]
        if here.sentence != sentence:
            break
        if parts := parts_in(text.folded[here.start : here.end]):
            return parts
    return frozenset()


def _folded_clause(reading: Texts, said: Claim) -> str:
    here = reading.impression.clauses[said.what.clause]
    return reading.impression.folded[here.start : here.end]


def _repeated(reading: Texts, said: Claim) -> bool:
    """Whether the findings hold the clause of a conclusion as it stands: a comparison is copied whole."""
    words = _NUMBER.sub("", _folded_clause(reading, said))
    at = reading.findings.folded.find(words)
    return at >= 0 and reading.findings.assertion_at(at, at + len(words)) is not Assertion.DENIED


def _own_places(reading: Texts, said: Claim) -> tuple[Mention, ...]:
    """The anatomy that a conclusion names for itself.

    左侧肋骨骨折，左侧气胸 and 脾大、静脉曲张: what is named before it is no place of the second.
    """
    if not said.own:
        return ()
    if reading.impression.text[said.what.start - 1] in _JOINING and any(
        other.what.end == said.what.start - 1 for other in reading.impression_claims
    ):
        return ()
    return said.places


def _spoken_for(
    scope: Scope, reading: Texts, found: Claim, said: Claim, places: tuple[Mention, ...], how: Description
) -> bool:
    """Whether something found at another place is what another conclusion is of: 肋骨骨折 beside 锁骨骨折."""
    lexicon = reading.lexicon
    # 周围软组织肿胀 is of any bone.
    if not found.places or not places or not all(place.term.region for place in found.places):
        return False
    if all(place.term.region in TOLD_APART for place in (*found.places, *places)):
        if not elsewhere(lexicon, found.places, places, scope.general):
            return False
    elif any(lexicon.related(one.term.id, other.term.id) for one in found.places for other in places):
        return False
    alike = lexicon.alike(found.id)
    return any(
        other.what.clause != said.what.clause
        and (other.id in alike or (other.id == said.id and found.id in how.by))
        and meet(lexicon, other.places, found.places)
        and not meet(lexicon, other.places, places)
        for other in reading.impression_claims
    )


def _has_sign(
    scope: Scope, reading: Texts, said: Claim, how: Description, words: re.Pattern[str], away: set[int]
) -> bool:
    """Whether a word of the findings, but in clauses `away`, may be what is concluded: not denied, and not elsewhere."""
    findings = reading.findings
    places = _own_places(reading, said)
    for match in words.finditer(findings.folded):
        clause = findings.clause_index(match.start())
        if clause in away or findings.assertion_at(*match.span()) is Assertion.DENIED:
            continue
        here = findings.clauses[clause]
        if how.is_unlike(
            findings.folded[here.start : here.end], match.start() - here.start, match.end() - here.start
        ):
            continue
        if len(away) >= _MOST_CLAUSES:
            return True
        if (
            not _PRAISED.search(findings.clause_text(clause))
            and not out_of_reach(reading, clause, said, scope.bordering)
            and not _of_other_parts(reading, clause, said, how)
            and not _not_at(reading, places_at(findings, clause), how)
            and not _away(scope, reading, said.id, places_at(findings, clause), places)
        ):
            return True
        away.add(clause)
    return False


def _swapped(scope: Scope, reading: Texts, seen: Claim, places: tuple[Mention, ...]) -> bool:
    """Whether it was seen on the other side, and is concluded nowhere there: then the side is wrong."""
    lexicon = reading.lexicon
    if elsewhere(lexicon, seen.places, places, scope.general):
        return False
    return not any(meet(lexicon, seen.places, claim.places) for claim in reading.impression_claims)


def _told_in_other_words(scope: Scope, reading: Texts, said: Claim) -> bool:
    """Whether a clause of the findings is of these places and neither sound nor read as anything else."""
    findings = reading.findings
    read = {mention.clause for mention in findings.observations}
    return any(
        clause not in read
        and not _PRAISED.search(findings.clause_text(clause))
        and not _IDLE.search(findings.clause_text(clause))
        and meet(reading.lexicon, mentions, said.places)
        and not out_of_reach(reading, clause, said, scope.bordering)
        for clause, mentions in findings.derived(anatomy_by_clause).items()
    )


def _away(
    scope: Scope, reading: Texts, what: str, some: tuple[Mention, ...], others: tuple[Mention, ...]
) -> bool:
    """Whether what is seen at `some` says nothing of `what` at `others`."""
    lexicon = reading.lexicon
    if across(lexicon, some, others):
        return True
    if what in scope.spreading and in_one_tract(scope, some, others):
        return False
    borders = any(place.term.id in scope.bordering for place in others)
    return not borders and elsewhere(lexicon, some, others, scope.general)


def in_one_tract(scope: Scope, some: tuple[Mention, ...], others: tuple[Mention, ...]) -> bool:
    """Whether both name an organ of one row: 输尿管 and 肾盂."""
    return any(
        any(place.term.id in tract for place in some) and any(place.term.id in tract for place in others)
        for tract in scope.tracts
    )
