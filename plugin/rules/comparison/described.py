"""Whether the findings describe what is concluded: it by name, a sign of it, or words that nobody knows."""

from __future__ import annotations

import re

from plugin.rules.comparison.beside import lies_beside
from plugin.rules.comparison.claims import (
    ORGANS_IN,
    PRESENT,
    Claim,
    compatible,
    meet,
)
from plugin.rules.comparison.clause_places import anatomy_by_clause, places_at
from plugin.rules.comparison.declared_sound import declared_sound
from plugin.rules.comparison.descriptions import Description
from plugin.rules.comparison.evidence_places import (
    PRAISED,
    Scope,
    folded_clause,
    is_away,
    not_at,
    of_other_parts,
    own_places,
    spoken_for,
    swapped,
)
from plugin.rules.comparison.levels import may_name_levels
from plugin.rules.comparison.solid import casts_shadow, is_solid
from plugin.rules.comparison.sound_places import OF_SHAPE
from plugin.rules.comparison.whereabouts import out_of_reach
from plugin.rules.texts import Texts
from plugin.text.mention import Mention
from plugin.text.reader import ReadText
from plugin.text.terms import Assertion

_IDLE = re.compile(
    r"未见|无|未及|未显示|自然|整齐|居中|存在|良好|不宽|不窄|如常|光滑|尚可|可$|扫描|示:?$|观察|体位|纹理|受压|硬化"
    r"|实质(?:密度|回声|信号)|骨质?密度|骨小梁|划线|曲度|排列|容积|射血"
)
"""What denies, praises, names the examination alone, or what follows from anything (硬膜囊受压)."""
_NUMBER = re.compile(r"^[\s\d.、．)）(（]+")
"""What numbers a conclusion."""
_LONG = 4
"""Characters of a sign in whose midst there is room for a denial."""
_MOST_SEEN = 24
"""Observations that are weighed for one conclusion; with more, one of them is taken to be it: time stays bounded."""
_MOST_CLAUSES = 80
"""Clauses of the findings that are weighed as signs of one conclusion.  No report has as many."""
_MOST_WORDS = 60
"""Words of the findings that are, denied ones included."""


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
    places = own_places(reading, said)
    seen = _seen(reading, said, how)
    if _at_one_place(reading, said, places, seen, how):
        return True
    elsewhere_seen: set[int] = set()
    for claim in seen[:_MOST_SEEN]:
        if how.unlike is not None and _is_unlike(reading, how.unlike, how, claim, said):
            continue
        if _is_no_such(reading, said, claim):
            elsewhere_seen.add(claim.what.clause)
            continue
        if (
            not out_of_reach(reading, claim.what.clause, said, scope.bordering)
            and not of_other_parts(reading, claim.what.clause, said, how)
            and not not_at(reading, claim.places, how)
            and (
                not is_away(scope, reading, said.id, claim.places, places)
                or lies_beside(reading, claim, places)
                or swapped(scope, reading, claim, places)
            )
            and not spoken_for(scope, reading, claim, said, places)
        ):
            return True
        elsewhere_seen.add(claim.what.clause)
    if len(seen) > _MOST_SEEN:
        return True
    return _repeated(reading, said) or (
        (said.id in OF_SHAPE or not declared_sound(reading, said, scope.general))
        and (
            (how.words is not None and _has_sign(scope, reading, said, how, how.words, elsewhere_seen))
            or (not how.alone and _told_in_other_words(scope, reading, said))
        )
    )


def _seen(reading: Texts, said: Claim, how: Description) -> list[Claim]:
    """What the findings hold that may be what is concluded, that of its name first."""
    group, by, name = said.what.term.group, how.by, said.id
    # Written out, as every conclusion of every report comes here.
    seen = [c for c in reading.findings_claims if c.id == name and c.assertion in PRESENT]
    seen += [
        c
        for c in reading.findings_claims
        if c.id != name and (c.id in by or (group and c.what.term.group == group)) and c.assertion in PRESENT
    ]
    return seen


def _at_one_place(
    reading: Texts, said: Claim, places: tuple[Mention, ...], seen: list[Claim], how: Description
) -> bool:
    """Whether something lies at the very place of a conclusion, as most do: nothing more is to be asked then."""
    sides = {place.term.id: place.side for place in places if place.term.region}
    for claim in seen:
        for place in claim.places:
            if (
                place.term.id in sides
                and compatible(place.side, sides[place.term.id])
                and (place.term.region in ORGANS_IN or not _names_levels(reading, said))
                and not of_other_parts(reading, claim.what.clause, said, how)
                and not _is_no_such(reading, said, claim)
                and (how.unlike is None or not _is_unlike(reading, how.unlike, how, claim, said))
            ):
                return True
    return False


def _is_no_such(reading: Texts, said: Claim, found: Claim) -> bool:
    """Whether what was found cannot be what is concluded: what takes up contrast is no cyst, what casts a shadow no polyp."""
    if said.id == "cyst":
        return is_solid(reading, found)
    return said.id == "polyp" and casts_shadow(reading, found)


def _names_levels(reading: Texts, said: Claim) -> bool:
    return may_name_levels(reading.impression.clause_text(said.what.clause))


def _is_unlike(reading: Texts, unlike: re.Pattern[str], how: Description, found: Claim, said: Claim) -> bool:
    """Whether an observation is another thing: by what stands beside it, or by its own words where it has the name."""
    findings, seen = reading.findings, found.what
    if found.id == said.id:
        return unlike.search(findings.folded[seen.start : seen.end]) is not None
    here = findings.clauses[seen.clause]
    return how.is_unlike(
        findings.folded[here.start : here.end], seen.start - here.start, seen.end - here.start
    )


def _repeated(reading: Texts, said: Claim) -> bool:
    """Whether the findings hold the clause of a conclusion as it stands: a comparison is copied whole."""
    words = _NUMBER.sub("", folded_clause(reading, said))
    at = reading.findings.folded.find(words)
    return at >= 0 and reading.findings.assertion_at(at, at + len(words)) is not Assertion.DENIED


def _has_sign(
    scope: Scope, reading: Texts, said: Claim, how: Description, words: re.Pattern[str], away: set[int]
) -> bool:
    """Whether a word of the findings, but in clauses `away`, may be what is concluded: not denied, and not elsewhere."""
    findings = reading.findings
    places = own_places(reading, said)
    for number, match in enumerate(words.finditer(findings.folded)):
        if number >= _MOST_WORDS:
            return True
        clause = findings.clause_index(match.start())
        if clause in away or findings.assertion_at(*match.span()) is Assertion.DENIED:
            continue
        # 心包腔未见液性信号: denied in its midst.
        if match.end() - match.start() > _LONG and _denied_within(findings, *match.span()):
            continue
        here = findings.clauses[clause]
        if how.is_unlike(
            findings.folded[here.start : here.end], match.start() - here.start, match.end() - here.start
        ):
            continue
        if len(away) >= _MOST_CLAUSES:
            return True
        if (
            not PRAISED.search(findings.clause_text(clause))
            and not out_of_reach(reading, clause, said, scope.bordering)
            and not of_other_parts(reading, clause, said, how)
            and not not_at(reading, places_at(findings, clause), how)
            and not is_away(scope, reading, said.id, places_at(findings, clause), places)
        ):
            return True
        away.add(clause)
    return False


def _denied_within(findings: ReadText, start: int, end: int) -> bool:
    """Whether the last word of a sign is denied by one that stands behind its first.

    没有强化的小囊 opens with what only looks like a denial of it.
    """
    return findings.assertion_at(end - 1, end) is Assertion.DENIED and any(
        cue.start > start and cue.word.assertion is Assertion.DENIED for cue in findings.cues_at(end - 1, end)
    )


def _told_in_other_words(scope: Scope, reading: Texts, said: Claim) -> bool:
    """Whether a clause of the findings is of these places and neither sound nor read as anything else."""
    findings = reading.findings
    read = {mention.clause for mention in findings.observations}
    return any(
        clause not in read
        and not PRAISED.search(findings.clause_text(clause))
        and not _IDLE.search(findings.clause_text(clause))
        and meet(reading.lexicon, tuple(m for m in mentions if m.term.id not in scope.general), said.places)
        and not out_of_reach(reading, clause, said, scope.bordering)
        for clause, mentions in findings.derived(anatomy_by_clause).items()
    )
