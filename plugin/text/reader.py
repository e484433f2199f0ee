"""Reads a section of a report once, for every rule.

All positions in a :class:`ReadText` count characters of its normalised text
(:attr:`ReadText.text`); :meth:`ReadText.original` turns a span into characters of the
section as it was given, which is what issues and alerts report.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, TypeVar

from plugin.text.assertion import Assertions, Cue
from plugin.text.every_term import EveryTerm
from plugin.text.kept import kept
from plugin.text.lexicon import Lexicon
from plugin.text.matcher import Hit, TermMatcher
from plugin.text.measures import Measure, find_measures
from plugin.text.normalize import Normalized, normalize
from plugin.text.segments import Clause, Item, split_clauses, split_items
from plugin.text.sides import Place, find_places
from plugin.text.terms import Assertion, Term
from plugin.text.timing import Date, find_dates
from plugin.text.vocabulary import Sighting

T = TypeVar("T")


class Mention(NamedTuple):
    """A thing named in the text.

    Parameters
    ----------
    start, end
        Normalised characters; ``original_start``, ``original_end`` in the section as given.
    term
        What it is; ``term.id`` is the canonical name, ``term.kind`` anatomy or observation.
    side
        ``L``, ``R``, ``B`` (both), or empty when the text gives none.
    side_stated
        The side stands at this very word, and was not taken over along an enumeration.
    clause
        Index into :attr:`ReadText.clauses`.
    assertion
        What the text says of it.
    """

    start: int
    end: int
    original_start: int
    original_end: int
    term: Term
    side: str
    side_stated: bool
    clause: int
    assertion: Assertion


class ReadText:
    """One section, read.  Parts are worked out when first asked for, and kept."""

    def __init__(self, original: str, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self._normalized: Normalized = normalize(original)
        self.source = original
        self.text = self._normalized.text
        self.folded = self._normalized.folded
        self._derived: dict[Callable[[ReadText], Any], Any] = {}

    def __bool__(self) -> bool:
        return bool(self.text.strip())

    def derived(self, work_out: Callable[[ReadText], T]) -> T:
        """What `work_out` makes of this text, and of nothing else: worked out once, and kept with the text."""
        if work_out not in self._derived:
            self._derived[work_out] = work_out(self)
        value: T = self._derived[work_out]
        return value

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Span of the section as given that ``text[start:end]`` was read from."""
        return self._normalized.span(start, end)

    @kept
    def clauses(self) -> tuple[Clause, ...]:
        """Pieces between commas, stops and line breaks; each knows its sentence."""
        return split_clauses(self.text)

    @kept
    def items(self) -> tuple[Item, ...]:
        """Numbered items; empty when the text has none."""
        return split_items(self.text)

    @kept
    def statements(self) -> tuple[tuple[int, int], ...]:
        """Spans of the numbered items, or of the sentences where nothing is numbered."""
        if self.items:
            lead = self.items[0].marker
            head = [(0, lead)] if self.text[:lead].strip() else []
            return (*head, *((item.start, item.end) for item in self.items))
        return tuple(self._sentences.values())

    @kept
    def assertions(self) -> Assertions:
        """Scopes of denial, doubt and time."""
        return Assertions(self.text, self.clauses, self.find(self.lexicon.cue_matcher))

    def assertion_at(self, start: int, end: int) -> Assertion:
        """What the text says of ``text[start:end]``, whatever stands there."""
        return self.assertions.at(start, end)

    def cues_at(self, start: int, end: int) -> tuple[Cue, ...]:
        """Cue words that reach ``text[start:end]``, with their places."""
        return self.assertions.cues_at(start, end)

    def clause_at(self, at: int) -> Clause:
        """Return the clause that holds the character.

        Raises
        ------
        IndexError
            When the text has no clause.
        """
        return self.clauses[max(bisect_right(self.assertions.starts, at) - 1, 0)]

    @kept
    def _sentences(self) -> dict[int, tuple[int, int]]:
        spans: dict[int, tuple[int, int]] = {}
        for clause in self.clauses:
            first, _ = spans.get(clause.sentence, (clause.start, 0))
            spans[clause.sentence] = (first, clause.end)
        return spans

    def sentence_at(self, at: int) -> tuple[int, int]:
        """Span of the sentence that holds the character (see :meth:`clause_at`)."""
        return self._sentences[self.clause_at(at).sentence]

    def clause_text(self, index: int) -> str:
        """Normalised text of one clause."""
        clause = self.clauses[index]
        return self.text[clause.start : clause.end]

    @kept
    def _sightings(self) -> dict[int, list[Sighting]]:
        """Every place of every word that rules look for, from one pass, by who looks for it."""
        return self.lexicon.vocabulary.find(self.folded)

    def find(self, matcher: TermMatcher[T]) -> list[Hit[T]]:
        """Hits of any matcher in this text, in normalised positions."""
        number = self.lexicon.vocabulary.number(matcher)
        if number is None:
            return matcher.find(self.folded)
        sightings = self._sightings.get(number)
        return matcher.among(self.folded, sightings) if sightings else []

    def sightings(self, terms: EveryTerm) -> list[Sighting]:
        """All places of all terms, overlapping ones too (:meth:`EveryTerm.sightings`)."""
        number = self.lexicon.vocabulary.number(terms)
        return terms.sightings(self.folded) if number is None else self._sightings.get(number, [])

    @kept
    def _anatomy_hits(self) -> list[Hit[Term | str]]:
        return self.find(self.lexicon.anatomy_matcher)

    @kept
    def sides(self) -> tuple[tuple[int, int, str], ...]:
        """Side words as (start, end, ``L``/``R``/``B``/``C``), whatever they stand at; ``C`` is 对侧."""
        return tuple(
            (start, end, value)
            for start, end, value in self._anatomy_hits
            if value and isinstance(value, str)
        )

    @kept
    def places(self) -> tuple[Place, ...]:
        """Anatomy with sides, from left to right."""
        return find_places(self.text, self.clauses, self._anatomy_hits)

    @kept
    def anatomy(self) -> tuple[Mention, ...]:
        """Anatomy mentions."""
        return tuple(self._mentions(self.places))

    @kept
    def observations(self) -> tuple[Mention, ...]:
        """Abnormal observations; `side` is that of the last anatomy before them in the sentence."""
        anatomy, at = self.anatomy, 0
        starts, clauses = self.assertions.starts, self.clauses
        observed: list[Place] = []
        for start, end, term in self.find(self.lexicon.observation_matcher):
            if not term.abnormal:
                continue
            while at < len(anatomy) and anatomy[at].start <= start:
                at += 1
            side = ""
            if at and (nearest := anatomy[at - 1]).side:
                sentence = clauses[bisect_right(starts, start) - 1].sentence
                if clauses[nearest.clause].sentence == sentence:
                    side = nearest.side
            observed.append(Place(start, end, term, side, False))
        return tuple(self._mentions(observed))

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

    def _mentions(self, places: Iterable[Place]) -> Iterator[Mention]:
        """Each place with what the text says of it."""
        starts, said = self.assertions.starts, self.assertions.in_clause
        moved = self._normalized.places is not None
        for start, end, term, side, stated in places:
            first, last = self._normalized.span(start, end) if moved else (start, end)
            clause = bisect_right(starts, start) - 1
            yield Mention(start, end, first, last, term, side, stated, clause, said(clause, start, end))


def read(text: str, lexicon: Lexicon) -> ReadText:
    """Read one section; any text is read, none raises.  One that was read lately is not read again."""
    known: ReadText | None = lexicon.recent.get(text)
    if known is None:
        known = ReadText(text, lexicon)
        lexicon.recent.put(text, known)
    return known
