"""Whom and what a refused block names, for the archive's search."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from plugin.hl7 import header as msh
from plugin.hl7.mention import mentioned
from plugin.hl7.profile import Profiles

MESSAGE = (
    "MSH|^~\\&|RIS|H1|GATE|H1|20260601||ORU^R01|1|P|2.4||||||UNICODE UTF-8\r"
    "PID|1||{patient}^^^HIS||张三^ZHANG\rOBR|1|P7|{number}|CT\rOBX|1|TX|GDT||双肺未见异常\r"
)

Names = Callable[..., tuple[str, str]]


@pytest.fixture
def names(profiles: Profiles) -> Names:
    def read(tail: bytes = b"", **said: str) -> tuple[str, str]:
        block = MESSAGE.format_map({"patient": "P1001", "number": "F9"} | said).encode() + tail
        return mentioned(block, msh.read(block), profiles.default)

    return read


def test_a_report_is_found_by_its_number_and_its_patient(names: Names) -> None:
    assert names() == ("F9", "P1001")


def test_bytes_that_are_no_text_hide_nothing_beside_them(names: Names) -> None:
    assert names(tail=b"OBX|2|TX|GDT||\xff\xfe\xff|\r") == ("F9", "P1001")


@pytest.mark.parametrize("patient", ["P" * 65, "P\ufffd1"])
def test_what_can_be_no_identifier_enters_no_column(names: Names, patient: str) -> None:
    assert names(patient=patient) == ("F9", "")


def test_a_fault_of_ours_costs_nobody_his_answer(names: Names, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("plugin.hl7.mention.Message", broken)
    assert names() == ("", "")
