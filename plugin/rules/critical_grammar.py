"""The catalogue's patterns, read: what each asks for, in groups of words.

The grammar stands at the head of ``config/critical/catalogue.toml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum

from plugin.domain.errors import ConfigError
from plugin.rules.critical_catalogue import Catalogue, EntrySettings
from plugin.text.normalize import normalize

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
        Group (index into :attr:`Grammar.groups`) whose hits start a try.
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
        All groups without which it cannot be met in a section: bit `g` for group `g`.
    """

    code: str
    weight: Weight
    anchor: int
    subject: tuple[int, ...] = ()
    company: tuple[tuple[int, ...], ...] = ()
    clause_bars: tuple[int, ...] = ()
    sentence_bars: tuple[int, ...] = ()
    report: tuple[int, ...] = ()
    limits: tuple[str, ...] = ()
    needs: int = 0


class Grammar:
    """All patterns of a catalogue, over one table of words and of groups of them.

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
        self._groups: dict[frozenset[int], int] = {}
        self.word_ids: dict[str, int] = {}
        self.groups: list[frozenset[int]] = []
        self.extra: dict[tuple[str, str], int] = {}
        self.patterns = [pattern for entry in catalogue.settings.values() for pattern in self._compile(entry)]
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
        main, company = [self._group(pieces[0], entry.code)], list[list[int]]()
        bars: dict[str, list[int]] = {"-": [], "--": [], "/": []}
        limits: list[str] = []
        for operator, words in zip(pieces[1::2], pieces[2::2], strict=True):
            if words.startswith("#"):
                if entry.limit(words[1:]) is None:
                    raise ConfigError(
                        "critical/catalogue.toml", entry.code, f"no threshold {words!r} in {text!r}"
                    )
                limits.append(words[1:])
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
            _bits((*main, *(group for part in company for group in part))),
        )

    def _group(self, text: str, code: str) -> int:
        words: set[int] = set()
        for part in text.split("|"):
            name = re.fullmatch(r"\{(\w+)\}", part.strip())
            if name and name[1] not in self._lists:
                raise ConfigError("critical/words.toml", f"lists.{name[1]}", f"is missing; {code} names it")
            words |= {self._word(word) for word in (self._lists[name[1]] if name else (part,))}
        group = frozenset(words)
        if group not in self._groups:
            self._groups[group] = len(self.groups)
            self.groups.append(group)
        return self._groups[group]

    def _word(self, word: str) -> int:
        folded = normalize(word.strip()).folded
        if not folded:
            raise ConfigError("critical/catalogue.toml", "", "an empty word matches everything")
        return self.word_ids.setdefault(folded, len(self.word_ids))


def _bits(groups: Iterable[int]) -> int:
    return sum(1 << group for group in set(groups))
