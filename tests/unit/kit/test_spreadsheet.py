"""S16, S17: no cell becomes a formula, and no name of a patient becomes a file name."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from datetime import date

import pytest

from plugin.kit.spreadsheet import Table, file_name, written

FORMULAS = ['=HYPERLINK("http://x","y")', "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", "＋1", "\n=1"]
TABLE = Table(title="登记[本]", columns=("姓名", "例数"), rows=[(text, 1.5) for text in FORMULAS])


def test_no_csv_cell_is_a_formula_and_every_cell_is_quoted() -> None:
    text = written([TABLE], "csv").decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert [row[0] for row in rows[1:]] == [f"'{each}" for each in FORMULAS]
    assert text.startswith('"姓名","例数"')


def test_no_excel_cell_is_a_formula_or_a_link() -> None:
    with zipfile.ZipFile(io.BytesIO(written([TABLE], "xlsx"))) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        strings = book.read("xl/sharedStrings.xml").decode()
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet.lower()
    assert len(re.findall(r't="s"', sheet)) == 2 + len(FORMULAS)
    assert "=HYPERLINK(" in strings


def test_json_keeps_the_text_as_it_is() -> None:
    found = json.loads(written([TABLE], "json"))
    assert [row["姓名"] for row in found["登记[本]"]] == FORMULAS


def test_tables_of_one_csv_stand_below_one_another() -> None:
    lines = written([TABLE, TABLE], "csv").decode("utf-8-sig").split("\r\n")
    assert lines.count('"登记[本]"') == 2


@pytest.mark.parametrize("form", ["csv", "xlsx", "json"])
def test_a_file_name_is_plain(form) -> None:
    assert re.fullmatch(r"[A-Za-z0-9.-]+", file_name("signgate-register", date(2026, 6, 1), form))
