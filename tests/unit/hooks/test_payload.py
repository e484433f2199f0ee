"""Bodies of signed calls: what is read, and what is refused."""

from __future__ import annotations

import json

import pytest
from web_house import event

from plugin.domain.errors import InvalidInput
from plugin.domain.gate import SignAction
from plugin.hooks.payload import read_json, sign_event


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'"text"',
        b"{",
        b'{"a": 1, "a": 2}',
        b'{"a": {"b": 1, "b": 1}}',
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1e400}',
        b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a": ' + b"9" * 10_000 + b"}",
        b'{"a": "\xd5\xc5\xc8\xfd"}',
        b'{"a": "\\ud800"}',
        b'{"a": "\\u0000"}',
        b'{"a": 1} {"b": 2}',
    ],
)
def test_json_that_two_readers_could_read_differently_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidInput):
        read_json(body)


def test_brackets_inside_a_text_are_no_nesting() -> None:
    assert read_json(json.dumps({"a": "[" * 500 + '"\\'}).encode()) == {"a": "[" * 500 + '"\\'}


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
        ({"signer": {"name": "王五"}}, "/id"),
        ({"signer": {"id": "D7", "role": "admin"}}, "/signer/role"),
        ({"report": "text"}, "/report"),
        ({"report": {"exam": {"accession_number": "A2"}}}, "/report/exam/accession_number"),
        ({"report": {"findings": ["x"]}}, "/findings"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, object], where: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        sign_event(event(**changes), "ris")
    assert caught.value.where == where
