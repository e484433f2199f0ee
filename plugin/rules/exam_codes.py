"""WS/T 364.8 常用放射诊断检查技术编码: a site's code table, and whether names and codes keep to DB50 7.2.

The standard's table could not be had (decisions 30): a site that has it puts it into
``config/codes/wst_364_8.csv`` (UTF-8 or GB18030, comma or tab).  Columns by name, in any order:

========  =======  ====================================================
代码       needed   the code as RIS and images write it
名称       needed   what the standard calls it
检查类别     no       CT, MR, DR or what a RIS writes for them
检查部位     no       the part, where the name does not say it
========  =======  ====================================================

Other columns are passed over.  A table is taken whole or not at all.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from plugin.domain.errors import ConfigError, InvalidInput
from plugin.rules.recognition.items import DICOM_CLASSES
from plugin.rules.recognition.names import ItemName, NameReader

FILE = Path("codes") / "wst_364_8.csv"
MOST_PROBLEMS = 50
"""Of one table; whoever has more has another table."""

_COLUMNS = {"代码": "code", "编码": "code", "值": "code", "名称": "name", "值含义": "name", "检查类别": "modality", "检查部位": "body_part"}  # fmt: skip
_CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z.\-_/]{0,31}")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in a table, and on which line; 1 is the line of the columns' names."""

    line: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamCode:
    """One row of the table; `reading` is its name taken apart."""

    code: str
    name: str
    modality: str
    reading: ItemName


@dataclass(frozen=True, slots=True)
class CodeTable:
    """Codes of a site; empty where there is no table, and then no code is judged."""

    codes: Mapping[str, ExamCode] = field(default_factory=dict)

    @classmethod
    def load(cls, config_dir: Path, reader: NameReader) -> CodeTable:
        """Read the site's table, if there is one.

        Raises
        ------
        ConfigError
            Naming the line of the first mistake.
        """
        path = config_dir / FILE
        if not path.is_file():
            return cls()
        table, problems = read_codes(path.read_bytes(), reader)
        if problems:
            raise ConfigError(str(path), "", problems[0].text, problems[0].line)
        return table


def read_codes(raw: bytes, reader: NameReader) -> tuple[CodeTable, tuple[Problem, ...]]:
    """A table, and everything that is wrong with it; with problems the table is empty."""
    try:
        text = _text(raw)
    except InvalidInput as error:
        return CodeTable(), (Problem(1, error.text),)
    first = text.split("\n", 1)[0]
    rows = csv.reader(io.StringIO(text), delimiter="\t" if "\t" in first else ",")
    names = [_COLUMNS.get(name.strip(), name.strip()) for name in next(rows, [])]
    if missing := [shown for shown in ("代码", "名称") if _COLUMNS[shown] not in names]:
        return CodeTable(), (Problem(1, f"缺少列：{'、'.join(missing)}；应有 代码,名称,检查类别,检查部位"),)
    codes: dict[str, ExamCode] = {}
    lines: dict[str, int] = {}
    problems: list[Problem] = []
    for values in rows:
        if not any(value.strip() for value in values):
            continue
        row = {name: value.strip() for name, value in zip(names, values, strict=False)}
        code = ExamCode(
            code=row.get("code", ""),
            name=row.get("name", ""),
            modality=row.get("modality", ""),
            reading=reader.read(f"{row.get('modality', '')} {row.get('name', '')}", row.get("body_part", "")),
        )
        wrong = list(_wrong(code, lines))
        problems += [Problem(rows.line_num, each) for each in wrong]
        if len(problems) >= MOST_PROBLEMS:
            break
        lines.setdefault(code.code, rows.line_num)
        codes[code.code] = code
    if not codes and not problems:
        problems.append(Problem(1, "表中没有代码"))
    return (CodeTable(), tuple(problems)) if problems else (CodeTable(codes), ())


def _wrong(row: ExamCode, lines: Mapping[str, int]) -> Iterator[str]:
    if not row.code:
        yield "代码为空"
    elif not _CODE.fullmatch(row.code):
        yield f"代码“{row.code[:40]}”含不允许的字符；只能有字母、数字和 . - _ /"
    elif row.code in lines:
        yield f"代码“{row.code}”与第{lines[row.code]}行重复"
    if not row.name:
        yield "名称为空"
    if row.reading.modality_conflict:
        yield f"名称“{row.name}”与检查类别“{row.modality}”不一致"


def _text(raw: bytes) -> str:
    for charset in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(charset)
        except UnicodeDecodeError:
            continue
    raise InvalidInput("line 1", "既不是UTF-8也不是GB18030编码")


@dataclass(frozen=True, slots=True)
class NamingRules:
    """DB50 7.2: 检查类别, 检查部位, 检查方案 and 体位设计 in a name; a code of WS/T 364.8."""

    reader: NameReader
    table: CodeTable = CodeTable()

    def remarks(self, exam_item: str, code: str, modality: str = "", body_part: str = "") -> tuple[str, ...]:
        """What is wrong with an item's name and code, in Chinese; nothing when both are sound."""
        return (*self._of_name(exam_item, modality, body_part), *self._of_code(exam_item, code, modality))

    def _of_name(self, exam_item: str, modality: str, body_part: str) -> Iterator[str]:
        if not exam_item.strip():
            yield "没有检查项目名称"
            return
        name = self.reader.read(exam_item)
        device = DICOM_CLASSES.get(modality.upper(), "")
        kind = name.modality or device
        missing = []
        if not name.modality:
            missing.append("检查类别")
        if not name.parts and not (body_part and self.reader.read(body_part).parts):
            missing.append("检查部位")
        if kind in {"CT", "MR"} and not name.contrast:
            missing.append("检查方案")
        if kind in {"DR", "MG"} and not name.views:
            missing.append("体位设计")
        if missing:
            yield f"名称缺少{'、'.join(missing)}"
        if name.modality_conflict or (name.modality and device and {name.modality, device} not in _SAME):
            yield f"名称中的检查类别与设备类型（{modality or '—'}）不一致"

    def _of_code(self, exam_item: str, code: str, modality: str) -> Iterator[str]:
        if not self.table.codes:
            return
        if not code:
            yield "没有检查代码"
        elif (listed := self.table.codes.get(code)) is None:
            yield f"代码“{code}”不在WS/T 364.8代码表中"
        elif not _agree(listed.reading, self.reader.read(exam_item), DICOM_CLASSES.get(modality.upper(), "")):
            yield f"代码“{code}”是“{listed.name}”，与项目名称不符"


_SAME = ({"DR"}, {"CT"}, {"MR"}, {"MG"}, {"DR", "MG"})


def _agree(listed: ItemName, said: ItemName, device: str) -> bool:
    """Nothing that both say differs; what only one of them says is no contradiction."""
    kind = said.modality or device
    return (
        (not listed.modality or not kind or {listed.modality, kind} in _SAME)
        and (not listed.parts or not said.parts or bool(listed.parts & said.parts))
        and (not listed.contrast or not said.contrast or listed.contrast is said.contrast)
        and (not listed.side or not said.side or listed.side is said.side)
    )
