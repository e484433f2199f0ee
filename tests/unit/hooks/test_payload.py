"""Bodies of signed calls: what is read, and what is refused."""

from __future__ import annotations

import pytest
from web_house import event

from plugin.domain.errors import InvalidInput
from plugin.domain.gate import SignAction
from plugin.hooks.payload import sign_event


def test_a_sign_event_is_read() -> None:
    read = sign_event(event(7), "ris")
    assert (read.event_id, read.action, read.accession_number) == ("click-7", SignAction.VERIFY, "A7")
    assert (read.signer.id, read.signer.role, read.caller) == ("D7", "senior", "ris")
    assert read.report is not None
    assert read.report.exam.accession_number == "A7"


def test_a_sign_event_without_its_report_is_read() -> None:
    assert sign_event(event(report=None), "ris").report is None


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"event_id": ""}, "/event_id"),
        ({"event_id": 7}, "/event_id"),
        ({"action": "approve"}, "/action"),
        ({"accession_number": None}, "/accession_number"),
        ({"accession_number": "A" * 65}, "/accession_number"),
        ({"signer": None}, "/signer"),
        ({"signer": {"name": "王五"}}, "/signer/id"),
        ({"report": {"exam": {"modality": []}}}, "/report/exam/modality"),
        ({"signer": {"id": "D7", "role": "admin"}}, "/signer/role"),
        ({"report": "text"}, "/report"),
        ({"report": {"exam": {"accession_number": "A2"}}}, "/report/exam/accession_number"),
        ({"report": {"findings": ["x"]}}, "/report/findings"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, object], where: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        sign_event(event(**changes), "ris")
    assert caught.value.where == where
