"""TOML into typed, frozen settings; a mistake is named with file, line and key."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, Field, ValidationError

from plugin.domain.errors import ConfigError

M = TypeVar("M", bound=BaseModel)

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?")
_KEY = re.compile(
    r"""^\s*((?:[A-Za-z0-9_\-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_\-]+|"[^"]*"|'[^']*'))*)\s*="""
)


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
        Naming file, line and key of the first mistake.
    """
    return validate(model, read_toml(path), str(path))


def validate(model: type[M], raw: Mapping[str, Any], file: str = "", prefix: str = "") -> M:
    """Check `raw` against `model`; `prefix` is the dotted key under which it stands in `file`."""
    try:
        return model.model_validate(dict(raw))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = tuple(part for part in first["loc"])
        dotted = ".".join(str(part) for part in ((prefix, *place) if prefix else place))
        text = "unknown key" if first["type"] == "extra_forbidden" else first["msg"]
        raise ConfigError(file, dotted, text, line_of(file, dotted)) from None


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
