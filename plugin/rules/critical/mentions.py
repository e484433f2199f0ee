"""What a report says of the catalogue's entries: each mention with what it comes to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from plugin.domain.critical import Tier
from plugin.domain.issue import Section
from plugin.rules.critical.catalogue import Catalogue, EntrySettings
from plugin.rules.critical.context import Judge, Standing, side_of
from plugin.rules.critical.events import Mention, Said
from plugin.rules.critical.grammar import Weight
from plugin.rules.critical.limits import Threshold
from plugin.rules.critical.measures import Around, Measure, may_give
from plugin.rules.critical.patterns import Patterns
from plugin.rules.critical.report import Report
from plugin.rules.critical.scan import Match, Passage, Scan

_MOST = 32
"""Mentions of one code in one section that are judged; no report has more, and time stays bounded."""
_MOST_TRIED = 400


class Mentions:
    """Reads what a report says of each entry.

    Parameters
    ----------
    catalogue
        What is looked for.
    patterns
        Of the catalogue.
    judge
        What is said of a place.
    measures
        By name.
    progress
        The entry that a growth of another entry's finding is told as, by the other's code.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        patterns: Patterns,
        judge: Judge,
        measures: Mapping[str, Measure],
        progress: Mapping[str, str],
    ) -> None:
        self._settings, self._extra = catalogue.settings, patterns.extra
        self._judge, self._measures, self._progress = judge, measures, progress

    def of(self, report: Report) -> Iterator[Mention]:
        """All that the report says of any entry, denials included, section by section."""
        for section, scan in report.scans.items():
            if scan.whole:
                yield from self._in_section(section, scan, report)

    def _in_section(self, section: Section, scan: Scan, report: Report) -> Iterator[Mention]:
        tried: dict[str, int] = {}
        judged: dict[str, int] = {}
        named: set[tuple[str, int]] = set()
        for pattern, where in scan.whole:
            entry = self._settings[pattern.code]
            code = entry.code
            if pattern.weight is Weight.SIGN and not report.may_show(entry):
                continue
            # 结节 stands in nearly every chest, and advice on one in few.
            if not all(may_give(limit.measure, scan.text.folded) for limit in pattern.limits):
                continue
            for passage, anchor in scan.tries(pattern, where):
                if judged.get(code, 0) >= _MOST or tried.get(code, 0) >= _MOST_TRIED:
                    break
                if (code, anchor.end) in named:
                    continue
                tried[code] = tried.get(code, 0) + 1
                match = passage.match(pattern, anchor)
                if match is None or not report.holds(pattern.report):
                    continue
                judged[code] = judged.get(code, 0) + 1
                mention = self._judged(section, report, entry, match)
                if mention is not None:
                    yield mention
                if pattern.weight is Weight.TERM and (mention or not pattern.limits):
                    named.add((code, anchor.end))

    def _judged(self, section: Section, report: Report, entry: EntrySettings, match: Match) -> Mention | None:
        pattern, passage = match.pattern, match.passage
        around = report.around(passage, match.anchor.start)
        if pattern.limits and not all(self._reached(limit, passage, around) for limit in pattern.limits):
            return None
        barred = self._is_barred(entry, match)
        if barred and pattern.weight is not Weight.TERM:
            return None
        weak = pattern.weight is Weight.HINT
        if weak and entry.hints_need_grade and self._graded(entry, passage, around)[0] is not True:
            return None
        standing = self._judge.standing(match.place)
        said = Said.of(standing)
        # 消化道穿孔术后 is no finding of now, and yet says what the free gas of the findings is.
        if barred and said not in {Said.KNOWN, Said.RESOLVED}:
            return None
        if pattern.weight is Weight.GROWING and standing is not Standing.GROWN:
            return None
        below = False
        code, tier = entry.code, entry.tier
        if said is Said.NEW:
            lifted = weak and self._near(entry, "lift", passage, passage.start, passage.end)
            graded, tier = self._graded(entry, passage, around)
            below = graded is False and (weak or entry.grade_demotes)
            weak = weak and not lifted and graded is not True
            below = below or self._is_minor(entry, match) or self._operated(entry, match, report)
            if below and (entry.drop_below or (entry.hints_need_grade and weak)):
                return None
            if standing is Standing.GROWN and code in self._progress:
                code = self._progress[code]
                tier = self._settings[code].tier
                below = self._graded(self._settings[code], passage, around)[0] is False
                weak = False
            if below or weak:
                said = Said.BELOW if below else Said.WEAK
        return Mention(
            code=code,
            section=section,
            start=match.start,
            end=match.end,
            said=said,
            changed=standing is Standing.GROWN or standing is Standing.FRESH,
            sign=pattern.weight is not Weight.TERM,
            side=side_of(passage.text, match.anchor.start, passage.start),
            tier=tier,
            around=around,
        )

    def _is_barred(self, entry: EntrySettings, match: Match) -> bool:
        clause, passage = match.clause, match.passage
        return self._near(
            entry, "unless", passage, max(clause.start, match.start - 15), min(clause.end, match.end + 15)
        ) or self._near(entry, "unless_sentence", passage, passage.start, passage.end)

    def _is_minor(self, entry: EntrySettings, match: Match) -> bool:
        (start, end), clause = match.anchor, match.clause
        near = max(clause.start, start - 15), min(clause.end, end + 10)
        return self._near(entry, "minor", match.passage, *near)

    def _operated(self, entry: EntrySettings, match: Match, report: Report) -> bool:
        """Whether the report gives a sign another reason, such as an operation some days ago."""
        group = self._extra.get((entry.code, "unless_report"))
        return group is not None and match.pattern.weight is not Weight.TERM and report.holds((group,))

    def _near(self, entry: EntrySettings, key: str, passage: Passage, start: int, end: int) -> bool:
        group = self._extra.get((entry.code, key))
        return group is not None and bool(passage.within(group, start, end))

    def _graded(self, entry: EntrySettings, passage: Passage, around: Around) -> tuple[bool | None, Tier]:
        """Whether the entry's grading threshold is reached (``None``: no value), and the tier that follows."""
        limit = entry.limit(entry.grade) if entry.grade else None
        value = self._value(limit, passage, around) if limit else None
        if limit is None or value is None:
            return None, entry.tier
        return limit.reached(value), limit.tier or entry.tier

    def _reached(self, limit: Threshold, passage: Passage, around: Around) -> bool:
        value = self._value(limit, passage, around)
        return value is not None and limit.reached(value)

    def _value(self, limit: Threshold, passage: Passage, around: Around) -> float | None:
        asked = limit.measure, around.at
        if asked not in passage.values:
            passage.values[asked] = self._measures[limit.measure](around)
        return passage.values[asked]
