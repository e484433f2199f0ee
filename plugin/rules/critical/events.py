"""From mentions to events: what findings and impression say of one thing is one finding."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import NamedTuple

from plugin.domain.critical import CriticalState, Tier
from plugin.domain.issue import Section
from plugin.rules.critical.catalogue import EntrySettings
from plugin.rules.critical.context import Standing
from plugin.rules.critical.measures import Around


class Said(Enum):
    """What a mention comes to."""

    NEW = "new"
    WEAK = "weak"
    """Not said outright."""
    BELOW = "below"
    """There, but under its threshold: 少量, 压缩约 5 %."""
    DOUBTED = "doubted"
    KNOWN = "known"
    RESOLVED = "resolved"
    DENIED = "denied"
    ABSENT = "absent"

    @classmethod
    def of(cls, standing: Standing) -> Said:
        return _OF[standing]

    @property
    def state(self) -> CriticalState:
        return _STATES[self]

    @property
    def rank(self) -> int:
        """0 is said most strongly."""
        return _RANKS[self]


_OF = {
    Standing.DENIED: Said.DENIED,
    Standing.ABSENT: Said.ABSENT,
    Standing.DOUBTED: Said.DOUBTED,
    Standing.FRESH: Said.NEW,
    Standing.GROWN: Said.NEW,
    Standing.PLAIN: Said.NEW,
    Standing.SHRUNK: Said.RESOLVED,
    Standing.UNCHANGED: Said.KNOWN,
    Standing.OLD: Said.KNOWN,
}
_STATES = {
    Said.NEW: CriticalState.NEW,
    Said.WEAK: CriticalState.UNCERTAIN,
    Said.BELOW: CriticalState.UNCERTAIN,
    Said.DOUBTED: CriticalState.UNCERTAIN,
    Said.KNOWN: CriticalState.KNOWN,
    Said.RESOLVED: CriticalState.RESOLVED,
}
_RANKS = {said: rank for rank, said in enumerate(Said)}


class Mention(NamedTuple):
    """One place where a text speaks of an entry.

    Parameters
    ----------
    start, end
        Normalised characters of `section`.
    changed
        The text says that it is new or has grown.
    sign
        Described, not named.
    side
        ``L``, ``R``, ``B`` or empty.
    around
        The words that give its size.
    """

    code: str
    section: Section
    start: int
    end: int
    said: Said
    changed: bool
    sign: bool
    side: str
    tier: Tier
    around: Around


def events(mentions: Sequence[Mention], settings: Mapping[str, EntrySettings]) -> list[Mention]:
    """One mention a code: the one that speaks for the event; codes that a more specific one covers fall away."""
    by_code: dict[str, list[Mention]] = {}
    for mention in mentions:
        by_code.setdefault(mention.code, []).append(mention)
    spoken = {code: _one(said) for code, said in by_code.items()}
    found = {code: mention for code, mention in spoken.items() if mention is not None}
    covered = {
        lower
        for code, mention in found.items()
        for lower in settings[code].outranks
        if lower in found and _covers(mention, found[lower])
    }
    return [mention for code, mention in found.items() if code not in covered]


def _covers(upper: Mention, lower: Mention) -> bool:
    return upper.said is Said.NEW or upper.said.rank <= lower.said.rank


def _one(mentions: Sequence[Mention]) -> Mention | None:
    """The impression decides; of what it is silent, the findings do; a change is never lost."""
    changed = _best([m for m in mentions if m.changed and m.said is Said.NEW])
    if changed is not None:
        return changed
    impression = [m for m in mentions if m.section is Section.IMPRESSION]
    findings = [m for m in mentions if m.section is not Section.IMPRESSION]
    concluded, described = _best(impression), _best(findings)
    if concluded is None:
        return described if described and not _denied_sign(described, impression) else None
    if described is None:
        return concluded
    if concluded.said is Said.NEW:
        # 脑出血 in the impression, 较前吸收 only in the findings.
        past = described.said in {Said.KNOWN, Said.RESOLVED}
        return (
            concluded._replace(said=described.said)
            if past and one_side(concluded.side, described.side)
            else concluded
        )
    if concluded.said is Said.WEAK:
        return described if described.said is not Said.DOUBTED else concluded
    if described.said is Said.NEW and not one_side(concluded.side, described.side):
        return described
    return concluded


def _best(mentions: Iterable[Mention]) -> Mention | None:
    return min(
        [m for m in mentions if m.said is not Said.DENIED and m.said is not Said.ABSENT],
        key=lambda m: (m.said.rank, m.sign, m.start),
        default=None,
    )


def _denied_sign(described: Mention, impression: Iterable[Mention]) -> bool:
    return described.sign and any(m.said is Said.DENIED for m in impression)


def one_side(one: str, other: str) -> bool:
    """Whether two mentions may speak of the same side; one without a side may speak of either."""
    return one == other or "B" in (one, other) or not one or not other
