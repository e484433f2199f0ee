"""What the name of an examination item says: modality, part, side, contrast, view.

DB50 7.2 wants a name to hold 检查类别, 检查部位, 检查方案 and 体位设计; hospitals write the four in
any order and with words of their own.  The words are data (``config/exam_items.toml``).
A name is cut into them, longest first; whatever is left over may make it another
examination (胸椎间盘, 颅底, 床旁 …), so a leftover is reported and never skipped.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from plugin.kit.settings import load
from plugin.rules.recognition.vocabulary import Equivalent, Vocabulary

LONGEST_NAME = 200
"""Characters; longer ones are no names (OBR-4.2 has 199)."""

_PUNCTUATION = re.compile(r"[\s,，、;；:：/\\+＋&\-—–_·.。()\[\]{}<>【】《》「」|*#\"'“”‘’]+|及|和|与|加|伴")
# The number of the item in the RIS's own table (0123-, A015_, [CT001]): neither rows (16 排) nor vertebrae (C1-2).
_CODE = re.compile(
    r"\A\s*[\[(【<]?\s*(\d{2,10}|[A-Z]{1,4}(0\d{1,8}|\d{3,9}))(\s*[\])】>]\s*|[\s\-_.:、]+)(?=[^\d\s排层])"
)
# A form that leaves the side to be ticked says neither both nor one.
_EITHER = re.compile(r"(左侧?|LT?)\s*/\s*(右侧?|RT?)")
_DECIMAL = re.compile(r"(?<=\d)\.(?=\d)")


class Side(StrEnum):
    """Which side is examined; NONE where the name says none."""

    NONE = ""
    LEFT = "左"
    RIGHT = "右"
    BOTH = "双"


class Contrast(StrEnum):
    """检查方案 of CT and MR, as far as the lists tell them apart."""

    NONE = ""
    PLAIN = "平扫"
    ENHANCED = "增强"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemName:
    """A name taken apart.

    Parameters
    ----------
    modality
        ``DR``, ``CT``, ``MR`` or ``MG``, empty when it is not said.
    parts
        Canonical parts; more than one means a combined examination.
    views
        Canonical views: 正, 侧, 站立 …
    reconstructions
        Modalities of which a word of the name says that their scan was reconstructed (三维重建: CT).
    leftover
        What no word explains; empty for a name that was read whole.
    """

    modality: str = ""
    parts: frozenset[str] = frozenset()
    side: Side = Side.NONE
    contrast: Contrast = Contrast.NONE
    views: frozenset[str] = frozenset()
    population: str = ""
    modality_conflict: bool = False
    reconstructions: frozenset[str] = frozenset()
    leftover: str = ""

    @property
    def part(self) -> str:
        """The part, empty unless there is exactly one."""
        return next(iter(self.parts)) if len(self.parts) == 1 else ""

    @property
    def text(self) -> str:
        """The four in the order of DB50 7.2, for people and for ranking."""
        return "".join(
            (
                self.modality,
                self.side,
                *sorted(self.parts),
                self.population,
                *sorted(self.views),
                self.contrast,
            )
        )


@dataclass(frozen=True, slots=True)
class _Word:
    kind: str
    values: tuple[str, ...]


class NameReader:
    """Takes names apart with a vocabulary."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._midline = frozenset(vocabulary.midline.parts)
        self._within = {part: frozenset(inner) for part, inner in vocabulary.within.items()}
        self._words = _index(vocabulary)
        self._longest = max(map(len, self._words))
        self._patterns = [re.compile(pattern) for pattern in vocabulary.neutral.patterns]
        self._nearby = vocabulary.nearby
        self._equivalents: dict[tuple[str, str, frozenset[str]], Equivalent] = {
            (part, each.side, frozenset(each.from_.split())): each
            for each in vocabulary.equivalents
            for part in each.parts
        }

    @classmethod
    def load(cls, config_dir: Path) -> NameReader:
        """Read ``exam_items.toml``.

        Raises
        ------
        ConfigError
            Naming file, line and key of the first mistake.
        """
        return cls(load(Vocabulary, config_dir / "exam_items.toml"))

    def read(self, *texts: str) -> ItemName:
        """Take a name apart; several texts (item, body part) are read as one name."""
        found: dict[str, list[str]] = {}
        leftover = ""
        for text in texts:
            if len(text) > LONGEST_NAME:
                return ItemName(leftover=f"{text[:20]}…")
            leftover += self._scan(_plain(text), found)
        name = ItemName(
            parts=self._innermost(frozenset(found.get("part", ()))),
            side=_side(found.get("side", ())),
            contrast=_contrast(found.get("contrast", ())),
            views=frozenset(found.get("view", ())),
            population="".join(sorted(set(found.get("population", ())))),
            reconstructions=frozenset(found.get("reconstruction", ())),
            leftover=leftover,
        )
        return self._settle(name, set(found.get("modality", ())))

    def nearby(self, text: str) -> frozenset[str]:
        """Parts that somebody who wrote `text` may have meant; for ranking suggestions only."""
        return frozenset(part for word, part in self._nearby.items() if word in text)

    def _scan(self, text: str, found: dict[str, list[str]]) -> str:
        leftover, at = "", 0
        while at < len(text):
            word, length = self._longest_at(text, at)
            if word is None:
                leftover += text[at]
            else:
                for value in word.values:
                    kind, _, canonical = value.partition(":")
                    found.setdefault(kind, []).append(canonical)
            at += length
        return leftover

    def _longest_at(self, text: str, at: int) -> tuple[_Word | None, int]:
        for length in range(min(self._longest, len(text) - at), 0, -1):
            if word := self._words.get(text[at : at + length]):
                return word, length
        for pattern in self._patterns:
            if match := pattern.match(text, at):
                return _Word("neutral", ()), match.end() - at
        return None, 1

    def _settle(self, name: ItemName, modalities: set[str]) -> ItemName:
        """Draw the conclusions that the words allow."""
        if name.parts == {"乳腺"} and modalities <= {"DR", "MG"} and (modalities or name.views):
            modalities = {"MG"}
        if not modalities and name.views and not name.contrast:
            modalities = {"DR"}
        if not name.population:
            name = self._as_listed(name)
        if name.side is Side.BOTH and name.parts <= self._midline:
            name = replace(name, side=Side.NONE)
        return replace(
            name,
            modality=next(iter(modalities)) if len(modalities) == 1 else "",
            modality_conflict=len(modalities) > 1,
        )

    def _innermost(self, parts: frozenset[str]) -> frozenset[str]:
        """Parts without those that only say where another one lies."""
        return frozenset(part for part in parts if not self._within.get(part, frozenset()) & parts)

    def _as_listed(self, name: ItemName) -> ItemName:
        """The view, and with it sometimes the part, as lists write it."""
        if same := self._equivalents.get((name.part, "", name.views)):
            parts = frozenset({same.to_part}) if same.to_part else name.parts
            name = replace(name, parts=parts, views=frozenset(same.to.split()))
        if name.side is Side.BOTH and (
            whole := self._equivalents.get((name.part, name.side.value, name.views))
        ):
            name = replace(name, side=Side.NONE, views=frozenset(whole.to.split()))
        return name


def _index(vocabulary: Vocabulary) -> dict[str, _Word]:
    words: dict[str, _Word] = {}

    def add(texts: Iterable[str], kind: str, *values: str) -> None:
        for text in texts:
            words[_plain(text)] = _Word(kind, values)

    add(vocabulary.neutral.words, "neutral")
    tables: tuple[tuple[str, dict[str, tuple[str, ...]]], ...] = (
        ("population", vocabulary.populations),
        ("contrast", vocabulary.contrast),
        ("reconstruction", vocabulary.reconstructions),
        ("side", vocabulary.sides),
        ("part", vocabulary.parts),
        ("modality", vocabulary.modalities),
    )
    for kind, table in tables:
        for canonical, texts in table.items():
            add(texts, kind, f"{kind}:{canonical}")
    for canonical, texts in vocabulary.projections.items():
        add(texts, "view", *(f"view:{each}" for each in canonical.split()))
    for text, (part, modality) in vocabulary.part_with_modality.items():
        add([text], "part", f"part:{part}", f"modality:{modality}")
    return words


def _plain(text: str) -> str:
    """NFKC, upper case, without a leading code, spaces and punctuation; a decimal point stays."""
    folded = _CODE.sub("", unicodedata.normalize("NFKC", text).upper())
    kept = _DECIMAL.sub("\x00", _EITHER.sub(r"\1或\2", folded))
    return _PUNCTUATION.sub("", kept).replace("\x00", ".")


def _side(words: Iterable[str]) -> Side:
    sides = set(words)
    if not sides:
        return Side.NONE
    if "both" in sides or len(sides) > 1:
        return Side.BOTH
    return Side.LEFT if sides == {"left"} else Side.RIGHT


def _contrast(words: Iterable[str]) -> Contrast:
    """平扫+增强 is an enhanced examination: the plain phase is part of it (ADR 0051)."""
    said = set(words)
    if "enhanced" in said:
        return Contrast.ENHANCED
    return Contrast.PLAIN if "plain" in said else Contrast.NONE
