"""Children of a container, asked for by the names that the template knows them by."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime

from plugin.sr.codes import Code, CodeBook
from plugin.sr.tree import Item, Measured


class Rows:
    """The children of a container by the template's names."""

    def __init__(self, items: Iterable[Item], book: CodeBook) -> None:
        self.items, self._book = list(items), book

    def all(self, name: str) -> list[Item]:
        """Every row with this concept name."""
        return [item for item in self.items if self._book.name_of(item.name) == name]

    def text(self, name: str) -> str:
        """A row's text, empty when there is none."""
        for item in self.all(name):
            if isinstance(item.value, str):
                return item.value
        return ""

    def code(self, name: str) -> Code | None:
        """A row's code."""
        for item in self.all(name):
            if isinstance(item.value, Code):
                return item.value
        return None

    def name(self, name: str) -> str:
        """The template's name of a row's code, e.g. ``yes``."""
        return self._book.name_of(self.code(name))

    def moment(self, name: str) -> datetime | None:
        """A row's date and time."""
        for item in self.all(name):
            if isinstance(item.value, datetime):
                return item.value
        return None

    def number(self, name: str) -> int | None:
        """A row's whole number."""
        found = self.points(name)
        return None if found is None else round(found)

    def points(self, name: str) -> float | None:
        """A row's number."""
        return next((measured(item) for item in self.all(name)), None)


def measured(item: Item) -> float | None:
    """A numeric item's value; ``None`` for any other, and for what is no number."""
    if not isinstance(item.value, Measured):
        return None
    try:
        value = float(item.value.digits)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
