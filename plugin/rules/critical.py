"""Which entries of the catalogue of critical values a report meets, and which of them page.

A section is scanned once for all words; where a pattern stands complete, its standing is
judged (:mod:`plugin.rules.critical_context`), thresholds are applied, and what was found in
findings and impression is put together: one finding an event, the most specific code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from plugin.domain.critical import CriticalFinding, Tier
from plugin.domain.issue import Section
from plugin.rules.case_reading import CaseReading
from plugin.rules.critical_catalogue import Catalogue, CatalogueEntry, EntrySettings
from plugin.rules.critical_context import Judge, Standing, side_of
from plugin.rules.critical_events import Mention, Said, events
from plugin.rules.critical_grammar import Weight
from plugin.rules.critical_limits import Threshold
from plugin.rules.critical_measures import MEASURES, Around, Measure
from plugin.rules.critical_patterns import Match, Patterns, Scan
from plugin.rules.critical_priors import Before, Look
from plugin.rules.critical_report import Report, age_of, whole_clause
from plugin.text.lexicon import Lexicon
from plugin.text.reader import ReadText
from plugin.text.recent import Recent

_MOST = 32
"""Mentions of one code in one section that are judged; no report has more, and time stays bounded."""
_MOST_TRIED = 400
_RECENT_CHARACTERS = 30_000
"""Of reports looked through lately, a generation."""
_PAGING = (Weight.TERM, Weight.SIGN)
_ORDER_KNOWS = re.compile(r"癌|瘤|恶性|mt|ca|转移|肉瘤|白血病")


class Detector:
    """Finds critical values in a report.

    Build it with :meth:`load`; :attr:`version` goes with each finding into the trail.
    """

    def __init__(self, catalogue: Catalogue, lexicon: Lexicon) -> None:
        self._catalogue = catalogue
        self._lexicon = lexicon
        self._patterns = Patterns(catalogue)
        lexicon.look_for(self._patterns.words)
        self._judge = Judge(catalogue.context)
        self._looks: Recent[Look] = Recent(_RECENT_CHARACTERS)
        self._measures: dict[str, Measure] = {name: MEASURES.build(name, {}) for name in MEASURES.names()}
        self._progress = {
            code: entry.code for entry in catalogue.settings.values() for code in entry.progress_of
        }
        self.version = catalogue.version

    @classmethod
    def load(cls, config_dir: Path, lexicon: Lexicon) -> Detector:
        """Read ``config_dir/critical``.

        Raises
        ------
        ConfigError
            Naming file, line and key of the first mistake.
        """
        return cls(Catalogue(config_dir / "critical"), lexicon)

    @property
    def catalogue(self) -> Mapping[str, CatalogueEntry]:
        """Entries by code: name, tier, minutes, whom to tell."""
        return self._catalogue.entries

    def detect(self, reading: CaseReading) -> tuple[CriticalFinding, ...]:
        """Return the critical findings of a report, most urgent first.

        Parameters
        ----------
        reading
            The report, read.  Earlier impressions in ``reading.case.priors`` decide what is known.

        Returns
        -------
        tuple of CriticalFinding
            Offsets count characters of the section as given.  Denied and historic wordings
            that say nothing of now are left out.
        """
        modality, age_days = reading.modality, age_of(reading)

        def look(texts: Mapping[Section, ReadText]) -> Look:
            return self._look(texts, modality, age_days)

        now = look(dict(reading.sections))
        if not now.mentions:
            return ()
        before = Before(reading, now, look, self._catalogue.settings, self._progress)
        judged = [
            replace(mention, said=Said.KNOWN)
            if self._is_ordered(mention, reading)
            else before.judged(mention)
            for mention in events(now.mentions, self._catalogue.settings)
        ]
        # A bleed and a contusion that have both grown are one progress.
        found = list(
            {mention.code: mention for mention in sorted(judged, key=_urgency, reverse=True)}.values()
        )
        found.sort(key=_urgency)
        return tuple(self._finding(mention, reading) for mention in found)

    def _look(self, texts: Mapping[Section, ReadText], modality: str, age_days: float | None) -> Look:
        """Look through the sections of a report: the one that is judged, or an earlier one.

        It hangs on nothing but what is given, and comes again with each signature and message.
        """
        asked = "\0".join(
            (modality, str(age_days), *(f"{section}\0{text.source}" for section, text in texts.items()))
        )
        known = self._looks.get(asked)
        if known is None:
            known = self._looked(texts, modality, age_days)
            self._looks.put(asked, known)
        return known

    def _looked(self, texts: Mapping[Section, ReadText], modality: str, age_days: float | None) -> Look:
        scans = {section: self._patterns.scan(text) for section, text in texts.items() if text}
        report = Report(scans, modality, age_days)
        around: dict[Mention, Around] = {}
        mentions: list[Mention] = []
        for section, scan in scans.items():
            for mention in self._mentions(section, scan, report):
                mentions.append(mention)
                around[mention] = report.around(scan.text, scan.passage(mention.start), mention.start)
        return Look(mentions, around, self._measures)

    def _mentions(self, section: Section, scan: Scan, report: Report) -> Iterable[Mention]:
        tried: dict[str, int] = {}
        judged: dict[str, int] = {}
        named: set[tuple[str, int]] = set()
        for pattern, anchor in scan.anchors:
            entry = self._catalogue.settings[pattern.code]
            if pattern.weight is Weight.SIGN and not report.may_show(entry):
                continue
            if judged.get(entry.code, 0) >= _MOST or (entry.code, anchor.end) in named:
                continue
            tried[entry.code] = tried.get(entry.code, 0) + 1
            if tried[entry.code] > _MOST_TRIED:
                continue
            match = scan.match(pattern, anchor)
            if match is None or not report.holds(pattern.report):
                continue
            judged[entry.code] = judged.get(entry.code, 0) + 1
            if pattern.weight is Weight.TERM and not pattern.limits:
                named.add((entry.code, anchor.end))
            mention = self._judged(section, scan, report, entry, match)
            if mention is not None:
                yield mention

    def _judged(
        self, section: Section, scan: Scan, report: Report, entry: EntrySettings, match: Match
    ) -> Mention | None:
        text, (start, end) = scan.text, match.anchor
        clause, passage = text.clause_at(start), scan.passage(start)
        barred = self._is_barred(entry, scan, match, passage)
        if barred and match.pattern.weight is not Weight.TERM:
            return None
        around = report.around(text, passage, start)
        if not all(self._reached(entry, name, around, report) for name in match.pattern.limits):
            return None
        standing = self._judge.standing(text, start, end, match.start, passage)
        said = Said.of(standing)
        # 消化道穿孔术后 is no finding of now, and yet says what the free gas of the findings is.
        if barred and said not in {Said.KNOWN, Said.RESOLVED}:
            return None
        if match.pattern.weight is Weight.GROWING and standing is not Standing.GROWN:
            return None
        below = False
        if (
            entry.hints_need_grade
            and match.pattern.weight is Weight.HINT
            and self._graded(entry, around, report)[0] is not True
        ):
            return None
        weak = match.pattern.weight is Weight.HINT
        tier = entry.tier
        if said is Said.NEW:
            lifted = weak and self._near(entry, "lift", scan, *passage)
            graded, tier = self._graded(entry, around, report)
            below = graded is False and (weak or entry.grade_demotes)
            weak = weak and not lifted and graded is not True
            minor = self._near(entry, "minor", scan, max(clause.start, start - 15), min(clause.end, end + 10))
            operated = match.pattern.weight is not Weight.TERM and self._operated(entry, report)
            below = below or minor or operated
            if below and (entry.drop_below or (entry.hints_need_grade and weak)):
                return None
        code = entry.code
        if said is Said.NEW and standing is Standing.GROWN and code in self._progress:
            code, tier = self._progress[code], self._catalogue.settings[self._progress[code]].tier
            graded, _ = self._graded(self._catalogue.settings[code], around, report)
            below, weak = graded is False, False
        if said is Said.NEW and (below or weak):
            said = Said.BELOW if below else Said.WEAK
        return Mention(
            code=code,
            section=section,
            start=match.start,
            end=match.end,
            said=said,
            changed=standing is Standing.GROWN or standing is Standing.FRESH,
            sign=match.pattern.weight is not Weight.TERM,
            side=side_of(text, start, passage[0]),
            tier=tier,
        )

    def _is_barred(self, entry: EntrySettings, scan: Scan, match: Match, passage: tuple[int, int]) -> bool:
        clause = scan.text.clause_at(match.anchor.start)
        near = max(clause.start, match.start - 15), min(clause.end, match.end + 15)
        return self._near(entry, "unless", scan, *near) or self._near(
            entry, "unless_sentence", scan, *passage
        )

    def _operated(self, entry: EntrySettings, report: Report) -> bool:
        """Whether the report gives a sign another reason, such as an operation some days ago."""
        group = self._patterns.extra.get((entry.code, "unless_report"))
        return group is not None and report.holds((group,))

    def _near(self, entry: EntrySettings, key: str, scan: Scan, start: int, end: int) -> bool:
        group = self._patterns.extra.get((entry.code, key))
        return group is not None and bool(scan.within(group, start, end))

    def _graded(self, entry: EntrySettings, around: Around, report: Report) -> tuple[bool | None, Tier]:
        """Whether the entry's grading threshold is reached (``None``: no value), and the tier that follows."""
        limit = entry.limit(entry.grade) if entry.grade else None
        value = self._value(limit, around, report) if limit else None
        if limit is None or value is None:
            return None, entry.tier
        return limit.reached(value), limit.tier or entry.tier

    def _reached(self, entry: EntrySettings, name: str, around: Around, report: Report) -> bool:
        limit = entry.limit(name)
        value = self._value(limit, around, report) if limit else None
        return limit is not None and value is not None and limit.reached(value)

    def _value(self, limit: Threshold, around: Around, report: Report) -> float | None:
        asked = limit.measure, around.passage, around.at
        if asked not in report.values:
            report.values[asked] = self._measures[limit.measure](around)
        return report.values[asked]

    def _is_ordered(self, mention: Mention, reading: CaseReading) -> bool:
        """Whether the requisition names a cancer that the report finds, and nothing says it has changed."""
        entry = self._catalogue.settings[mention.code]
        return (
            entry.known_from_order
            and mention.said is Said.NEW
            and not mention.changed
            and _ORDER_KNOWS.search(reading.history.folded) is not None
            and self._stated_in_order(reading)
        )

    def _stated_in_order(self, reading: CaseReading) -> bool:
        scan = self._patterns.scan(reading.history)
        return any(
            match is not None
            and self._judge.standing(scan.text, *match.anchor, match.start, scan.passage(anchor.start))
            in {Standing.PLAIN, Standing.OLD, Standing.SHRUNK, Standing.UNCHANGED, Standing.GROWN}
            for pattern, anchor in scan.anchors
            if self._catalogue.settings[pattern.code].known_from_order and pattern.weight is Weight.TERM
            for match in (scan.match(pattern, anchor),)
        )

    def _finding(self, mention: Mention, reading: CaseReading) -> CriticalFinding:
        entry = self._catalogue.entries[mention.code]
        text = reading.read_of(mention.section)
        start, end = text.original(*whole_clause(text, mention.start, mention.end))
        return CriticalFinding(
            code=mention.code,
            name=entry.name,
            tier=mention.tier,
            state=mention.said.state,
            section=mention.section,
            start=start,
            end=end,
            text=text.source[start:end],
        )


_TIERS = {Tier.RED: 0, Tier.ORANGE: 1, Tier.YELLOW: 2}


def _urgency(mention: Mention) -> tuple[int, int, int]:
    return mention.said.rank, _TIERS[mention.tier], mention.start
