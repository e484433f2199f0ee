"""Reads a section of a report once, for every rule.

All positions in a :class:`ReadText` count characters of its normalised text
(:attr:`ReadText.text`); :meth:`ReadText.original` turns a span into characters of the
section as it was given, which is what issues and alerts report.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from itertools import groupby
from operator import attrgetter
from typing import TypeVar

from plugin.text.apart import stretches_of
from plugin.text.assertion import Cue
from plugin.text.derived import Derives
from plugin.text.kept import kept
from plugin.text.lexicon import Lexicon
from plugin.text.matcher import Hit, TermMatcher
from plugin.text.measures import Measure, find_measures
from plugin.text.mention import Mention
from plugin.text.normalize import Normalized, normalize
from plugin.text.segments import Clause, Item, find_markers
from plugin.text.stretch import Placed, Stretch
from plugin.text.terms import Assertion
from plugin.text.timing import Date, find_dates

T = TypeVar("T")
_new = tuple.__new__
"""What a report has dozens of is put in its place without its own constructor, which takes twice as long."""
_SENTENCE = attrgetter("sentence")


class ReadText(Derives):
    """One section, read.  Parts are worked out when first asked for, and kept."""

    def __init__(self, original: str, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self._normalized: Normalized = normalize(original)
        self.source = original
        self.text = self._normalized.text
        self.folded = self._normalized.folded
        self._says_something = bool(self.text) and not self.text.isspace()
        self._derived = {}

    def __bool__(self) -> bool:
        return self._says_something

    def gathered(self, work_out: Callable[[Stretch], frozenset[T]]) -> frozenset[T]:
        """All that `work_out` makes of the stretches, with each of which that is kept."""
        return frozenset().union(*[placed.stretch.derived(work_out) for placed in self.stretches])

    def found(self, look: Callable[[Stretch], Iterable[tuple[int, int]]]) -> list[tuple[int, int]]:
        """Spans that `look` finds in the stretches, with each of which they are kept, in places of the text."""
        return [
            (at + start, at + end)
            for stretch, at, _, _ in self.stretches
            for start, end in stretch.derived(look)
        ]

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Span of the section as given that ``text[start:end]`` was read from."""
        return self._normalized.span(start, end)

    @kept
    def stretches(self) -> tuple[Placed, ...]:
        """The text, in stretches of sentences that are read together."""
        return stretches_of(self.text, self.folded, self.lexicon)

    @property
    def _alone(self) -> Stretch | None:
        """The one stretch that the text is, all of whose places are the text's."""
        first = self.stretches[0] if len(self.stretches) == 1 else None
        return first.stretch if first and first.start == 0 else None

    @kept
    def clauses(self) -> tuple[Clause, ...]:
        """Pieces between commas, stops and line breaks; each knows its sentence."""
        if (alone := self._alone) is not None:
            return alone.clauses
        return tuple(
            [
                _new(Clause, (at + start, at + end, terminator, number + further))
                for stretch, at, _, number in self.stretches
                for start, end, terminator, further in stretch.clauses
            ]
        )

    @kept
    def _starts(self) -> list[int]:
        return [clause.start for clause in self.clauses]

    @kept
    def items(self) -> tuple[Item, ...]:
        """Numbered items in the order they stand; empty when the text has none."""
        found = [
            (at + marker, at + start, number)
            for stretch, at, _, _ in self.stretches
            for marker, start, number in stretch.derived(_markers)
        ]
        ends = [*[marker for marker, _, _ in found[1:]], len(self.text)]
        return tuple(
            [
                Item(number, marker, start, end)
                for (marker, start, number), end in zip(found, ends, strict=False)
            ]
        )

    def past_marker(self, start: int, end: int) -> int:
        """Where the words of a numbered item begin, if `start` is at its number: 脾大 of 3、脾大."""
        for item in self.items:
            if item.marker == start and item.start < end:
                words = self.text[item.start : end]
                return end - len(words.lstrip())
        return start

    @kept
    def statements(self) -> tuple[tuple[int, int], ...]:
        """Spans of the numbered items, or of the sentences where nothing is numbered."""
        if self.items:
            lead = self.items[0].marker
            head = [(0, lead)] if self.text[:lead].strip() else []
            return (*head, *((item.start, item.end) for item in self.items))
        sentences = [list(clauses) for _, clauses in groupby(self.clauses, _SENTENCE)]
        return tuple([(clauses[0].start, clauses[-1].end) for clauses in sentences])

    def assertion_at(self, start: int, end: int) -> Assertion:
        """What the text says of ``text[start:end]``, whatever stands there."""
        index = self.clause_index(start)
        stretch, at, first, _ = self._holding(index)
        return stretch.assertions.in_clause(index - first, start - at, end - at)

    def cues_at(self, start: int, end: int) -> tuple[Cue, ...]:
        """Cue words that reach ``text[start:end]``, with their places."""
        index = self.clause_index(start)
        stretch, at, first, _ = self._holding(index)
        cues = stretch.assertions.cues_in(index - first, start - at, end - at)
        return tuple([Cue(at + cue.start, at + cue.end, cue.word) for cue in cues])

    @kept
    def _first_clauses(self) -> list[int]:
        return [placed.clause for placed in self.stretches]

    def _holding(self, clause: int) -> Placed:
        """The stretch that holds the clause of this index."""
        if not self.stretches:
            return Placed(Stretch("", "", self.lexicon), 0, 0, 0)
        return self.stretches[bisect_right(self._first_clauses, clause, 1) - 1]

    def clause_index(self, at: int) -> int:
        """Index of the clause that holds the character, or that ends before it; -1 before the first."""
        return bisect_right(self._starts, at) - 1

    def clause_at(self, at: int) -> Clause:
        """Return the clause that holds the character.

        Raises
        ------
        IndexError
            When the text has no clause.
        """
        return self.clauses[bisect_right(self._starts, at, 1) - 1]

    def sentence_at(self, at: int) -> tuple[int, int]:
        """Span of the sentence that holds the character (see :meth:`clause_at`)."""
        clauses, number = self.clauses, self.clause_at(at).sentence
        first = bisect_left(clauses, number, key=_SENTENCE)
        last = bisect_right(clauses, number, first, key=_SENTENCE) - 1
        return clauses[first].start, clauses[last].end

    def clause_text(self, index: int) -> str:
        """Normalised text of one clause."""
        clause = self.clauses[index]
        return self.text[clause.start : clause.end]

    def find(self, matcher: TermMatcher[T]) -> list[Hit[T]]:
        """Hits of any matcher in this text, in normalised positions."""
        number = self.lexicon.vocabulary.number(matcher)
        if number is None:
            return matcher.find(self.folded)
        if number not in self._seekers:
            return []
        return [
            (at + start, at + end, value)
            for stretch, at, _, _ in self.stretches
            if (sightings := stretch.sightings.get(number))
            for start, end, value in matcher.among(stretch.folded, sightings)
        ]

    @kept
    def _seekers(self) -> set[int]:
        """Numbers of those for whom the vocabulary's pass found anything."""
        return set().union(*[placed.stretch.sightings for placed in self.stretches])

    @kept
    def sides(self) -> tuple[tuple[int, int, str], ...]:
        """Side words as (start, end, ``L``/``R``/``B``/``C``), whatever they stand at; ``C`` is 对侧."""
        return tuple(
            [
                (at + start, at + end, value)
                for stretch, at, _, _ in self.stretches
                for start, end, value in stretch.sides
            ]
        )

    @kept
    def anatomy(self) -> tuple[Mention, ...]:
        """Anatomy mentions."""
        return self._mentions(attrgetter("anatomy"))

    @kept
    def observations(self) -> tuple[Mention, ...]:
        """Abnormal observations; `side` is that of the last anatomy before them in the sentence."""
        return self._mentions(attrgetter("observations"))

    @kept
    def mentions(self) -> tuple[Mention, ...]:
        """Anatomy and observations together, from left to right."""
        return tuple(sorted((*self.anatomy, *self.observations), key=lambda mention: mention[:2]))

    @kept
    def measures(self) -> tuple[Measure, ...]:
        """Lengths and sizes."""
        return find_measures(self.folded)

    @kept
    def dates(self) -> tuple[Date, ...]:
        """Dates."""
        return find_dates(self.text)

    def _mentions(self, of: Callable[[Stretch], tuple[Mention, ...]]) -> tuple[Mention, ...]:
        """What stretches name, in places of the text."""
        if (alone := self._alone) is not None:
            return of(alone)
        return tuple(
            [
                _new(Mention, (at + start, at + end, term, side, stated, first + clause, assertion))
                for stretch, at, first, _ in self.stretches
                for start, end, term, side, stated, clause, assertion in of(stretch)
            ]
        )


def _markers(said: Stretch) -> list[tuple[int, int, int]]:
    return find_markers(said.text)


def read(text: str, lexicon: Lexicon) -> ReadText:
    """Read one section; any text is read, none raises.  One that was read lately is not read again."""
    known: ReadText | None = lexicon.recent.get(text)
    if known is None:
        known = ReadText(text, lexicon)
        lexicon.recent.put(text, known)
    return known
