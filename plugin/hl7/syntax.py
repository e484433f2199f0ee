"""How the values of one message are written, and what it may ask of the reader."""

from __future__ import annotations

from dataclasses import dataclass

from plugin.hl7.escape import plain, unescape
from plugin.hl7.header import DEFAULT_DELIMITERS, Delimiters


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderLimits:
    """What a message may ask of the reader.  Real reports stay below a tenth of each."""

    segments: int = 5_000
    fields: int = 1_000
    repetitions: int = 1_000
    text_chars: int = 1_048_576
    """Of one field, encapsulated data (OBX-2 ED) aside."""


LIMITS = ReaderLimits()
"""Of a message whose reader names none."""


class Syntax:
    """How the values of one message are written: what its segments share.

    They do not know the message, which knows them: it goes at once when it is done with, and
    not when the collector of cycles comes to it.
    """

    __slots__ = ("codec", "cuts", "delimiters", "limits", "separator")

    def __init__(self, delimiters: Delimiters, codec: str, limits: ReaderLimits) -> None:
        self.delimiters, self.codec, self.limits = delimiters, codec, limits
        self.separator, self.cuts = delimiters.field, limits.fields + 1

    def clean(self, raw: str) -> str:
        """Unescape a piece of a field and take out what no value may hold."""
        if raw == '""':
            return ""
        if self.delimiters.escape in raw:
            raw = unescape(raw, self.delimiters, self.codec)
        return (raw if raw.isprintable() else plain(raw)).strip()


USUAL = Syntax(DEFAULT_DELIMITERS, "utf-8", LIMITS)
"""Of a segment that is read by itself, and of what most senders send."""
