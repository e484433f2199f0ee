"""Tables that leave as CSV, Excel or JSON, in which no cell can become a formula.

A cell that begins as a formula does is text of a report or of a name, never a formula of
ours (CSV injection): Excel gets it by ``write_string``, CSV behind an apostrophe.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

import xlsxwriter

Cell = str | int | float | bool | None
Format = Literal["csv", "xlsx", "json"]

MEDIA_TYPES: dict[Format, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json; charset=utf-8",
}

_BEGINS_FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # full-width signs are formulas to Excel as well
_MOST_CHARS = 32767
_WIDEST = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One sheet: a title, column names, and rows of as many cells."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def written(tables: Sequence[Table], form: Format) -> bytes:
    """`tables` in one file; CSV sets them below one another, JSON keys them by title."""
    if form == "xlsx":
        return _xlsx(tables)
    if form == "csv":
        return _csv(tables)
    content = {t.title: [dict(zip(t.columns, row, strict=True)) for row in t.rows] for t in tables}
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def harmless(text: str) -> str:
    """`text` as a CSV cell that no spreadsheet calculates."""
    return f"'{text}" if text.startswith(_BEGINS_FORMULA) else text


def file_name(stem: str, when: date | datetime, form: Format) -> str:
    """A fixed ASCII name: nothing of a patient or a sender stands in it (attacks S17)."""
    return f"{stem}-{when:%Y%m%d}.{form}"


def _csv(tables: Sequence[Table]) -> bytes:
    # With a byte order mark, without which Excel takes Chinese for Latin-1.
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    for number, table in enumerate(tables):
        if len(tables) > 1:
            if number:
                writer.writerow([])
            writer.writerow([harmless(table.title)])
        writer.writerow([harmless(name) for name in table.columns])
        writer.writerows([_csv_cell(cell) for cell in row] for row in table.rows)
    return ("\ufeff" + out.getvalue()).encode("utf-8", "replace")


def _csv_cell(cell: Cell) -> str:
    if isinstance(cell, str):
        return harmless(cell)
    return "" if cell is None else str(cell)


def _xlsx(tables: Sequence[Table]) -> bytes:
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(out, options)
    head = book.add_format({"bold": True, "bg_color": "#E4EBF1", "border": 1})
    text = book.add_format({"text_wrap": True, "valign": "top", "border": 1})
    for table in tables:
        sheet = book.add_worksheet(_sheet_name(table.title))
        sheet.freeze_panes(1, 0)
        for column, name in enumerate(table.columns):
            sheet.write_string(0, column, name, head)
            widest = max([_width(name), *(_width(row[column]) for row in table.rows)])
            sheet.set_column(column, column, min(_WIDEST, widest + 2))
        for line, row in enumerate(table.rows, 1):
            for column, cell in enumerate(row):
                if isinstance(cell, bool | str):
                    sheet.write_string(line, column, str(cell)[:_MOST_CHARS], text)
                elif cell is None:
                    sheet.write_blank(line, column, None, text)
                else:
                    sheet.write_number(line, column, cell, text)
    book.close()
    return out.getvalue()


def _sheet_name(title: str) -> str:
    return "".join("·" if char in "[]:*?/\\" else char for char in title)[:31]


def _width(cell: Cell) -> int:
    return sum(2 if ord(char) > 0x2E80 else 1 for char in str(cell if cell is not None else ""))
