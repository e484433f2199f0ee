"""错字: confusable words that make no sense where they stand (4.2.5 d, h)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from plugin.domain.issue import Issue
from plugin.kit.registry import Options as Frozen
from plugin.rules.contexts import Contexts
from plugin.rules.slips import Joins, slips_of
from plugin.rules.texts import Texts
from plugin.rules.validators.base import TextRuleOptions
from plugin.text.lexicon import Lexicon
from plugin.text.matcher import TermMatcher
from plugin.text.vocabulary import Seeker

_DOUBLED = ("及及", "见见", "的的", "呈呈", "未未", "性性", "状状", "影影", "度度", "示示", "伴伴", "较较", "为为",
            "内内", "约约", "可可", "考考虑", "并并")  # fmt: skip
# Each with what makes it sound behind it: 子宫内内膜层, 见影影像, 伪影影响.
_DOUBLED_WORDS = TermMatcher(
    (word, ("膜层", "像", "响") if word == "影影" else ("膜层",)) for word in _DOUBLED
)
_DIGIT = re.compile("[指掌趾跖]")
_TOE = re.compile(r"第[1-5一二三四五、,\-~及]{1,6}(?P<wrong>指骨|掌骨)|(?P<thumb>拇指|示指|环指)")
_FINGER = re.compile(r"第[1-5一二三四五、,\-~及]{1,6}(?P<wrong>趾骨|跖骨)")


_SHORT = 2
"""Characters of a slip that may be two others that meet by chance."""


class Pair(Frozen):
    """A wrong word and the right one.

    Parameters
    ----------
    wrong
        Empty for the slips of a word, which share a pair.
    before, after
        Texts of which one must stand right before or right after; empty for none.
    not_before, not_after
        Texts that make the word sound.
    """

    wrong: str
    right: str
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    not_before: tuple[str, ...] = ()
    not_after: tuple[str, ...] = ()


class Options(TextRuleOptions):
    """Options of `typo`: plain `words` (wrong to right), `pairs` that need their context, and slips.

    Parameters
    ----------
    meant, alike, alone, ordinary
        Words, groups of characters and slips, parted by spaces or lines: see
        :func:`~plugin.rules.slips.slips_of`.
    ends, begins
        Runs of characters, parted likewise: see :class:`~plugin.rules.slips.Joins`.
    contexts
        What stands beside words of two characters: see :class:`~plugin.rules.contexts.Contexts`.
    """

    words: dict[str, str]
    pairs: tuple[Pair, ...] = ()
    meant: str = ""
    alike: str = ""
    alone: str = ""
    ordinary: str = ""
    ends: str = ""
    begins: str = ""
    contexts: str = ""

    @cached_property
    def matcher(self) -> TermMatcher[Pair]:
        """All wrong words, built once."""
        plain = [(wrong, Pair(wrong=wrong, right=right)) for wrong, right in self.words.items()]
        # One pair is shared by all slips of a word: they are tens of thousands.
        meant = {word: Pair(wrong="", right=word) for word in self.meant.split()}
        slips = [
            (slip, meant[word])
            for slip, word in slips_of(meant, self.alike.split(), self.alone, self.ordinary.split())
        ]
        return TermMatcher([*slips, *plain, *((pair.wrong, pair) for pair in self.pairs)])

    @cached_property
    def joins(self) -> Joins:
        """Where two words meet, built once."""
        return Joins(self.ends.split(), self.begins.split(), self.alone)

    @cached_property
    def beside(self) -> Contexts:
        """What stands beside words of two characters, built once."""
        return Contexts(self.contexts.split())

    def seekers(self, lexicon: Lexicon) -> tuple[Seeker, ...]:
        """The wrong words."""
        return self.matcher, _DOUBLED_WORDS


def check(options: Options, reading: Texts) -> Iterator[Issue]:
    """Look for wrong words, doubled characters, and toes on hands."""
    for section, text in reading.sections:
        if not text:
            continue
        for start, end, pair in text.find(options.matcher):
            if _fits(options, text.folded, start, end, pair):
                place = reading.span(section, start, end)
                yield options.issue("typo", place, f"“{place.text}”疑为“{pair.right}”之误。")
        for start, end, sound_before in text.find(_DOUBLED_WORDS):
            if not text.text.startswith(sound_before, end):
                place = reading.span(section, start, end)
                yield options.issue("typo", place, f"“{place.text}”重复用字。")
    yield from _digits(options, reading)


def _fits(options: Options, folded: str, start: int, end: int, pair: Pair) -> bool:
    if not pair.wrong:
        return not options.joins.within(folded, start, end, pair.right) and (
            end - start > _SHORT or options.beside.fit(folded, start, end, pair.right)
        )
    before, after = folded[max(0, start - 8) : start], folded[end : end + 8]
    if pair.not_before and before.endswith(pair.not_before):
        return False
    if pair.not_after and after.startswith(pair.not_after):
        return False
    if pair.before or pair.after:
        return bool(pair.before and before.endswith(pair.before)) or bool(
            pair.after and after.startswith(pair.after)
        )
    return True


def _digits(options: Options, reading: Texts) -> Iterator[Issue]:
    """指 in a foot, 趾 in a hand: the words are real, the anatomy is not."""
    for section, text in reading.sections:
        if not _DIGIT.search(text.text):
            continue
        regions = {m.term.region for m in text.anatomy} if text else set()
        foot = ("foot" in regions and not regions & {"hand", "wrist"}) or (
            "足" in text.text and "手" not in text.text
        )
        hand = "手" in text.text and "足" not in text.text
        if foot:
            for match in _TOE.finditer(text.text):
                if "手" in text.text:
                    break
                group = "wrong" if match["wrong"] else "thumb"
                right = match[group].replace("指", "趾").replace("掌骨", "跖骨")
                place = reading.span(section, *match.span(group))
                yield options.issue("typo", place, f"足部检查出现“{place.text}”，疑为“{right}”。")
        elif hand:
            for match in _FINGER.finditer(text.text):
                right = match["wrong"].replace("趾骨", "指骨").replace("跖骨", "掌骨")
                place = reading.span(section, *match.span("wrong"))
                yield options.issue("typo", place, f"手部检查出现“{place.text}”，疑为“{right}”。")
