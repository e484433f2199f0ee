"""Tables of a QC centre: taken whole, or refused with line and reason."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from plugin.domain.errors import InvalidInput
from plugin.rules.recognition.eligibility import Regions
from plugin.rules.recognition.evaluations import read_evaluations

CONFIG = Path(__file__).resolve().parents[4] / "config"
HEADER = "编号,区域,机构,项目,设备,结论,有效期自,有效期至"
ROW = "E1,chuanyu,H1,胸部CT平扫,CT01,合格,2026-01-01,2026-12-31"


@pytest.fixture(scope="module")
def regions() -> Regions:
    return Regions.load(CONFIG)


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_table_in_either_charset(regions: Regions, charset: str) -> None:
    table = f"{HEADER}\r\n{ROW}\r\nE2,chuanyu,H1,92,,不合格,2026/1/1,2026年12月31日\r\nE3,chuanyu,H1,全部,,合格,20260101,20261231\r\n,,,,,,,\r\n"
    first, second, third = read_evaluations(table.encode(charset), regions)
    assert (first.item_number, first.device, first.passed) == (94, "CT01", True)
    assert (second.item_number, second.device, second.passed, second.valid_to) == (
        92,
        "",
        False,
        date(2026, 12, 31),
    )
    assert third.item_number == 0


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("编号,区域\nE1,chuanyu", "line 1: column missing: institution_id"),
        (f"{HEADER}\n{ROW}\n{ROW}", "line 3: evaluation_id 'E1' stands twice"),
        (f"{HEADER}\n{ROW.replace('chuanyu', 'mars')}", "line 2: region_id 'mars'"),
        (f"{HEADER}\n{ROW.replace('胸部CT平扫', '胸部CT')}", "line 2: item '胸部CT': .*检查方案"),
        (f"{HEADER}\n{ROW.replace('胸部CT平扫', '142')}", "item 142 is not in the list"),
        (f"{HEADER}\n{ROW.replace(',合格', ',良好')}", "neither 合格"),
        (f"{HEADER}\n{ROW.replace('2026-12-31', '2026-02-30')}", "line 2 valid_to: '2026-02-30' is no date"),
        (f"{HEADER}\n{ROW.replace('2026-12-31', '2025-12-31')}", "before valid_from"),
        (f"{HEADER}\n{ROW.replace('E1', '')}", "evaluation_id is empty"),
    ],
)
def test_a_mistake_is_named_and_nothing_is_taken(regions: Regions, table: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        read_evaluations(table.encode(), regions)


def test_bytes_that_are_no_text(regions: Regions) -> None:
    with pytest.raises(InvalidInput, match="neither UTF-8 nor GB18030"):
        read_evaluations(b"\xff\xff\xff", regions)
