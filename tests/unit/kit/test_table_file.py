"""Tables of strangers: what Excel, WPS and editors write, and what an attacker does."""

from __future__ import annotations

import io
import zipfile

import pytest

from plugin.domain.errors import InvalidInput
from plugin.kit.spreadsheet import Table, written
from plugin.kit.table_file import read_table

NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def book(sheet: str, shared: str = "", **more: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", sheet)
        if shared:
            packed.writestr("xl/sharedStrings.xml", shared)
        for name, content in more.items():
            packed.writestr(name, content)
    return out.getvalue()


def sheet(rows: str) -> str:
    return f"<worksheet {NS}><sheetData>{rows}</sheetData></worksheet>"


def test_what_we_write_we_read() -> None:
    table = Table(
        title="人员表", columns=["工号", "姓名", "每月上限"], rows=[["D1", "张三", 20], ["D2", "=1+1", None]]
    )
    rows = [["工号", "姓名", "每月上限"], ["D1", "张三", "20"]]
    assert read_table(written([table], "xlsx"))[:2] == rows
    assert read_table(written([table], "csv"))[:2] == rows


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_csv_as_editors_save_it(coding: str, mark: str) -> None:
    text = f"工号{mark}姓名\r\n\r\nD1{mark}张三\r\n"
    assert read_table(text.encode(coding)) == [["工号", "姓名"], [], ["D1", "张三"]]


def test_cells_keep_their_places_and_formulas_are_their_value() -> None:
    shared = (
        f"<sst {NS}><si><t>张</t><rPh><t>zhang</t></rPh></si><si><r><t>李</t></r><r><t>四</t></r></si></sst>"
    )
    rows = (
        '<row r="2"><c r="B2" t="s"><v>0</v></c><c r="D2" t="s"><v>1</v></c></row>'
        '<row r="4"><c r="A4"><v>12.0</v></c><c r="B4" t="b"><v>1</v></c>'
        '<c r="C4" t="str"><f>1+1</f><v>2</v></c><c r="D4" t="inlineStr"><is><t>王</t></is></c><c r="E4"/></row>'
    )
    assert read_table(book(sheet(rows), shared)) == [
        [],
        ["", "张", "", "李四"],
        [],
        ["12", "yes", "2", "王", ""],
    ]


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"PK\x03\x04 nothing", "damaged"),
        (book("<worksheet"), "damaged"),
        (book(BOMB + sheet("")), "damaged"),
        (book(sheet('<row r="1"><c t="s"><v>7</v></c></row>')), "damaged"),
        (book(sheet('<row r="999999999"/>')), "damaged"),
        (book(sheet('<row r="3"><c r="B3"/><c r="A3"/></row>')), "out of order"),
        (book(sheet('<row r="1"><c r="ZZZ1"/></row>')), "256 columns"),
        (book(" " * (33 * 1024 * 1024)), "too large unpacked"),
        (b"a" * (5 * 1024 * 1024), "larger than 4 MiB"),
        (b"\xff\xff\xff", "neither UTF-8 nor GB 18030"),
        (b"a,b\x00", "NUL"),
        (b'"' + b"a" * 200_000, "not CSV"),
    ],
)
def test_what_is_no_table_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        read_table(data)


def test_a_book_without_a_sheet() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("xl/workbook.xml", "<x/>")
    with pytest.raises(InvalidInput, match="no sheet"):
        read_table(out.getvalue())
