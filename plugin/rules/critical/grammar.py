"""The catalogue's patterns, read: what each asks for, in groups of words.

The grammar stands at the head of ``config/critical/catalogue.toml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import IntEnum

from plugin.domain.errors import ConfigError
from plugin.rules.critical.catalogue import Catalogue, EntrySettings
from plugin.rules.critical.limits import Threshold
from plugin.text.normalize import normalize

Words = frozenset[int]
"""A group of words, by their numbers (:attr:`Grammar.word_ids`)."""

_TOKEN = re.compile(r"\s(\+|&|--|-|/)\s")


class Weight(IntEnum):
    """How much a pattern says of itself."""

    HINT = 0
    SIGN = 1
    TERM = 2
    GROWING = 3


@dataclass(frozen=True, slots=True)
class Pattern:
    """One pattern of one entry.

    Parameters
    ----------
    anchor
        Words whose places start a try.
    subject
        Groups that must stand in the anchor's clause, or in the one that leads to it.
    company
        Parts that must stand in the sentence, each a list of groups of one clause.
    clause_bars, sentence_bars
        Groups that must not stand beside the anchor, or in its sentence.
    report
        Groups that must stand somewhere in the report.
    limits
        Thresholds that must be reached.
    needs
        All groups without which it cannot be met in a sentence.
    """

    code: str
    weight: Weight
    anchor: Words
    subject: tuple[Words, ...] = ()
    company: tuple[tuple[Words, ...], ...] = ()
    clause_bars: tuple[Words, ...] = ()
    sentence_bars: tuple[Words, ...] = ()
    report: tuple[Words, ...] = ()
    limits: tuple[Threshold, ...] = ()
    needs: tuple[Words, ...] = ()

    def is_whole(self, here: AbstractSet[int]) -> bool:
        """Whether the words `here` hold one of each group that must stand in the sentence."""
        return not any(map(here.isdisjoint, self.needs))


class Grammar:
    """All patterns of a catalogue, over one table of words.

    Parameters
    ----------
    catalogue
        Read and checked.

    Raises
    ------
    ConfigError
        When a pattern names a list or a threshold that is not there, or an empty word.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._lists = catalogue.lists
        self.word_ids: dict[str, int] = {}
        self.extra: dict[tuple[str, str], Words] = {}
        self._named: dict[Words, int] = {}
        self.patterns = [pattern for entry in catalogue.settings.values() for pattern in self._compile(entry)]
        # Those of one anchor together, in the order in which the anchors are first named.
        self.patterns.sort(key=lambda pattern: self._named[pattern.anchor])
        self.masks = frozenset(self._word(word) for word in catalogue.masks)

    def _compile(self, entry: EntrySettings) -> Iterator[Pattern]:
        for key in ("minor", "unless", "unless_sentence", "unless_report", "lift"):
            if words := getattr(entry, key):
                self.extra[entry.code, key] = self._group("|".join(words), entry.code)
        for key, weight in (
            ("terms", Weight.TERM),
            ("signs", Weight.SIGN),
            ("hints", Weight.HINT),
            ("growing", Weight.GROWING),
        ):
            for text in getattr(entry, key):
                yield self._pattern(entry, text, weight)

    def _pattern(self, entry: EntrySettings, text: str, weight: Weight) -> Pattern:
        pieces = _TOKEN.split(text)
        main, company = [self._group(pieces[0], entry.code)], list[list[Words]]()
        bars: dict[str, list[Words]] = {"-": [], "--": [], "/": []}
        limits: list[Threshold] = []
        for operator, words in zip(pieces[1::2], pieces[2::2], strict=True):
            if words.startswith("#"):
                limit = entry.limit(words[1:])
                if limit is None:
                    raise ConfigError(
                        "critical/catalogue.toml", entry.code, f"no threshold {words!r} in {text!r}"
                    )
                limits.append(limit)
                continue
            group = self._group(words.partition("|#")[0], entry.code)
            if operator == "+":
                (company[-1] if company else main).append(group)
            elif operator == "&":
                company.append([group])
            else:
                bars[operator].append(group)
        return Pattern(
            entry.code,
            weight,
            main[-1],
            tuple(main[:-1]),
            tuple(tuple(part) for part in company),
            tuple(bars["-"]),
            tuple(bars["--"]),
            tuple(bars["/"]),
            tuple(limits),
            (*main, *(group for part in company for group in part)),
        )

    def _group(self, text: str, code: str) -> Words:
        words: set[int] = set()
        for part in text.split("|"):
            name = re.fullmatch(r"\{(\w+)\}", part.strip())
            if name and name[1] not in self._lists:
                raise ConfigError("critical/words.toml", f"lists.{name[1]}", f"is missing; {code} names it")
            words |= {self._word(word) for word in (self._lists[name[1]] if name else (part,))}
        group = frozenset(words)
        self._named.setdefault(group, len(self._named))
        return group

    def _word(self, word: str) -> int:
        folded = normalize(word.strip()).folded
        if not folded:
            raise ConfigError("critical/catalogue.toml", "", "an empty word matches everything")
        return self.word_ids.setdefault(folded, len(self.word_ids))
