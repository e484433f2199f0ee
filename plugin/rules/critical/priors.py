"""What the same patient's earlier reports make of a mention: known, grown, or as the text says.

What an earlier report has said already pages nobody again, unless it has grown; that is
read from the sizes of both reports (``[[entry.larger]]`` of the catalogue) where the text
itself does not speak of a change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from plugin.domain.case import PriorExam
from plugin.domain.issue import Section
from plugin.rules.case_reading import CaseReading
from plugin.rules.critical.catalogue import EntrySettings
from plugin.rules.critical.events import Mention, Said, one_side
from plugin.rules.critical.measures import Measure
from plugin.rules.texts import Texts, read_texts
from plugin.text.kept import kept
from plugin.text.timing import find_dates

_PRESENT = frozenset({Said.NEW, Said.KNOWN})


@dataclass(frozen=True)
class Look:
    """One report, looked through.

    Parameters
    ----------
    mentions
        All that it says of any entry, denials included.
    measures
        By name.
    """

    mentions: Sequence[Mention]
    measures: Mapping[str, Measure]

    def size(self, of: Mention, measure: str) -> float | None:
        """The largest value that this report gives for the finding, whichever section gives it."""
        values = (
            self.measures[measure](mention.around)
            for mention in self.mentions
            if mention.code == of.code
            and one_side(mention.side, of.side)
            and mention.said not in {Said.DENIED, Said.ABSENT}
        )
        return max((value for value in values if value is not None), default=None)


LookThrough = Callable[[Texts], Look]


class Before:
    """The earlier reports of a case; each is looked through when a mention first asks for it.

    Parameters
    ----------
    now
        The report that is judged.
    look
        Looks through an earlier report.
    """

    def __init__(
        self,
        reading: CaseReading,
        now: Look,
        look: LookThrough,
        settings: Mapping[str, EntrySettings],
        progress: Mapping[str, str],
    ) -> None:
        self._reading, self._now, self._look = reading, now, look
        self._settings, self._progress = settings, progress

    def judged(self, mention: Mention) -> Mention:
        """`mention` as it stands beside the earlier reports.

        New and held before is known; held before and larger now is told again, as progress
        where the catalogue has an entry for it.  A text that calls unchanged or smaller
        what its own figures show grown asks the radiologist.
        """
        entry = self._settings[mention.code]
        if not self._reading.case.priors or mention.changed or entry.progress_of:
            return mention
        if mention.said in {Said.KNOWN, Said.RESOLVED}:
            grown = bool(entry.larger) and self._has_grown(mention, entry)
            return mention._replace(said=Said.DOUBTED) if grown else mention
        if mention.said is not Said.NEW or not any(self._holding(mention, entry)):
            return mention
        if not self._has_grown(mention, entry):
            return mention._replace(said=Said.KNOWN)
        code = self._progress.get(mention.code, mention.code)
        return mention._replace(code=code, tier=self._settings[code].tier, changed=True)

    def _has_grown(self, mention: Mention, entry: EntrySettings) -> bool:
        """Whether the first measure that both reports give exceeds the newest earlier one by enough."""
        percent = self._percent_of_progress(entry)
        for larger in entry.larger:
            now = self._now.size(mention, larger.measure)
            if now is None:
                continue
            for earlier in self._holding(mention, entry):
                then = earlier.size(mention, larger.measure)
                if then is not None:
                    return larger.reached(then, now, percent)
        return False

    def _percent_of_progress(self, entry: EntrySettings) -> float:
        """By how many per cent the entry of progress wants a finding to have grown."""
        progress = self._settings.get(self._progress.get(entry.code, ""))
        limit = progress.limit(progress.grade) if progress else None
        return limit.at_least if limit else 0

    def _holding(self, mention: Mention, entry: EntrySettings) -> Iterable[Look]:
        """Earlier reports, newest first, whose impression says the same of the same side."""
        return (
            earlier
            for prior, earlier in self._earlier
            if self._is_recent(prior, entry.known_days)
            and any(
                said.code == mention.code
                and said.section is Section.IMPRESSION
                and said.said in _PRESENT
                and one_side(said.side, mention.side)
                for said in earlier.mentions
            )
        )

    @kept
    def _earlier(self) -> Sequence[tuple[PriorExam, Look]]:
        reading = self._reading
        return [
            (
                prior,
                self._look(read_texts(prior.findings, prior.impression, reading.modality, reading.lexicon)),
            )
            for prior, text in reading.priors
            if text
        ]

    def _is_recent(self, prior: PriorExam, days: int) -> bool:
        then, now = _day(prior.performed_at), _day(self._reading.report.exam.performed_at)
        return then is None or now is None or abs((now - then).days) <= days


def _day(text: str) -> date | None:
    found = find_dates(text)
    return found[0].value if found else None
