"""Runs of findings, and what a conclusion has in common with one: its kind, its place, its very words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from plugin.rules.comparison.clause_state import CLAUSES_KEPT, State
from plugin.rules.comparison.statements import Statement
from plugin.text.kept import kept
from plugin.text.lexicon import Lexicon

_LOCATOR = re.compile(
    r"[上中下]叶|舌段|尖后?段|[前后背]段|[内外前后]?基底段|[上下]极|[内外][上下]象限|\d{1,2}点|s[1-8]|[mapcv][1-7]段|[上中下近远]段|起始|第\d+"
    r"|[Ⅰ-Ⅷ]区|[一二三四五六]区|中部|[上下]部|尖部|分叉|虹吸|\d+(?:\.\d+)?(?:%|mm|cm)|[前后内外]侧?[壁角缘髁踝]|大转子|粗隆|转子|茎突|[大小]结节|平台|体部|尾部"
)
_IDLE = re.compile(r"[\d.、()\s,:;·\-左右双侧两考虑可能性大不除外的及和与并伴为呈示见未有影灶]+")
_LOBED = {"liver_left": "liver", "liver_right": "liver"}
_WEIGHTS = {"id": 4, "kin": 2, "place": 3, "word": 1, "all": 2}
_MOST_WORDS = 3
TELLING = frozenset(("id", "kin", "all"))
"""Kinds that tell more than that both are of one place."""
WORDY = frozenset(("word", "all"))
"""Kinds that tell of the same words only."""
_LESION = frozenset(("lesion",))
_SEEN = State.SEEN


class Run:
    """What a run of statements holds: those of one sentence that share their sides.

    Parameters
    ----------
    statements
        All of them.

    Attributes
    ----------
    first
        The one that is shown: the first that has seen something, or else the first.
    seen
        Something was seen.
    sides
        Of all of them.
    names
        Anatomy by id.
    """

    def __init__(self, statements: Sequence[Statement]) -> None:
        self.statements = statements
        # 两肺纹理增多, which nearly every chest has, is nothing of either side.
        seen = [s for s in statements if s.state is _SEEN and (s.observed or "纹理" not in s.text)]
        self.first = seen[0] if seen else statements[0]
        self.seen = bool(seen)
        self.sides = statements[0].sides
        self.names = frozenset([place.term.id for s in statements for place in s.places])

    @kept
    def regions(self) -> frozenset[str]:
        """Of its anatomy."""
        return frozenset([place.term.region for s in self.statements for place in s.places])

    @kept
    def observed(self) -> frozenset[str]:
        """Observations affirmed."""
        return frozenset().union(*[s.observed for s in self.statements])

    @kept
    def text(self) -> str:
        """What is not called sound."""
        return " ".join([s.text for s in self.statements if s.state is not State.SOUND])

    @kept
    def locators(self) -> frozenset[str]:
        """Words of place in it: 上叶, 后角."""
        return _locators(self.text)


class Conclusion:
    """A statement of the impression, and what of it is looked for in the findings."""

    def __init__(self, lexicon: Lexicon, said: Statement) -> None:
        self.lexicon, self.said = lexicon, said

    @kept
    def organs(self) -> frozenset[str]:
        """Anatomy that is its organs, part of them, or their whole."""
        names = {_LOBED.get(place.term.id, place.term.id) for place in self.said.places if place.term.region}
        return frozenset().union(*[self.lexicon.relatives(name) for name in names])

    @kept
    def around(self) -> frozenset[str]:
        """The same of its places, whatever they are."""
        names = {place.term.id for place in self.said.places}
        return frozenset().union(*[self.lexicon.relatives(name) for name in names])

    @kept
    def locators(self) -> frozenset[str]:
        """Words of place in it."""
        return _locators(self.said.text)

    @kept
    def pairs(self) -> frozenset[str]:
        """Pairs of neighbouring characters, without anatomy, sides and words that say nothing."""
        text = self.said.text
        for word, _, _, start, _ in self.said.places if self.said.named_at == 0 else ():
            text = text[:start] + " " * len(word) + text[start + len(word) :]
        return frozenset([run[i : i + 2] for run in _IDLE.split(text) for i in range(len(run) - 1)])

    def shares(self, run: Run) -> set[tuple[str, str]]:
        """What it has in common with a run of findings, each by its kind (see :data:`_WEIGHTS`)."""
        observed = run.observed - _LESION
        features: set[tuple[str, str]] = set()
        for name in self.said.observed - _LESION:
            if name in observed:
                features.add(("id", name))
            if not observed.isdisjoint(self.lexicon.kin(name)):
                features.add(("kin", name))
            elif "lesion" in run.observed:
                features.add(("word", name))
        if self.locators:
            features.update([("place", place) for place in self.locators & run.locators])
        shared = [pair for pair in self.pairs if pair in run.text]
        features.update([("word", pair) for pair in shared])
        if shared and len(shared) == len(self.pairs):
            features.add(("all", ""))
        return features


def weigh(features: set[tuple[str, str]]) -> int:
    """How much it says that they have these in common."""
    words = sum(kind == "word" for kind, _ in features)
    return sum(_WEIGHTS[kind] for kind, _ in features if kind != "word") + min(words, _MOST_WORDS)


@lru_cache(maxsize=CLAUSES_KEPT)
def _locators(text: str) -> frozenset[str]:
    return frozenset(_LOCATOR.findall(text.lower()))
