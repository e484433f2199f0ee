"""Evaluation results of a QC centre, as the table it sends (CSV, UTF-8 or GB18030).

Columns, in any order, by Chinese or English name: 编号 evaluation_id, 区域 region_id,
机构 institution_id, 项目 item (number or name, 全部 or 0 for all), 设备 device (empty for
all), 结论 passed (合格 or 不合格), 有效期自 valid_from, 有效期至 valid_to.  A table is taken
whole or not at all: half a list would let labels stand that should lapse.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from datetime import date

from plugin.domain.errors import InvalidInput
from plugin.domain.recognition import Evaluation
from plugin.rules.recognition.eligibility import Regions

_COLUMNS = {
    "编号": "evaluation_id",
    "区域": "region_id",
    "机构": "institution_id",
    "项目": "item",
    "设备": "device",
    "结论": "passed",
    "有效期自": "valid_from",
    "有效期至": "valid_to",
}
_REQUIRED = ("evaluation_id", "region_id", "institution_id", "item", "passed", "valid_from", "valid_to")
_PASSED = {"合格": True, "通过": True, "passed": True, "true": True, "1": True}
_FAILED = {"不合格": False, "未通过": False, "failed": False, "false": False, "0": False}
_DATE = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?")


def read_evaluations(table: bytes, regions: Regions) -> tuple[Evaluation, ...]:
    """Read a table.

    Raises
    ------
    InvalidInput
        Naming line and column of the first mistake: a missing column, an unknown region or
        item, a conclusion or date that cannot be read, an ID that stands twice.
    """
    rows = csv.DictReader(io.StringIO(_text(table)))
    names = [_COLUMNS.get((name or "").strip(), (name or "").strip()) for name in rows.fieldnames or []]
    if missing := [name for name in _REQUIRED if name not in names]:
        raise InvalidInput("line 1", f"column missing: {', '.join(missing)}")
    rows.fieldnames = names
    found: dict[str, Evaluation] = {}
    for row in rows:
        if not any((value or "").strip() for key, value in row.items() if key):
            continue
        where = f"line {rows.line_num}"
        evaluation = _evaluation(
            {key: (value or "").strip() for key, value in row.items() if key}, where, regions
        )
        if evaluation.evaluation_id in found:
            raise InvalidInput(where, f"evaluation_id {evaluation.evaluation_id!r} stands twice")
        found[evaluation.evaluation_id] = evaluation
    return tuple(found.values())


def _text(table: bytes) -> str:
    for charset in ("utf-8-sig", "gb18030"):
        try:
            return table.decode(charset)
        except UnicodeDecodeError:
            continue
    raise InvalidInput("line 1", "the table is neither UTF-8 nor GB18030")


def _evaluation(row: Mapping[str, str], where: str, regions: Regions) -> Evaluation:
    for name in ("evaluation_id", "institution_id"):
        if not row[name]:
            raise InvalidInput(where, f"{name} is empty")
    if row["region_id"] not in regions.ids:
        raise InvalidInput(
            where, f"region_id {row['region_id']!r} is not configured ({', '.join(regions.ids)})"
        )
    start, end = _day(row["valid_from"], f"{where} valid_from"), _day(row["valid_to"], f"{where} valid_to")
    if end < start:
        raise InvalidInput(where, "valid_to lies before valid_from")
    verdict = {**_PASSED, **_FAILED}.get(row["passed"].lower())
    if verdict is None:
        raise InvalidInput(where, f"passed {row['passed']!r} is neither 合格 nor 不合格")
    return Evaluation(
        evaluation_id=row["evaluation_id"],
        region_id=row["region_id"],
        institution_id=row["institution_id"],
        item_number=_item(row["item"], row["region_id"], start, where, regions),
        device=row.get("device", ""),
        passed=verdict,
        valid_from=start,
        valid_to=end,
    )


def _item(text: str, region_id: str, on: date, where: str, regions: Regions) -> int:
    if text in ("全部", "all", "0"):
        return 0
    region, mapper = regions.region(region_id, on), regions.mapper(region_id, on)
    if region is None or mapper is None:
        raise InvalidInput(where, f"{region_id} has no version in force on {on.isoformat()}")
    if text.isascii() and text.isdigit():
        if int(text) not in {item.number for item in region.items}:
            raise InvalidInput(where, f"item {text} is not in the list of {region_id}")
        return int(text)
    match = mapper.map(text)
    if match.item is None:
        raise InvalidInput(where, f"item {text!r}: {match.text}")
    return match.item.number


def _day(text: str, where: str) -> date:
    match = _DATE.fullmatch(text)
    try:
        if match:
            return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        pass
    raise InvalidInput(where, f"{text!r} is no date; write 2026-01-31")
