"""A site's table of WS/T 364.8, and names after DB50 7.2.  The codes here are invented."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugin.domain.errors import ConfigError
from plugin.rules.exam_codes import FILE, CodeTable, NamingRules, read_codes
from plugin.rules.recognition.names import NameReader

CONFIG = Path(__file__).resolve().parents[3] / "config"
TABLE = """代码,名称,检查类别,检查部位,备注
C0101,胸部平扫,CT,,x
C0102,胸部增强,CT,,
M0301,平扫,MR,左膝关节,
D0501,胸部后前位,DR,,
"""


@pytest.fixture(scope="module")
def reader() -> NameReader:
    return NameReader.load(CONFIG)


@pytest.fixture(scope="module")
def rules(reader: NameReader) -> NamingRules:
    return NamingRules(reader, read_codes(TABLE.encode(), reader)[0])


@pytest.mark.parametrize("raw", [TABLE.encode(), TABLE.encode("gb18030"), b"\xef\xbb\xbf" + TABLE.encode(),
                                 TABLE.replace(",", "\t").encode(), TABLE.replace("\n", "\r\n").encode()])  # fmt: skip
def test_a_table_in_each_of_its_forms(reader: NameReader, raw: bytes) -> None:
    table, problems = read_codes(raw, reader)
    assert problems == ()
    assert list(table.codes) == ["C0101", "C0102", "M0301", "D0501"]
    assert table.codes["M0301"].reading.part == "膝关节"


@pytest.mark.parametrize(
    ("table", "line", "words"),
    [
        ("编号,名称\n1,x\n", 1, "缺少列：代码"),
        ("", 1, "缺少列：代码、名称"),
        ("代码,名称\n", 1, "没有代码"),
        ("代码,名称\nC1,胸部CT平扫\n\n,头部CT平扫\n", 4, "代码为空"),
        ("代码,名称\nC1,胸部CT平扫\nC1,头部CT平扫\n", 3, "与第2行重复"),
        ("代码,名称\nC1,\n", 2, "名称为空"),
        ("代码,名称\nC 1,胸部CT平扫\n", 2, "不允许的字符"),
        ("代码,名称,检查类别\nC1,胸部CT平扫,MR\n", 2, "不一致"),
    ],
)
def test_each_mistake_is_told_with_its_line(reader: NameReader, table: str, line: int, words: str) -> None:
    found, problems = read_codes(table.encode(), reader)
    assert not found.codes
    assert problems[0].line == line
    assert words in problems[0].text


def test_all_mistakes_are_told_at_once_and_not_without_end(reader: NameReader) -> None:
    _, problems = read_codes(b"\xe4\xbb\xa3\xe7\xa0\x81," + "名称\n".encode() + b",x\n" * 500, reader)
    assert [each.line for each in problems[:2]] == [2, 3]
    assert len(problems) == 50
    assert "编码" in read_codes(b"\xff\xfe\x00", reader)[1][0].text


@pytest.mark.parametrize(
    ("item", "code", "modality", "words"),
    [
        ("胸部CT平扫", "C0101", "CT", ""),
        ("左膝关节MRI平扫", "M0301", "MR", ""),
        ("胸部DR后前位", "D0501", "DX", ""),
        ("胸部CT", "C0101", "CT", "名称缺少检查方案"),
        ("平扫", "C0101", "CT", "名称缺少检查类别、检查部位"),
        ("胸部DR", "D0501", "DX", "体位设计"),
        ("", "C0101", "CT", "没有检查项目名称"),
        ("胸部CT平扫", "", "CT", "没有检查代码"),
        ("胸部CT平扫", "X9", "CT", "不在WS/T 364.8代码表中"),
        ("头部CT平扫", "C0101", "CT", "是“胸部平扫”，与项目名称不符"),
        ("胸部CT增强", "C0101", "CT", "不符"),
        ("右膝关节MRI平扫", "M0301", "MR", "不符"),
        ("胸部CT平扫", "C0101", "MR", "设备类型"),
    ],
)
def test_names_and_codes(rules: NamingRules, item: str, code: str, modality: str, words: str) -> None:
    remarks = rules.remarks(item, code, modality)
    assert bool(remarks) == bool(words), remarks
    assert any(words in each for each in remarks) or not words


def test_without_a_table_no_code_is_judged(reader: NameReader) -> None:
    assert NamingRules(reader).remarks("胸部CT平扫", "whatever", "CT") == ()


def test_a_broken_table_stops_the_start_with_file_and_line(tmp_path: Path, reader: NameReader) -> None:
    assert CodeTable.load(tmp_path, reader).codes == {}
    (tmp_path / "codes").mkdir()
    (tmp_path / FILE).write_text("代码,名称\nC1,a\nC1,b\n", "utf-8")
    with pytest.raises(ConfigError, match=r"wst_364_8\.csv:3: .*重复"):
        CodeTable.load(tmp_path, reader)
