"""What `profile learn` proposes, as TOML for a person to read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from plugin.kit.printable import is_printable


@dataclass(slots=True)
class Proposal:
    """A profile's content, as nested tables, a reason for each key, and what only a person can answer."""

    content: dict[str, Any] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    questions: list[str] = field(default_factory=list)

    def propose(self, dotted: str, value: Any, reason: str) -> None:
        """Set a key; `reason` becomes the comment beside it."""
        *tables, key = dotted.split(".")
        table = self.content
        for name in tables:
            table = table.setdefault(name, {})
        table[key] = value
        self.reasons[dotted] = reason

    def as_toml(self) -> str:
        """The proposal as a file for config/hl7."""
        lines = ['extends = "default"', ""]
        for name, table in self.content.items():
            lines += _table(name, table, self.reasons)
        return "\n".join(lines).rstrip() + "\n"


def _table(name: str, table: Mapping[str, Any], reasons: Mapping[str, str]) -> list[str]:
    plain = {key: value for key, value in table.items() if not isinstance(value, dict)}
    lines = [f"[{name}]"] if plain else []
    for key, value in plain.items():
        lines.append(f"{key} = {_value(value)}  # {reasons[f'{name}.{key}']}")
    if plain:
        lines.append("")
    for key, value in table.items():
        if isinstance(value, dict):
            lines += _table(f"{name}.{key}", value, reasons)
    return lines


def _value(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(char if is_printable(char) else f"\\U{ord(char):08x}" for char in text) + '"'
