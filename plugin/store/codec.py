"""Domain values in columns: microseconds for times, JSON for what is read back as a whole.

A frozen dataclass becomes a JSON object of its fields, and comes back by its type hints.
A key that this version does not know is passed over and an absent one takes its default,
so that rows survive additive changes of the domain in both directions.
"""

from __future__ import annotations

import json
import re
import types
import typing
from collections.abc import Callable, Hashable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from functools import cache
from typing import Any, Final, TypeVar

T = TypeVar("T")

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def to_us(at: datetime) -> int:
    """Microseconds since 1970 of an aware time.

    Raises
    ------
    TypeError
        When `at` has no time zone.
    """
    return (at - _EPOCH) // _MICROSECOND


def to_us_or_none(at: datetime | None) -> int | None:
    return None if at is None else to_us(at)


def from_us(us: int) -> datetime:
    """The aware UTC time of a column."""
    return _EPOCH + timedelta(microseconds=us)


def from_us_or_none(us: int | None) -> datetime | None:
    return None if us is None else from_us(us)


def to_json(value: Any) -> str:
    """JSON text of a plain value or of a dataclass, Chinese left readable.

    Sets are sorted, so that equal values are equal texts.
    """
    return _to_json(value)


def from_json(kind: type[T], text: str) -> T:
    """The value of type `kind` that :func:`to_json` wrote."""
    value: T = _reader(typing.cast(Hashable, kind))(json.loads(text))
    return value


@cache
def _field_names(kind: type) -> tuple[str, ...]:
    return tuple(f.name for f in fields(kind)) if is_dataclass(kind) else ()


def _plain(value: Any) -> Any:
    """One step towards the words of JSON; the encoder (in C) asks again for what is inside."""
    if names := _field_names(typing.cast(Hashable, type(value))):
        return {name: getattr(value, name) for name in names}
    if isinstance(value, set | frozenset):
        return sorted(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, datetime):
        return to_us(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"a {type(value).__name__} has no place in a JSON column")


_to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_plain).encode


@cache
def _reader(kind: Any) -> Callable[[Any], Any]:
    """How a value of the type `kind` is read from JSON."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        (inner,) = (a for a in arguments if a is not type(None))
        read_inner = _reader(inner)
        return lambda raw: None if raw is None else read_inner(raw)
    if origin is tuple:
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            read_item = _reader(arguments[0])
            return lambda raw: tuple(read_item(item) for item in raw)
        readers = [_reader(a) for a in arguments]
        return lambda raw: tuple(read(item) for read, item in zip(readers, raw, strict=True))
    if origin is frozenset:
        return frozenset
    if origin is dict or origin is Mapping:
        read_value = _reader(arguments[1])
        return lambda raw: {key: read_value(item) for key, item in raw.items()}
    if is_dataclass(kind):
        return _dataclass_reader(kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind
    if kind is datetime:
        return from_us
    if kind is date:
        return date.fromisoformat
    return _as_it_is


def _as_it_is(raw: Any) -> Any:
    return raw


def _dataclass_reader(kind: Any) -> Callable[[Any], Any]:
    hints = typing.get_type_hints(kind)
    readers = {f.name: _reader(hints[f.name]) for f in fields(kind)}
    required = {f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING}

    def read(raw: Any) -> Any:
        if missing := required - raw.keys():
            raise ValueError(f"a stored {kind.__name__} lacks {', '.join(sorted(missing))}")
        return kind(**{name: reader(raw[name]) for name, reader in readers.items() if name in raw})

    return read


_COMPACT = re.compile(r"(?a:\d{8,14})")
_DIGITS = re.compile(r"(?a:\d+)")


def sort_key(printed: str) -> str:
    """Fourteen digits by which times as sent or as printed can be compared; empty when there is none.

    >>> sort_key("2024-9-8 10:24"), sort_key("20240908102422+0800"), sort_key("2024年9月8日")
    ('20240908102400', '20240908102422', '20240908000000')
    """
    if compact := _COMPACT.match(printed.strip()):
        return compact.group().ljust(14, "0")
    parts: list[str] = _DIGITS.findall(printed)[:6]
    if len(parts) < 3 or len(parts[0]) != 4:
        return ""
    return (parts[0] + "".join(part.zfill(2)[:2] for part in parts[1:])).ljust(14, "0")
