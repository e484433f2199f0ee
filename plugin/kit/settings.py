"""TOML into typed, frozen settings; a mistake is named with file, line and key."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args

from pydantic import BaseModel, Field, ValidationError
from pydantic_core import ErrorDetails

from plugin.domain.errors import ConfigError

M = TypeVar("M", bound=BaseModel)

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?")
_KEY = re.compile(
    r"""^\s*((?:[A-Za-z0-9_\-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_\-]+|"[^"]*"|'[^']*'))*)\s*="""
)


Share = Annotated[float, Field(ge=0, le=1)]
"""A part of a whole."""

Positive = Annotated[float, Field(gt=0)]
"""A time, a length or a limit that cannot be nothing."""

_LIST, _TABLE, _WHOLE = 'must be a list: ["…", "…"]', "must be a table", "must be a whole number"
_WORDS = {
    "missing": "is missing",
    "string_type": "must be text in quotes",
    **dict.fromkeys(("tuple_type", "list_type", "set_type", "frozen_set_type"), _LIST),
    **dict.fromkeys(("dict_type", "mapping_type", "model_type", "model_attributes_type"), _TABLE),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), _WHOLE),
    **dict.fromkeys(("float_type", "float_parsing"), "must be a number"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "must be true or false"),
}
"""Kinds of mistakes of pydantic in words of TOML; the others say it well themselves."""

OwnPort = Annotated[int, Field(ge=0, le=65535)]
"""A port that we listen on; 0 takes a free one."""

PeerPort = Annotated[int, Field(ge=1, le=65535)]
"""A port that somebody else listens on."""


def read_toml(path: Path) -> dict[str, Any]:
    """Parse one file.

    Raises
    ------
    ConfigError
        When it cannot be read, is not UTF-8, or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError(str(path), "", "file not found") from None
    except OSError as error:
        raise ConfigError(str(path), "", f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(str(path), "", f"is not UTF-8 (byte {error.start}); save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        raise ConfigError(str(path), "", f"is not TOML: {error}", int(line[1]) if line else 0) from error


def load(model: type[M], path: Path) -> M:
    """Read `path` into `model`.

    Raises
    ------
    ConfigError
        Naming file, line and key of the first mistake, and the others of the file.
    """
    return validate(model, read_toml(path), str(path))


def validate(model: type[M], raw: Mapping[str, Any], file: str = "", prefix: str = "") -> M:
    """Check `raw` against `model`; `prefix` is the dotted key under which it stands in `file`."""
    try:
        return model.model_validate(dict(raw))
    except ValidationError as error:
        # A misspelt key comes before the one that is missing for it.
        found = sorted(error.errors(include_url=False), key=lambda each: each["type"] != "extra_forbidden")
        first, *others = (_mistake(model, each, file, prefix) for each in found)
        raise ConfigError(first.file, first.key, first.text, first.line, others) from None


def _mistake(model: type[BaseModel], found: ErrorDetails, file: str, prefix: str) -> ConfigError:
    place = tuple(part for part in found["loc"])
    dotted = ".".join(str(part) for part in ((prefix, *place) if prefix else place))
    if found["type"] == "extra_forbidden":
        text = _unknown(model, place)
    else:
        text = _WORDS.get(found["type"]) or found["msg"].removeprefix("Value error, ").replace(
            "Input should be", "must be"
        )
    return ConfigError(file, dotted, text, line_of(file, dotted))


def _unknown(model: type[BaseModel], place: tuple[int | str, ...]) -> str:
    """An unknown key with those that it may have been meant for, or else all that there are."""
    known = sorted(_fields_at(model, place[:-1]))
    near = difflib.get_close_matches(str(place[-1]), known, 3)
    if near:
        return f"unknown key; meant is perhaps {' or '.join(near)}"
    return f"unknown key; known: {', '.join(known)}" if known else "unknown key"


def _fields_at(model: type[BaseModel], place: tuple[int | str, ...]) -> set[str]:
    """Keys of the tables that may stand at `place` below `model`."""
    models = {model}
    for part in place:
        below = [each.model_fields.get(str(part)) for each in models]
        if found := [field for field in below if field is not None]:
            models = {each for field in found for each in _models_in(field.annotation)}
    return {name for each in models for name in each.model_fields}


def _models_in(annotation: object) -> set[type[BaseModel]]:
    """Models that an annotation names: ``dict[str, Pacs]``, ``tuple[Row, ...]``, ``Tls | None``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {annotation}
    return {found for part in get_args(annotation) for found in _models_in(part)}


def line_of(file: str, dotted: str) -> int:
    """Line of a dotted key in a TOML file, counted from 1; 0 when it cannot be told.

    A key inside an inline table or an absent one is given the line of its nearest parent.
    """
    path = Path(file)
    if not file or not path.is_file():
        return 0
    wanted = dotted.split(".")
    best, best_length = 0, 0
    table: list[str] = []
    counts: dict[str, int] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8-sig", errors="replace").splitlines(), 1):
        if header := _HEADER.match(line):
            table = _parts(header[2])
            if header[1] == "[[":
                name = ".".join(table)
                counts[name] = counts.get(name, -1) + 1
                table = [*table, str(counts[name])]
            here = table
        elif key := _KEY.match(line):
            here = [*table, *_parts(key[1])]
        else:
            continue
        if len(here) > best_length and wanted[: len(here)] == here:
            best, best_length = number, len(here)
    return best


def _parts(dotted: str) -> list[str]:
    return [part.strip().strip("\"'") for part in dotted.split(".")]
