"""Tables that people send: CSV as Excel and editors write it, and the first sheet of an XLSX file.

An XLSX file is a ZIP of XML written by a stranger: its parts are looked at before they are
unpacked, no DTD is read (attacks S19), and a formula is never more than its last value.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from plugin.domain.errors import InvalidInput

MOST_BYTES = 4 * 1024 * 1024
"""Of a file, and of each part of it unpacked; five thousand people take a tenth."""

MOST_ROWS = 20_000
MOST_COLUMNS = 256

_NS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_CELL = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


def read_table(data: bytes) -> list[list[str]]:
    """Rows of text; an XLSX file is known by its first bytes, all else is CSV.

    CSV is UTF-8 or GB 18030, parted by commas, semicolons or tabs.  A row keeps its place:
    an empty line is an empty list, so that the number of a line is its place and one.

    Raises
    ------
    InvalidInput
        Too large, neither of the two, or damaged.
    """
    if len(data) > MOST_BYTES:
        raise InvalidInput("file", f"is larger than {MOST_BYTES // 1024 // 1024} MiB")
    rows = _xlsx(data) if data.startswith(b"PK") else _csv(data)
    if len(rows) > MOST_ROWS:
        raise InvalidInput("file", f"has more than {MOST_ROWS} rows")
    return rows


def _csv(data: bytes) -> list[list[str]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = data.decode("gb18030")
        except UnicodeDecodeError as error:
            raise InvalidInput("file", f"is neither UTF-8 nor GB 18030 (byte {error.start})") from None
    if "\x00" in text:
        raise InvalidInput("file", "holds NUL; save it as CSV or XLSX")
    head = text.split("\n", 1)[0]
    mark = max(",;\t", key=head.count)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=mark))
    except csv.Error as error:
        raise InvalidInput("file", f"is not CSV: {error}") from None


def _xlsx(data: bytes) -> list[list[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            shared = _shared(book)
            sheets = sorted(
                (name for name in book.namelist() if re.fullmatch(r"xl/worksheets/sheet[0-9]+\.xml", name)),
                key=lambda name: int(re.findall(r"[0-9]+", name)[0]),
            )
            if not sheets:
                raise InvalidInput("file", "holds no sheet; save it as XLSX again")
            return _rows(_part(book, sheets[0]), shared)
    except (zipfile.BadZipFile, ParseError, DefusedXmlException, NotImplementedError, RuntimeError) as error:
        raise InvalidInput("file", f"is a damaged or protected XLSX file ({type(error).__name__})") from None


def _part(book: zipfile.ZipFile, name: str) -> Element:
    if book.getinfo(name).file_size > 8 * MOST_BYTES:
        raise InvalidInput("file", f"is too large unpacked ({name})")
    with book.open(name) as part:
        # The size in the directory is the sender's word; what is read is bounded by us.
        content = part.read(8 * MOST_BYTES + 1)
    if len(content) > 8 * MOST_BYTES:
        raise InvalidInput("file", f"is too large unpacked ({name})")
    root: Element = fromstring(content, forbid_dtd=True)
    return root


def _shared(book: zipfile.ZipFile) -> list[str]:
    if "xl/sharedStrings.xml" not in book.namelist():
        return []
    return [_text(each) for each in _part(book, "xl/sharedStrings.xml").iter(f"{_NS}si")]


def _rows(sheet: Element, shared: list[str]) -> list[list[str]]:
    rows: list[list[str]] = []
    for row in sheet.iter(f"{_NS}row"):
        number = _number(row.get("r", ""), len(rows) + 1, MOST_ROWS)
        rows += [[] for _ in range(number - 1 - len(rows))]
        cells: list[str] = []
        for column, text in _cells(row, shared):
            cells += [""] * (column - len(cells))
            cells.append(text)
        rows.append(cells)
    return rows


def _cells(row: Element, shared: list[str]) -> Iterator[tuple[int, str]]:
    """Column from 0, and text."""
    column = -1
    for cell in row.iter(f"{_NS}c"):
        place = _CELL.fullmatch(cell.get("r", ""))
        before, column = column, _column(place[1]) if place else column + 1
        if not before < column < MOST_COLUMNS:
            raise InvalidInput("file", f"has cells out of order, or more than {MOST_COLUMNS} columns")
        value = cell.find(f"{_NS}v")
        text = (value.text or "") if value is not None else ""
        kind = cell.get("t", "n")
        if kind == "s":
            text = shared[_number(text, 0, len(shared) - 1)]
        elif kind == "inlineStr":
            text = _text(cell)
        elif kind == "b":
            text = "yes" if text == "1" else "no"
        elif kind == "n" and re.fullmatch(r"[0-9]+\.0+", text):
            text = text.partition(".")[0]
        yield column, text


def _text(element: Element) -> str:
    """All runs of a string, without the phonetic reading beside them."""
    return "".join(
        part.text or "" if part.tag == f"{_NS}t" else _text(part)
        for part in element
        if part.tag in {f"{_NS}t", f"{_NS}r", f"{_NS}is"}
    )


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - 64
    return number - 1


def _number(text: str, otherwise: int, most: int) -> int:
    if not text:
        return otherwise
    if not text.isascii() or not text.isdigit() or int(text) > most:
        raise InvalidInput("file", "is a damaged XLSX file (a number that cannot be)")
    return int(text)
