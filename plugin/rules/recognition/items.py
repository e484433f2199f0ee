"""From the name a RIS gives an examination to an item of a region's list, or to no item.

Mapped is only what says the same in all of modality, part, side, contrast and view; a
name that leaves one of them open, or says more, is left to a person, with the nearest
items beside it.  A person's answers (`confirmed`) come before everything else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from enum import StrEnum

from rapidfuzz import fuzz

from plugin.domain.errors import InvalidInput
from plugin.domain.recognition import CatalogueItem
from plugin.rules.recognition.names import ItemName, NameReader, Side

DICOM_CLASSES: Mapping[str, str] = {
    "CR": "DR",
    "DX": "DR",
    "DR": "DR",
    "RG": "DR",
    "CT": "CT",
    "MR": "MR",
    "MRI": "MR",
    "MG": "MG",
}
"""Modality (0008,0060), or what a RIS writes for it, to the class of DB50 6.3; MG is listed under DR."""


class How(StrEnum):
    """Why an item was chosen, or was not."""

    CONFIRMED = "confirmed"
    EXACT = "exact"
    RULE = "rule"
    UNKNOWN_WORD = "unknown_word"
    COMBINED = "combined"
    INCOMPLETE = "incomplete"
    CONFLICT = "conflict"
    NOT_LISTED = "not_listed"


_WHY = {
    How.CONFIRMED: "管理员已确认",
    How.EXACT: "与目录项目名称一致",
    How.RULE: "类别、部位、方案、体位与目录项目一致",
    How.UNKNOWN_WORD: "名称中“{}”无法对应目录，可能是另一种检查",
    How.COMBINED: "名称含多个部位（{}），不对应单一目录项目",
    How.INCOMPLETE: "名称缺少{}，不能确定目录项目",
    How.CONFLICT: "名称中的检查类别与设备类型（{}）不一致",
    How.NOT_LISTED: "目录中没有“{}”",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A listed item near to a name that was not mapped; `score` 0 to 100."""

    item: CatalogueItem
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What a name was mapped to.

    Parameters
    ----------
    item
        ``None`` when the name is not mapped.
    text
        In Chinese: why this item, or why none.
    """

    item: CatalogueItem | None
    how: How
    text: str
    name: ItemName


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How much of a RIS's item table is mapped; `unmapped` by frequency, then name."""

    mapped: int
    total: int
    unmapped: tuple[tuple[str, int, Match], ...]

    @property
    def ratio(self) -> float:
        """Share of examinations (not of names) that are mapped; 0 when there are none."""
        return self.mapped / self.total if self.total else 0.0


class ItemMapper:
    """Maps names to the items of one list.

    Parameters
    ----------
    reader
        Takes names apart.
    items
        The list.
    confirmed
        A site's own answers: RIS name as sent → item number, or 0 for "none of them".

    Raises
    ------
    InvalidInput
        When two items cannot be told apart, an item has an unreadable name, or an
        answer names an item that is not in the list.
    """

    def __init__(
        self, reader: NameReader, items: Sequence[CatalogueItem], confirmed: Mapping[str, int] | None = None
    ) -> None:
        self._reader, self._items = reader, tuple(items)
        self._by_number = {item.number: item for item in items}
        self._by_text: dict[str, CatalogueItem] = {}
        self._by_key: dict[ItemName, CatalogueItem] = {}
        self._names: dict[int, ItemName] = {}
        for item in items:
            self._add(item)
        self._confirmed = dict(confirmed or {})
        for name, number in self._confirmed.items():
            if number and number not in self._by_number:
                raise InvalidInput(name, f"confirmed as item {number}, which is not in the list")

    def _add(self, item: CatalogueItem) -> None:
        name = self._completed(self._reader.read(item.name), self._class_of(item.modality))
        if name.leftover or not name.part or name.modality_conflict:
            raise InvalidInput(
                f"item {item.number} {item.name!r}",
                f"{name.leftover or 'part or modality'} is not in exam_items.toml; add the word there",
            )
        if other := self._by_key.get(name):
            raise InvalidInput(
                f"item {item.number} {item.name!r}", f"reads the same as item {other.number} {other.name!r}"
            )
        self._by_key[name] = item
        self._names[item.number] = name
        for text in (item.name, item.printed):
            self._by_text.setdefault(text.replace(" ", ""), item)

    def with_answers(self, answers: Mapping[str, int]) -> ItemMapper:
        """This mapper with more answers of a person; one that names no item of this list is passed over."""
        other = copy(self)
        known = {name: number for name, number in answers.items() if number == 0 or number in self._by_number}
        other._confirmed = {**self._confirmed, **known}
        return other

    @property
    def items(self) -> tuple[CatalogueItem, ...]:
        """The list."""
        return self._items

    def is_answered(self, exam_item: str) -> bool:
        """Whether a person has said what this name is, or that it is none of the list."""
        return exam_item in self._confirmed

    def name_of(self, number: int) -> ItemName:
        """A listed item taken apart."""
        return self._names[number]

    def map(self, exam_item: str, modality: str = "", body_part: str = "") -> Match:
        """Map one examination.

        Parameters
        ----------
        exam_item
            The RIS's name.
        modality
            Modality (0008,0060) or the RIS's word for it; it fills a name that says none
            and must not contradict one that does.
        body_part
            检查部位 where the RIS has it apart; read only when `exam_item` names no part.
        """
        name = self._reader.read(exam_item)
        if not name.parts and body_part:
            name = self._reader.read(exam_item, body_part)
        if exam_item in self._confirmed:
            item = self._by_number.get(self._confirmed[exam_item])
            return Match(item=item, how=How.CONFIRMED, text=_WHY[How.CONFIRMED], name=name)
        return self._match(exam_item, name, modality)

    def _match(self, exam_item: str, name: ItemName, modality: str) -> Match:
        device = self._class_of(modality)
        if name.modality_conflict or not _agree(name.modality, device):
            return _none(How.CONFLICT, name, modality)
        name = self._completed(name, device)
        if name.leftover:
            return _none(How.UNKNOWN_WORD, name, name.leftover)
        if name.reconstructions - {name.modality}:
            return _none(How.UNKNOWN_WORD, name, "重建")
        name = replace(name, reconstructions=frozenset())
        if len(name.parts) > 1:
            return _none(How.COMBINED, name, "、".join(sorted(name.parts)))
        if item := self._by_key.get(name):
            exact = self._by_text.get(exam_item.replace(" ", "")) is item
            how = How.EXACT if exact else How.RULE
            return Match(item=item, how=how, text=_WHY[how], name=name)
        if missing := self._missing(name):
            return _none(How.INCOMPLETE, name, "、".join(missing))
        return _none(How.NOT_LISTED, name, name.text)

    def _missing(self, name: ItemName) -> list[str]:
        """What the name leaves open that items of its part and modality tell apart."""
        missing = []
        if not name.part:
            missing.append("检查部位")
        if not name.modality:
            missing.append("检查类别")
        kin = [
            each for each in self._names.values() if each.part == name.part and each.modality == name.modality
        ]
        if name.side is Side.NONE and kin and all(each.side for each in kin):
            missing.append("左右")
        if name.modality in {"CT", "MR"} and not name.contrast:
            missing.append("检查方案（平扫或增强）")
        if name.modality in {"DR", "MG"} and any(name.views < each.views for each in kin):
            missing.append("体位")
        if any(replace(each, population="") == name for each in kin):
            missing.append("受检人群（婴幼儿或其他）")
        return missing

    def suggest(self, exam_item: str, modality: str = "", limit: int = 5) -> tuple[Suggestion, ...]:
        """Nearest items for a person to choose from, best first; never applied by itself."""
        name = self._completed(self._reader.read(exam_item), self._class_of(modality))
        if near := self._reader.nearby(exam_item):
            name = replace(name, parts=near)
        ranked = [
            Suggestion(item=item, score=round(_nearness(exam_item, name, item, self._names[item.number]), 1))
            for item in self._items
        ]
        ranked.sort(key=lambda each: (-each.score, each.item.number))
        return tuple(ranked[:limit])

    def coverage(self, names: Iterable[tuple[str, str, int]]) -> Coverage:
        """Report on a RIS's item table: rows of name, modality, examinations a year."""
        mapped = total = 0
        unmapped = []
        for text, modality, count in names:
            match = self.map(text, modality)
            total += count
            if match.item:
                mapped += count
            else:
                unmapped.append((text, count, match))
        unmapped.sort(key=lambda row: (-row[1], row[0]))
        return Coverage(mapped=mapped, total=total, unmapped=tuple(unmapped))

    def _class_of(self, modality: str) -> str:
        """DR, CT, MR or MG of a DICOM modality or a RIS's word (普通X线, 核磁); else as it is written."""
        written = modality.strip().upper()
        return DICOM_CLASSES.get(written) or self._reader.read(written).modality or written

    def _completed(self, name: ItemName, modality: str) -> ItemName:
        """The name with the modality that the device or the list says."""
        device = "MG" if name.parts == {"乳腺"} and modality == "DR" else modality
        if not device or name.modality_conflict:
            return name
        return name if name.modality else replace(name, modality=device)


def _agree(said: str, device: str) -> bool:
    """A mammography unit writes MG where lists say DR, some write DX."""
    return not said or not device or said == device or {said, device} == {"DR", "MG"}


def _none(how: How, name: ItemName, what: str) -> Match:
    return Match(item=None, how=how, text=_WHY[how].format(what), name=name)


def _nearness(text: str, name: ItemName, item: CatalogueItem, listed: ItemName) -> float:
    """Half wording, half the four things that must agree."""
    wording = fuzz.token_sort_ratio(name.text or text, listed.text) * 0.3 + fuzz.ratio(text, item.name) * 0.2
    same = (
        15 * (name.modality == listed.modality)
        + 20 * bool(name.parts & listed.parts)
        + 5 * (name.side == listed.side)
        + 5 * (name.contrast == listed.contrast)
        + 5 * (name.views == listed.views)
    )
    return wording + same
