"""JSON of a stranger, read so that no two readers can differ on what it says."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from plugin.domain.errors import InvalidInput

MAX_DEPTH = 24
"""Deeper JSON than any report is refused before it is parsed."""

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def read_json(body: bytes) -> dict[str, Any]:
    """Parse one JSON object.

    Raises
    ------
    InvalidInput
        Not UTF-8, not JSON, not an object, nested too deep, a key twice in one object,
        NaN, Infinity or a number out of range, a NUL or half a surrogate pair in a text.
    """
    depth = 0
    for bracket in _BRACKET.finditer(_STRING.sub(b"", body)):
        depth += 1 if bracket[0] in b"[{" else -1
        if depth > MAX_DEPTH:
            raise InvalidInput("body", f"JSON is nested deeper than {MAX_DEPTH}")
    try:
        data = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=_no_constant,
            parse_float=_finite,
        )
    except UnicodeDecodeError as error:
        raise InvalidInput("body", f"is not UTF-8 (byte {error.start})") from None
    except ValueError as error:
        raise InvalidInput("body", f"is not JSON: {error}") from None
    if not isinstance(data, dict):
        raise InvalidInput("body", "must be a JSON object")
    return data


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise InvalidInput("body", f"the key {key[:60]!r} stands twice in one object")
        for text in (key, value):
            if isinstance(text, str) and _UNSTORABLE.search(text):
                raise InvalidInput("body", "a text holds NUL or half of a surrogate pair")
        result[key] = value
    return result


def _no_constant(name: str) -> float:
    raise InvalidInput("body", f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise InvalidInput("body", f"the number {text[:20]} is out of range")
    return number
