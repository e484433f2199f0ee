"""左右（内外侧）不一致: findings against impression, text against examination and order (4.2.5 b)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial

from plugin.domain.issue import Issue, Section
from plugin.rules.case_reading import CaseReading
from plugin.rules.comparison.claims import ORGANS_IN, SAID, opposite
from plugin.rules.comparison.clause_state import State
from plugin.rules.comparison.crossed_sides import Crossed, crossed
from plugin.rules.comparison.examined_side import as_quoted, not_as_examined
from plugin.rules.comparison.graded_sides import grades_across
from plugin.rules.comparison.named_parts import parts_across
from plugin.rules.comparison.opposed_words import impossible, opposed
from plugin.rules.comparison.referring import referred_across
from plugin.rules.comparison.same_fate import same_fate
from plugin.rules.comparison.side_evidence import side_witnesses
from plugin.rules.comparison.sides_in_words import in_words
from plugin.rules.comparison.swapped_sides import swapped
from plugin.rules.texts import Texts
from plugin.rules.validators.base import RuleOptions
from plugin.text.terms import NOT_SAID

_MIRRORED = re.compile(r"(?:内脏|完全|脏器)(?:反|转|易)位|镜面人|右位心|左肺呈?三叶|右肺呈?[两二双]叶")
_MOST_QUOTED = 40
"""Characters of a clause that a message quotes, so that it is read at a glance."""


class Options(RuleOptions):
    """Options of `laterality`."""


def check(options: Options, reading: CaseReading) -> Iterator[Issue]:
    """Look for a side that nothing else in the case bears out."""
    for here, message, there in not_as_examined(reading):
        yield options.issue("laterality", here, message, (there,))
    yield from reading.texts.kept_as("laterality", partial(_in_texts, options))


def _in_texts(options: Options, reading: Texts) -> Iterator[Issue]:
    impossible_places = [(section, at) for section, text in reading.sections for at in impossible(text)]
    if not impossible_places or not any(_MIRRORED.search(text.text) for _, text in reading.sections):
        for section, (start, end) in impossible_places:
            place = reading.span(section, start, end)
            says = f"“{place.text}”在解剖上不存在或前后重复，左右或分叶有误，请核对。"
            yield options.issue("laterality", place, says)
    for again, before in referred_across(reading.findings):
        place, where = reading.span(Section.FINDINGS, *again), reading.span(Section.FINDINGS, *before)
        says = f"“{place.text}”与前文“{where.text}”左右不一致，请核对。"
        yield options.issue("laterality", place, says, (where,))
    if reading.findings and reading.impression:
        found = list(_swapped(options, reading)) or list(_one_sided(options, reading))
        found = found or list(_borne_out_across(options, reading))
        yield from found
        across = () if found else _across(reading)
        for here, where, what in _told_once([*across, *opposed(reading)]):
            message = f"“{here.text}”与影像描述“{where.text}”{what}不一致，请核对。"
            yield options.issue("laterality", here, message, (where,))


_WITNESSES = (crossed, in_words, parts_across, grades_across, same_fate)
"""Who looks for crossed sides; the first that finds any is believed."""


def _across(reading: Texts) -> tuple[Crossed, ...]:
    for look in _WITNESSES:
        if across := tuple(look(reading)):
            return across
    return ()


def _told_once(disagreements: Sequence[Crossed]) -> list[Crossed]:
    """Each slip once, by the widest words that hold it: L4/5椎间盘突出（中央偏右型）, and not 偏右 as well."""
    found = list(dict.fromkeys(disagreements))
    return [
        one
        for one in found
        if not any(
            other is not one
            and other[2] == one[2]
            and other[0].start <= one[0].start
            and one[0].end <= other[0].end
            and other[0] != one[0]
            for other in found
        )
    ]


def _one_sided(options: Options, reading: Texts) -> Iterator[Issue]:
    """The findings know one side throughout, and the impression names the other."""
    if not reading.impression.sides:
        return
    sides = {side for _, _, side in reading.findings.sides}
    if sides not in ({"L"}, {"R"}):
        return
    (side,) = sides
    # Where that side is sound, nothing stems from it: what is concluded of the other was left out.
    seen = any(statement.state is State.SEEN for statement in reading.findings_statements)
    concluded = {s.clause for s in reading.impression_statements if s.state is State.SEEN}
    both = {value for _, _, value in reading.impression.sides}
    for start, end, value in reading.impression.sides:
        if value != opposite(side) or reading.impression.text[start] not in {"左", "右"}:
            continue
        index = reading.impression.clause_index(start)
        if not seen and index in concluded:
            continue
        clause = reading.impression.clause_text(index)
        first = reading.findings.sides[0]
        # Another's words may speak of another side, unless both sections quote.
        quoted = reading.impression.assertion_at(start, end)
        if (
            "椎" in clause
            or "突出" in clause
            or quoted in NOT_SAID - {reading.findings.assertion_at(*first[:2])}
        ):
            continue
        if side in both and (_of_unnamed_place(reading, start) or _concluded_too(reading, start, side)):
            continue
        place = reading.span(Section.IMPRESSION, start, end)
        where = reading.span(Section.FINDINGS, first[0], first[1])
        found = reading.findings.clause_text(reading.findings.clause_index(first[0]))
        # A side word alone tells nobody what is on the wrong side.
        says = f"诊断结论“{clause[:_MOST_QUOTED]}”与影像描述“{found[:_MOST_QUOTED]}”左右不一致，请核对。"
        yield options.issue("laterality", place, says, (where,))
        return


def _concluded_too(reading: Texts, at: int, side: str) -> bool:
    """Whether whatever the findings have on `side` that a clause may mean is concluded there as well.

    右侧气胸 beside 左侧胸腔积液 that is concluded itself: the clause lacks its finding, not its side.
    """
    clause = reading.impression.clause_index(at)
    said = [claim for claim in reading.impression_claims if claim.what.clause == clause]
    kinds = {kind for claim in said for kind in reading.lexicon.kin(claim.id)} - {"lesion"}
    concluded = {
        claim.id
        for claim in reading.impression_claims
        if claim.what.clause != clause and any(place.side == side for place in claim.places)
    }
    # Of a limb one side is examined: there a second side is a slip.
    if not said or any(
        claim.assertion not in SAID or any(place.term.region not in ORGANS_IN for place in claim.places)
        for claim in said
    ):
        return False
    return all(
        claim.id in concluded
        for claim in reading.findings_claims
        if claim.id in kinds and any(place.side == side for place in claim.places)
    )


def _of_unnamed_place(reading: Texts, at: int) -> bool:
    """Whether a clause of the impression is of organs that the findings never name.

    That lacks its finding, whatever side it is on, which is for another rule to say.
    """
    clause = reading.impression.clause_index(at)
    places = [m.term for m in reading.impression.anatomy if m.clause == clause and m.term.region]
    named = {m.term.id for m in reading.findings.anatomy}
    return bool(places) and all(named.isdisjoint(reading.lexicon.relatives(term.id)) for term in places)


def _borne_out_across(options: Options, reading: Texts) -> Iterator[Issue]:
    """Conclusions on one side that stem from the other."""
    for said, witness in side_witnesses(reading):
        place = reading.span(Section.IMPRESSION, said.start, said.end)
        where = reading.span(Section.FINDINGS, _from_its_side(reading, witness.start), witness.end)
        text = f"诊断结论“{place.text}”与影像描述“{where.text}”左右不一致，请核对。"
        yield options.issue("laterality", place, text, (where,))


_SIDE = re.compile("[左右双两]")
_HEADED = re.compile(r"[^\n。；:]{0,12}[左右][^\n。；:]{0,12}[:，]\s*\Z")
_LONGEST_HEADING = 30


def _from_its_side(reading: Texts, start: int) -> int:
    """Where words begin with the heading that gives their side: 右肺中叶：磨玻璃结节."""
    text = reading.findings
    if _SIDE.search(text.clause_text(text.clause_index(start))):
        return start
    before = text.text[max(start - _LONGEST_HEADING, 0) : start]
    heading = _HEADED.search(before)
    return start - len(before) + heading.start() if heading else start


def _swapped(options: Options, reading: Texts) -> Iterator[Issue]:
    """A side of the impression that the findings give only to the other side."""
    for mention, witness in swapped(reading):
        place = reading.span(Section.IMPRESSION, *as_quoted(reading.impression, mention))
        where = reading.span(Section.FINDINGS, *as_quoted(reading.findings, witness))
        message = f"“{place.text}”与影像描述“{where.text}”左右不一致，请核对。"
        yield options.issue("laterality", place, message, (where,))
