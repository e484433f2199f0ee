"""What the simulated RIS sends is read by SignGate's own profile as it was meant."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from plugin.demo.cases import read_cases
from plugin.demo.messages import (
    Envelope,
    ReportText,
    acknowledgement,
    order_message,
    report_message,
)

NOW = datetime(2026, 6, 1, 9, 30, tzinfo=UTC)
CASES = {case.accession_number: case for case in read_cases(NOW)}
ENVELOPE = Envelope(control_id="RIS1", at=NOW)


def fields(message: bytes, codec: str, name: str) -> list[str]:
    lines = message.decode(codec).split("\r")
    return next(line for line in lines if line.startswith(name)).split("|")


@pytest.mark.parametrize(
    ("accession", "codec", "declared"),
    [("CT26060001", "utf-8", "UNICODE UTF-8"), ("MR26060002", "gb18030", "GB 18030-2000")],
)
def test_the_declared_charset_is_the_one_that_is_written(accession, codec, declared):
    case = CASES[accession]
    message = order_message(case, ENVELOPE, "1.2.3")

    assert fields(message, codec, "MSH")[17] == declared
    assert fields(message, codec, "PID")[5].split("^")[0] == case.file.patient.name


def test_an_order_names_examination_item_and_study():
    case = CASES["CT26060001"]
    message = order_message(case, ENVELOPE, "1.2.3")
    obr = fields(message, "utf-8", "OBR")

    assert obr[18] == "CT26060001"
    assert obr[4].split("^")[1] == "头部CT平扫"
    assert fields(message, "utf-8", "ZDS")[1].startswith("1.2.3^")
    assert fields(message, "utf-8", "PV1")[2] == "I"


def test_report_text_is_escaped_so_that_it_cannot_become_structure():
    case = CASES["CT26060001"]
    text = ReportText(findings="a|b\r\nOBX|9", impression="c^d", status="F", reported_at=NOW)
    message = report_message(case, ENVELOPE, text, "1.2.3")
    lines = [line for line in message.decode().split("\r") if line.startswith("OBX")]

    assert len(lines) == 3
    assert r"a\F\b\.br\OBX\F\9" in lines[1]
    assert r"c\S\d" in lines[2]
    assert fields(message, "utf-8", "OBR")[25] == "F"


def test_a_prior_is_an_examination_of_its_own_of_the_same_patient():
    case = CASES["CT26060004"]
    (earlier,) = case.earlier()
    text = ReportText(findings="甲", impression="乙", status="F", reported_at=earlier.performed_at)
    message = report_message(earlier, ENVELOPE, text, "1.2.4")

    assert fields(message, "utf-8", "OBR")[18] == case.file.priors[0].accession_number
    assert fields(message, "utf-8", "OBR")[7] == earlier.performed_at.strftime("%Y%m%d%H%M%S")
    assert (case.performed_at - earlier.performed_at).days == case.file.priors[0].days_before
    assert fields(message, "utf-8", "PID")[3].startswith(case.file.patient.patient_id)
    assert earlier.earlier() == []


def test_an_acknowledgement_is_read_with_its_reason():
    ack = b"MSH|^~\\&|SIGNGATE\rMSA|AE|RIS1|\rERR||PID^1^3|101^x^HL70357|E||||PID-3 is missing\r"

    assert acknowledgement(ack) == ("AE", "RIS1", "PID-3 is missing")
    assert acknowledgement(b"MSH|^~\\&|\rMSA|AA|RIS1\r") == ("AA", "RIS1", "")
