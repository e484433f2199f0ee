"""What was worked out lately, kept while it may be asked for again."""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")


class Recent(Generic[T]):
    """Values by the text they were worked out of, the latest of them.

    A report is looked at several times within minutes, at each signature, as a message, as
    somebody's earlier examination; and names of examinations come again all day.  Two
    generations, of which the older is let go when the younger is full: no lock, no list of ages.

    Parameters
    ----------
    characters
        Of text that a generation holds.
    """

    def __init__(self, characters: int) -> None:
        self._most = characters
        self._held = 0
        self._young: dict[str, T] = {}
        self._old: dict[str, T] = {}

    def get(self, text: str) -> T | None:
        """The value put for `text`, unless it was let go."""
        value = self._young.get(text)
        if value is None and (value := self._old.get(text)) is not None:
            self.put(text, value)
        return value

    def put(self, text: str, value: T) -> None:
        """Keep `value` for `text`; a text longer than a generation is not kept."""
        if len(text) > self._most:
            return
        if self._held + len(text) > self._most:
            self._old, self._young, self._held = self._young, {}, 0
        self._young[text] = value
        self._held += len(text)

    def __len__(self) -> int:
        """How many values are held."""
        return len(self._young.keys() | self._old.keys())
