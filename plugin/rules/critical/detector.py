"""Which entries of the catalogue of critical values a report meets, and which of them page.

A section is scanned once for all words; where a pattern stands complete, its standing is
judged (:mod:`plugin.rules.critical.context`), thresholds are applied, and what was found in
findings and impression is put together: one finding an event, the most specific code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

from plugin.domain.critical import CriticalFinding, Tier
from plugin.rules.case_reading import CaseReading
from plugin.rules.critical.catalogue import Catalogue, CatalogueEntry
from plugin.rules.critical.context import Judge, Standing
from plugin.rules.critical.events import Mention, Said, events
from plugin.rules.critical.grammar import Weight
from plugin.rules.critical.measures import MEASURES, Measure
from plugin.rules.critical.mentions import Mentions
from plugin.rules.critical.patterns import Patterns
from plugin.rules.critical.priors import Before, Look
from plugin.rules.critical.report import Report, age_of, whole_clause
from plugin.rules.critical.scan import Scan
from plugin.rules.texts import Texts
from plugin.text.lexicon import Lexicon

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
        self._measures: dict[str, Measure] = {name: MEASURES.build(name, {}) for name in MEASURES.names()}
        self._progress = {
            code: entry.code for entry in catalogue.settings.values() for code in entry.progress_of
        }
        self._mentions = Mentions(catalogue, self._patterns, self._judge, self._measures, self._progress)
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
        look = partial(self._look, age_days=age_of(reading))
        now = look(reading.texts)
        if not now.mentions:
            return ()
        before = Before(reading, now, look, self._catalogue.settings, self._progress)
        judged = [
            mention._replace(said=Said.KNOWN)
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

    def _look(self, texts: Texts, age_days: float | None) -> Look:
        """Look through a report: the one that is judged, or an earlier one.

        It hangs on nothing but what is given, and comes again with each signature and message.
        """

        def mentions(texts: Texts) -> Iterable[Mention]:
            scans = {section: Scan(self._patterns, text) for section, text in texts.sections if text}
            return self._mentions.of(Report(scans, texts.modality, age_days))

        return Look(texts.kept_as(f"critical {self.version} {age_days}", mentions), self._measures)

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
        scan = Scan(self._patterns, reading.history)
        return any(
            match is not None
            and self._judge.standing(match.place)
            in {Standing.PLAIN, Standing.OLD, Standing.SHRUNK, Standing.UNCHANGED, Standing.GROWN}
            for pattern, where in scan.whole
            if self._catalogue.settings[pattern.code].known_from_order and pattern.weight is Weight.TERM
            for passage, anchor in scan.tries(pattern, where)
            for match in (passage.match(pattern, anchor),)
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
