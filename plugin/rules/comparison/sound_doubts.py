"""Whether findings on a place that is called sound may be what is concluded there, under another name."""

from __future__ import annotations

from plugin.rules.comparison.claims import ORGANS_IN, compatible
from plugin.rules.comparison.denial_words import apart
from plugin.rules.comparison.statements import Site, Statement
from plugin.text.lexicon import Lexicon


class Doubt:
    """Whether statements of the findings may be what is concluded, under whatever name of the place.

    Parameters
    ----------
    lexicon
        The words to read by.
    said
        What is concluded, with its sound places alone.
    names
        Observations that are the concluded one by name.
    exact
        The place that is sound bears the name of the concluded place.
    specific
        What is concluded was denied by name, not covered by 未见异常.
    """

    def __init__(
        self, lexicon: Lexicon, said: Statement, names: frozenset[str], *, exact: bool, specific: bool
    ) -> None:
        self.lexicon = lexicon
        self.said = said
        self.names = names
        self.exact = exact
        self.specific = specific
        kin = (self.lexicon.kin(name) for name in said.observed)
        self.kin = names if specific else frozenset().union(*kin)

    def by(self, found: Statement, named: str, words: frozenset[str]) -> bool:
        """Whether this one may be, by its observations or by the very `words` that are denied.

        `named` is its clause with those before it, from where its place is named.
        """
        said = self.said
        same = any(word in found.text for word in words)
        if not same and found.observed and not found.observed & self.kin and "lesion" not in said.observed:
            return False
        if (found.levels and said.levels and not found.levels & said.levels) or apart(named, said.text):
            return False
        alike = same or bool(found.observed & self.names)
        regional = [place for place in found.places if place.term.region]
        if not regional:
            return alike or not (self.exact or self.specific)
        return any(
            compatible(p.side, q.side) and self._near(p, q, alike=alike)
            for p in regional
            for q in said.places
        )

    def _near(self, found: Site, said: Site, *, alike: bool) -> bool:
        lexicon = self.lexicon
        ours, theirs = lexicon.ancestors(found.term.id), lexicon.ancestors(said.term.id)
        if said.term.id in ours and (alike or not self.specific):
            # Of bones that share a term, the one that was denied by its name is no other.
            return (
                found.term.id != said.term.id
                or not (self.exact and self.specific)
                or found.term.region in ORGANS_IN
                or found.word in said.word
                or said.word in found.word
            )
        if self.exact:
            return alike and found.term.id in theirs
        if found.term.region in ORGANS_IN:
            return found.term.id in theirs or (alike and found.term.region == said.term.region)
        # Bones and joints of a limb share what befalls them.
        return ours[-1] == theirs[-1]
