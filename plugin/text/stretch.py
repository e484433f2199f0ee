"""A stretch of whole sentences, read: what it says wherever it stands.

No scope reaches over the end of a sentence, neither a denial's nor a side's, so what a sentence
says hangs on its own words.  A hospital writes from templates: most sentences of a report have
come many times before, and are not read again.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from plugin.text.assertion import Assertions
from plugin.text.derived import Derives
from plugin.text.lexicon import Lexicon
from plugin.text.mention import Mention
from plugin.text.segments import split_clauses
from plugin.text.sides import find_places
from plugin.text.terms import Assertion
from plugin.text.vocabulary import Sighting

_AFFIRMED = Assertion.AFFIRMED


class Stretch(Derives):
    """Sentences that are read together; places count from their first character, clauses from their first.

    Parameters
    ----------
    text, folded
        Normalised; of whole sentences.

    ``sightings`` are those of :meth:`plugin.text.vocabulary.Vocabulary.find`, ``ends`` counts the
    sentences that end here.
    """

    __slots__ = (
        "anatomy",
        "assertions",
        "clauses",
        "ends",
        "folded",
        "lexicon",
        "observations",
        "sides",
        "sightings",
        "text",
    )

    def __init__(self, text: str, folded: str, lexicon: Lexicon) -> None:
        self.text, self.folded, self.lexicon = text, folded, lexicon
        self._derived = {}
        self.sightings: dict[int, list[Sighting]] = lexicon.vocabulary.find(folded)
        self.clauses, self.ends = split_clauses(text)
        self.assertions = Assertions(text, self.clauses, lexicon.cue_matcher.find(folded))
        hits = lexicon.anatomy_matcher.find(folded)
        self.sides: tuple[tuple[int, int, str], ...] = tuple(
            [(start, end, value) for start, end, value in hits if value and isinstance(value, str)]
        )
        self.anatomy = find_places(text, self.assertions, hits)
        self.observations = self._observed()

    def _observed(self) -> tuple[Mention, ...]:
        """Abnormal observations; the side is that of the last anatomy before them in the sentence."""
        # Made as tuples are: its own constructor takes twice as long.
        new = tuple.__new__
        anatomy, clauses, assertions = self.anatomy, self.clauses, self.assertions
        starts, reached, said = assertions.starts, assertions.reached, assertions.in_clause
        named_at = [place.start for place in anatomy]
        observed: list[Mention] = []
        for start, end, term in self.lexicon.observation_matcher.find(self.folded):
            if not term.abnormal:
                continue
            clause = bisect_right(starts, start) - 1
            side = ""
            if before := bisect_right(named_at, start):
                nearest = anatomy[before - 1]
                if nearest.side and clauses[nearest.clause].sentence == clauses[clause].sentence:
                    side = nearest.side
            assertion = said(clause, start, end) if clause in reached else _AFFIRMED
            # 肾盂不扩张 and 胆总管未扩张 deny as 未见扩张 does; 不规则增厚 does not.
            if start and self.text[start - 1] in "不未":
                assertion = Assertion.DENIED
            observed.append(new(Mention, (start, end, term, side, False, clause, assertion)))
        return tuple(observed)


class Placed(NamedTuple):
    """A stretch where it stands: `start` in characters, `clause` and sentence `number` of its first clause."""

    stretch: Stretch
    start: int
    clause: int
    number: int
