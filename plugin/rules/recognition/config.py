"""Regions as data: one TOML file each, with every version that was ever in force.

A site adds a region, or a list of items that could not be had when this was written, by
one file in ``config/regions/``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

from plugin.domain.errors import ConfigError, InvalidInput
from plugin.domain.recognition import CatalogueItem, Region
from plugin.kit.registry import Options
from plugin.kit.settings import line_of, load
from plugin.rules.recognition.conditions import CONDITIONS, Judged, Reason
from plugin.rules.recognition.items import ItemMapper
from plugin.rules.recognition.names import ItemName, NameReader


class ItemRow(Options):
    """One row of a list: 类别, 检查部位, 互认项目 as printed; the rest where print is not uniform."""

    number: int
    printed: tuple[str, str, str]
    modality: Literal["DR", "CT", "MR", ""] = ""
    part: str = ""
    name: str = ""

    def item(self) -> CatalogueItem:
        """The row as the domain knows it."""
        modality, part, text = self.printed
        return CatalogueItem(
            number=self.number,
            modality=self.modality or modality,
            body_part=self.part or part,
            name=self.name or text,
            printed=text,
        )


class VersionRow(Options):
    """What a region's standard said from one day to another."""

    version: str
    clause: str
    valid_from: date | None = None
    valid_to: date | None = None
    window_days: int | None = None
    modalities: tuple[str, ...] = ()
    levels: tuple[int, ...] = ()
    public_only: bool = True
    items: tuple[ItemRow, ...] = ()


class RefusalRow(Options):
    """One reason for which a recognised result need not be honoured (DB50 6.7)."""

    code: str
    text: str


class RegionFile(Options):
    """``config/regions/<region>.toml``."""

    region_id: str
    name: str
    name_en: str
    mark: str
    placement: Literal["after_institution", "top_right"]
    rank: int
    confirmed: dict[str, int] = {}
    refusals: tuple[RefusalRow, ...] = ()
    versions: tuple[VersionRow, ...]
    conditions: dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionVersion:
    """A version ready to judge with."""

    region: Region
    mapper: ItemMapper
    conditions: tuple[tuple[str, Callable[[Judged], tuple[Reason, ...]]], ...]
    refusals: tuple[tuple[str, str], ...]


def read_region(path: Path, reader: NameReader) -> tuple[RegionVersion, ...]:
    """Read one region file.

    Raises
    ------
    ConfigError
        Naming file, line and key: an unknown condition, a version that ends before it
        begins or overlaps another, an item number given twice or to two items, an item that
        cannot be read.
    """
    content = load(RegionFile, path)
    conditions = tuple(
        (name, CONDITIONS.build(name, options, str(path), f"conditions.{name}"))
        for name, options in content.conditions.items()
    )
    refusals = tuple((row.code, row.text) for row in content.refusals)
    _check_dates(content, path)
    versions = tuple(
        RegionVersion(
            region=_region(content, row),
            mapper=_mapper(reader, row, content.confirmed, path, f"versions.{index}.items"),
            conditions=conditions,
            refusals=refusals,
        )
        for index, row in enumerate(content.versions)
    )
    _check_numbers(versions, path)
    return versions


def _check_numbers(versions: Sequence[RegionVersion], path: Path) -> None:
    """Evaluations and answers of administrators name items by number, whichever version is in force."""
    meant: dict[int, tuple[ItemName, str]] = {}
    for index, version in enumerate(versions):
        for item in version.region.items:
            name, key = version.mapper.name_of(item.number), f"versions.{index}.items"
            known, where = meant.setdefault(item.number, (name, version.region.version))
            if known != name:
                text = f"item number {item.number} is another item in version {where!r}; give it a new number"
                raise ConfigError(str(path), key, text, line_of(str(path), key))


def _region(content: RegionFile, row: VersionRow) -> Region:
    return Region(
        region_id=content.region_id,
        version=row.version,
        name=content.name,
        name_en=content.name_en,
        mark=content.mark,
        placement=content.placement,
        rank=content.rank,
        clause=row.clause,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        window_days=row.window_days,
        modalities=row.modalities,
        levels=row.levels,
        public_only=row.public_only,
        items=tuple(each.item() for each in row.items),
    )


def _mapper(
    reader: NameReader, row: VersionRow, confirmed: Mapping[str, int], path: Path, key: str
) -> ItemMapper:
    numbers = [each.number for each in row.items]
    if len(set(numbers)) < len(numbers):
        twice = next(number for number in numbers if numbers.count(number) > 1)
        raise ConfigError(str(path), key, f"item number {twice} stands twice", line_of(str(path), key))
    known = {name: number for name, number in confirmed.items() if number == 0 or number in numbers}
    try:
        return ItemMapper(reader, [each.item() for each in row.items], known)
    except InvalidInput as error:
        raise ConfigError(str(path), key, str(error), line_of(str(path), key)) from error


def _check_dates(content: RegionFile, path: Path) -> None:
    spans: list[tuple[date, date, str]] = []
    for index, row in enumerate(content.versions):
        start, end = row.valid_from or date.min, row.valid_to or date.max
        key = f"versions.{index}"
        if end < start:
            raise ConfigError(str(path), key, "valid_to lies before valid_from", line_of(str(path), key))
        for other_start, other_end, name in spans:
            if start <= other_end and other_start <= end:
                text = f"is in force at the same time as version {name!r}; give valid_from and valid_to"
                raise ConfigError(str(path), key, text, line_of(str(path), key))
        spans.append((start, end, row.version))
    listed = {each.number for row in content.versions for each in row.items}
    for name, number in content.confirmed.items():
        if number and number not in listed:
            raise ConfigError(
                str(path),
                f"confirmed.{name}",
                f"item {number} is in no version",
                line_of(str(path), "confirmed"),
            )
