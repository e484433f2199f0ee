"""Names, people and times as they come."""

from __future__ import annotations

import pytest

from plugin.hl7.datatypes import birth_date, iso_time, patient_name, person, person_name
from plugin.hl7.path import FieldPath
from plugin.hl7.reader import Message


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("张三^ZHANGSAN", "张三"), ("WANGXIULAN^王秀兰", "王秀兰"), ("张三^张^三", "张三"), ("^张三", "张三"),
        ("张^三丰", "张三丰"), ("欧阳^锋", "欧阳锋"), ("CESHI", "CESHI"), ("Smith^Lucy^Mark", "Smith Lucy Mark"),
        ("EVERYMAN&van^Adam", "EVERYMAN Adam"), ("ZHANG^SAN~张三^^^^^^I", "张三"), ("𠮷龘^JIDA", "𠮷龘"),
        ("", ""), ('""', ""),
    ],
)  # fmt: skip
def test_patients_names(sent: str, read: str) -> None:
    message = Message(f"MSH|^~\\&|A\rPID|1||P1||{sent}\r")
    assert patient_name(message, (FieldPath.parse("PID-5"),)) == read


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("3001^^赵报告", ("3001", "赵报告")), ("0146^谢某", ("0146", "谢某")), ("3001&赵&报告", ("3001", "赵报告")),
        ("&Family&Given", ("", "Family Given")), ("王某某", ("", "王某某")), ("D7", ("D7", "")),
        ("D001^王医生^MD", ("D001", "王医生")), ("", ("", "")), ("1^甲~2^乙", ("1", "甲")),
    ],
)  # fmt: skip
def test_people(sent: str, read: tuple[str, str]) -> None:
    message = Message(f"MSH|^~\\&|A\rOBR|1|{sent}\r")
    assert person(message, (FieldPath.parse("OBR-9"), FieldPath.parse("OBR-2"))) == read


def test_a_name_is_never_doubled() -> None:
    assert person_name(["张三", "张", "三"]) == "张三"
    assert person_name(["", ""]) == ""


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("20240612152900", "2024-06-12 15:29:00"), ("202406121529", "2024-06-12 15:29"), ("20240612", "2024-06-12"),
        ("2024", "2024"), ("20240612152900.123+0800", "2024-06-12 15:29:00.123+08:00"),
        ("2002-06-25", "2002-06-25"), ("Aug 15, 1942", "Aug 15, 1942"), ("", ""), ("20240612152", "20240612152"),
    ],
)  # fmt: skip
def test_times_keep_their_precision(sent: str, read: str) -> None:
    assert iso_time(sent) == read


def test_birth_dates() -> None:
    assert birth_date("19991001000000") == "1999-10-01"
    assert birth_date("1977-01-01") == "1977-01-01"
    assert birth_date("1999") == "1999"
