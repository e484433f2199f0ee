"""The words that reports are read by: TOML in, matchers out.

Every ``*.toml`` file of a folder (and of its ``site/`` subfolder, if there is one) adds to
one lexicon.  A file may hold::

    [meta]                      # title, version, source: provenance
    [[anatomy]]                 # id, words; parent, region, paired, sex
    [[observation]]             # id, words; abnormal, group, seen_as
    [[cue]]                     # reach, words; assertion
    [lists]                     # name = ["word", …], for single rules

An entry whose ``id`` was seen before adds its words to it: a site extends ours in a file of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from plugin.domain.errors import ConfigError
from plugin.text.lexicon_files import add_terms, cue_of, named_by, read_file, refuse_taken, words_of
from plugin.text.matcher import TermMatcher
from plugin.text.recent import Recent
from plugin.text.segments import may_end_sentence
from plugin.text.terms import CueWord, Kind, Term
from plugin.text.vocabulary import Seeker, Vocabulary

_RECENT_CHARACTERS = 30_000
"""Of text read lately, a generation: the reports of some minutes.

The collector of cycles walks through all of them when it looks at what is old: what would pay at a
hundred reports a second, minutes of them, would hold every answer up.
"""
_SENTENCE_CHARACTERS = 100_000
"""Of sentences, a generation; of most is known only how often they came, which the collector passes over."""


@dataclass(frozen=True)
class Lexicon:
    """All words, with matchers that are built once.

    Parameters
    ----------
    terms
        By id.
    cues
        In the order of the files.
    lists
        Named word lists of single rules.
    digest
        SHA-256 (hex) of the files that were read.
    """

    terms: Mapping[str, Term]
    cues: tuple[CueWord, ...]
    lists: Mapping[str, tuple[str, ...]]
    digest: str
    _kin: dict[str, frozenset[str]] = field(default_factory=dict, repr=False)
    _organs: dict[frozenset[str], dict[str, frozenset[str]]] = field(default_factory=dict, repr=False)
    _alike: dict[str, frozenset[str]] = field(default_factory=dict, repr=False)
    _matchers: dict[str, TermMatcher[str]] = field(default_factory=dict, repr=False)
    _also: list[Seeker] = field(default_factory=list, repr=False)
    recent: Recent[Any] = field(default_factory=lambda: Recent(_RECENT_CHARACTERS), repr=False, compare=False)
    """Texts read lately (:func:`plugin.text.reader.read`)."""
    recent_sentences: Recent[Any] = field(
        default_factory=lambda: Recent(_SENTENCE_CHARACTERS), repr=False, compare=False
    )
    """Sentences, likewise (:meth:`plugin.text.reader.ReadText.stretches`)."""
    recent_pairs: Recent[Any] = field(
        default_factory=lambda: Recent(_RECENT_CHARACTERS), repr=False, compare=False
    )
    """Reports, likewise, with what rules have found in them (:func:`plugin.rules.texts.read_texts`)."""

    @classmethod
    def load(cls, folder: Path) -> Lexicon:
        """Read every TOML file of `folder` and of ``folder/site``.

        Raises
        ------
        ConfigError
            When a file cannot be read, an entry lacks ``id`` or ``words``, a key is unknown,
            a ``parent`` is not in the lexicon, or a site's word is one of another entry of ours.
        """
        ours = sorted(folder.glob("*.toml"))
        files = [*ours, *sorted((folder / "site").glob("*.toml"))]
        if not files:
            raise ConfigError(str(folder), "", "holds no lexicon (*.toml)")
        terms: dict[str, Term] = {}
        cues: list[CueWord] = []
        lists: dict[str, tuple[str, ...]] = {}
        digest = hashlib.sha256()
        read = {file: read_file(file) for file in files}
        for file, raw in read.items():
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
            add_terms(terms, raw.get("anatomy", []), Kind.ANATOMY, file)
            add_terms(terms, raw.get("observation", []), Kind.OBSERVATION, file)
            cues.extend(cue_of(entry, file, index) for index, entry in enumerate(raw.get("cue", [])))
            for name, words in raw.get("lists", {}).items():
                lists[name] = (*lists.get(name, ()), *words_of(words, file, f"lists.{name}"))
        for term in terms.values():
            if missing := {term.parent, *term.seen_as, *term.also}.difference(terms, {""}):
                file, where = named_by(read, term.id, min(missing))
                raise ConfigError(str(file), where, f"{min(missing)!r} is in no lexicon file")
        refuse_taken({file: raw for file, raw in read.items() if file in ours}, read)
        return cls(terms, tuple(cues), lists, digest.hexdigest())

    @cached_property
    def anatomy_matcher(self) -> TermMatcher[Term | str]:
        """Anatomy terms, and the side tokens (as ``L``, ``R``, ``B``, or empty for what only looks so)."""
        sides = [(word, name) for name in ("L", "R", "B", "C") for word in self.words(f"side_{name}")]
        decoys = [(word, "") for word in self.words("side_decoy")]
        return TermMatcher([*decoys, *sides, *self._terms(Kind.ANATOMY)])

    @cached_property
    def observation_matcher(self) -> TermMatcher[Term]:
        """Observation terms."""
        return TermMatcher(self._terms(Kind.OBSERVATION))

    @cached_property
    def cue_matcher(self) -> TermMatcher[CueWord]:
        """Words that affirm, deny, doubt, date."""
        return TermMatcher((word, cue) for cue in self.cues for word in cue.words)

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The words that rules look for besides anatomy, observations and cues: one pass finds them all."""
        return Vocabulary(self._also)

    @cached_property
    def keeps_to_sentences(self) -> bool:
        """Whether no word that is looked for may reach from one sentence into the next."""
        seekers: tuple[Seeker, ...] = (
            self.anatomy_matcher,
            self.observation_matcher,
            self.cue_matcher,
            *self._also,
        )
        return not any(may_end_sentence(word) for seeker in seekers for word in seeker.sought)

    def look_for(self, *seekers: Seeker) -> None:
        """Let the pass of :attr:`vocabulary` find the words of these too; called while rules are loaded."""
        self._also.extend(seekers)
        for hanging_on_words in ("vocabulary", "keeps_to_sentences"):
            self.__dict__.pop(hanging_on_words, None)
        # What was read before was not read for these.
        for memory in ("recent", "recent_pairs"):
            object.__setattr__(self, memory, Recent(_RECENT_CHARACTERS))
        object.__setattr__(self, "recent_sentences", Recent(_SENTENCE_CHARACTERS))

    def matcher(self, name: str) -> TermMatcher[str]:
        """Return a matcher of the word list called `name`; the value of a hit is the word."""
        known = self._matchers.get(name)
        if known is None:
            known = self._matchers[name] = TermMatcher((word, word) for word in self.words(name))
        return known

    def words(self, name: str) -> tuple[str, ...]:
        """Return the word list called `name`.

        Raises
        ------
        ConfigError
            When no file holds it.
        """
        try:
            return self.lists[name]
        except KeyError:
            raise ConfigError("rules/lexicon", f"lists.{name}", "is missing in every lexicon file") from None

    @cached_property
    def _ancestors(self) -> dict[str, tuple[str, ...]]:
        ancestors = {}
        for name in self.terms:
            chain = [name]
            while (parent := self.terms[chain[-1]].parent) and parent not in chain:
                chain.append(parent)
            ancestors[name] = tuple(chain)
        return ancestors

    @cached_property
    def _relatives(self) -> dict[str, frozenset[str]]:
        relatives: dict[str, set[str]] = {name: set() for name in self.terms}
        for name, parts_of in self._ancestors.items():
            wholes = (*parts_of, *self.terms[name].also)
            relatives[name].update(wholes)
            for whole in wholes:
                relatives[whole].add(name)
        return {name: frozenset(names) for name, names in relatives.items()}

    def ancestors(self, term_id: str) -> tuple[str, ...]:
        """`term_id` and the wholes it is part of, nearest first."""
        return self._ancestors[term_id]

    def organs(self, general: frozenset[str]) -> Mapping[str, frozenset[str]]:
        """Each term's :meth:`ancestors` that are not in `general`, anatomy too wide to tell places apart."""
        known = self._organs.get(general)
        if known is None:
            known = self._organs[general] = {
                name: frozenset(wholes) - general for name, wholes in self._ancestors.items()
            }
        return known

    def relatives(self, term_id: str) -> frozenset[str]:
        """`term_id`, its parts, and the wholes it is part of."""
        return self._relatives[term_id]

    def related(self, one: str, other: str) -> bool:
        """Whether one is the other, part of it, or its whole."""
        return one in self._relatives[other]

    def kin(self, observation: str) -> frozenset[str]:
        """Observations that findings may describe one by: itself, its group, what it may be seen as."""
        known = self._kin.get(observation)
        if known is None:
            seen_as = self.terms[observation].seen_as
            known = self._kin[observation] = self.alike(observation).union(("lesion",), seen_as)
        return known

    def alike(self, observation: str) -> frozenset[str]:
        """Observations that are one by name: itself, what it is a kind of, its group."""
        known = self._alike.get(observation)
        if known is None:
            term = self.terms[observation]
            names = {observation, term.parent}
            if term.group:
                names |= {other.id for other in self.terms.values() if other.group == term.group}
            known = self._alike[observation] = frozenset(names - {""})
        return known

    def _terms(self, kind: Kind) -> Iterable[tuple[str, Term]]:
        return ((word, term) for term in self.terms.values() if term.kind is kind for word in term.words)
