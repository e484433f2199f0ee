"""Conclusions that deny what the findings describe at their very place.

基底节区未见软化灶 beside 基底节区见片状低信号影.  Sound impressions deny what the clinician asks about
(骨折, 出血, 积液).  What nobody asks about (软化灶, 水肿, 脂肪肝) is denied by mistake wherever the
findings hold anything like it at that place, under whatever name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from plugin.rules.comparison.claims import Claim, compatible
from plugin.rules.comparison.clause_state import State
from plugin.rules.comparison.denial_words import apart
from plugin.rules.comparison.levels import levels_of
from plugin.rules.comparison.statements import Site, Statement
from plugin.rules.texts import Texts
from plugin.text.mention import Mention

_MOST = 12
"""Denied conclusions of a report that are asked about; time stays bounded."""


def described(
    reading: Texts, denied: list[Claim], organs: Mapping[str, str], general: frozenset[str]
) -> Iterator[tuple[Claim, Statement]]:
    """Denied conclusions, each with the statement of the findings that describes what it denies.

    Parameters
    ----------
    reading
        The case.
    denied
        Claims of the impression that deny what nobody asks about.
    organs
        Observation to the organ that its name holds: 脂肪肝.
    general
        Anatomy too wide to be the place of one thing.
    """
    found = [s for s in reading.findings_statements if s.state is State.SEEN and s.places]
    for claim in denied[:_MOST]:
        text = reading.impression.clause_text(claim.what.clause)
        levels, kin = levels_of(text), reading.lexicon.kin(claim.id)
        for statement in found:
            if statement.observed and statement.observed.isdisjoint(kin):
                continue
            if (levels and statement.levels and not levels & statement.levels) or apart(statement.text, text):
                continue
            if _of_one_place(reading, claim, statement, organs.get(claim.id, ""), general):
                yield claim, statement
                break


def _of_one_place(
    reading: Texts, claim: Claim, statement: Statement, organ: str, general: frozenset[str]
) -> bool:
    if not claim.own:
        return any(place.term.id == organ for place in statement.places)
    if not any(place.term.region for place in statement.places):
        # 皮下软组织见高信号影: of the joint that the findings name elsewhere.
        clause = reading.impression.clause_text(claim.what.clause)
        return any(len(place.word) > 2 and place.word in clause for place in statement.places)
    lexicon = reading.lexicon
    finest = [
        place
        for place in claim.places
        if place.term.id not in general
        and not any(place.term.id in lexicon.ancestors(other.term.id)[1:] for other in claim.places)
    ]
    return any(
        (place.term.id == other.term.id and _one_word(reading, place, other))
        or (
            other.term.id == "spine"
            and "spine" in lexicon.ancestors(place.term.id)
            and not _is_cord(reading, place)
        )
        for place in finest
        for other in statement.places
        if compatible(place.side, other.side)
    )


def _is_cord(reading: Texts, said: Mention) -> bool:
    """Whether a place is the cord, which no osteophyte of a vertebra is of: 颈髓, 脊髓."""
    return reading.impression.text[said.start : said.end].endswith("髓")


def _one_word(reading: Texts, said: Mention, found: Site) -> bool:
    """Whether a place bears one name in both sections: bones share a term, 跟骨 and 距骨."""
    ours = reading.impression.text[said.start : said.end].strip("左右双侧")
    theirs = found.word.strip("左右双侧")
    return ours in theirs or theirs in ours
