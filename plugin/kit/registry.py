"""From a name in ``config/`` to a function, with its options checked on the way.

Every kind of plug-in point of SignGate has the same shape: an entry is a name, a frozen
`Options` type, and one function.  The configuration names the entry and gives its
options; `Registry.build` checks them and returns the function with its options bound.

>>> class Greeting(Options):
...     word: str = "你好"
>>> def greet(options: Greeting, whom: str) -> str:
...     return f"{options.word}，{whom}"
>>> greetings = Registry("greeting", [Entry("plain", Greeting, greet)])
>>> greetings.build("plain", {"word": "早"}, "config/greetings.toml")("李四")
'早，李四'
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.metadata import entry_points
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from plugin.domain.errors import ConfigError
from plugin.kit.settings import line_of, validate

R = TypeVar("R")


class Options(BaseModel):
    """Base of every options type: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=False)


@dataclass(frozen=True, slots=True)
class Entry(Generic[R]):
    """One plug-in: `function` takes its options first."""

    name: str
    options: type[Options]
    function: Callable[..., R]


class Registry(Generic[R]):
    """A table of entries of one kind.

    Parameters
    ----------
    kind
        What the entries are, for error messages.
    entries
        Our own entries; the table is written where it can be grepped.
    group
        Entry-point group under which third parties register an :class:`Entry`;
        read at the first miss, never at import.
    """

    def __init__(self, kind: str, entries: Iterable[Entry[R]], group: str = "") -> None:
        self.kind, self.group = kind, group
        self._entries = {entry.name: entry for entry in entries}
        self._outside_read = not group

    def names(self) -> list[str]:
        """Names of all entries, third parties' too, sorted."""
        self._read_outside()
        return sorted(self._entries)

    def entry(self, name: str, file: str = "", key: str = "") -> Entry[R]:
        """Return the entry called `name`.

        Raises
        ------
        ConfigError
            When there is none; the message lists what there is.
        """
        if name not in self._entries:
            self._read_outside()
        try:
            return self._entries[name]
        except KeyError:
            known = ", ".join(sorted(self._entries))
            text = f"unknown {self.kind} {name!r}; known: {known}"
            raise ConfigError(file, key or name, text, line_of(file, key or name)) from None

    def build(
        self, name: str, raw_options: Mapping[str, Any], file: str = "", key: str = ""
    ) -> Callable[..., R]:
        """Check `raw_options` and return the entry's function with them bound."""
        entry = self.entry(name, file, key)
        return partial(entry.function, validate(entry.options, raw_options, file, key or name))

    def _read_outside(self) -> None:
        if self._outside_read:
            return
        self._outside_read = True
        for point in entry_points(group=self.group):
            entry = point.load()
            self._entries.setdefault(entry.name, entry)
