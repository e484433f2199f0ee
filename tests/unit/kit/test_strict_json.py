"""JSON of a stranger: what is read, and what is refused."""

from __future__ import annotations

import json

import pytest

from plugin.domain.errors import InvalidInput
from plugin.kit.strict_json import read_json


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
