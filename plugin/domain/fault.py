"""What is wrong with this node or what it is connected to, to be said in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

KINDS: Final = (
    *("silent", "long_silent", "refused", "parked", "queue"),
    *("more_silent", "more_refused", "more_parked", "more_queue"),
    *("no_header", "no_sender", "reports_late", "images_late", "unwritten"),
)
"""Texts of the catalogue under ``fault``."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to look into.

    Parameters
    ----------
    kind
        One of :data:`KINDS`.
    values
        What stands in its text.
    """

    kind: str
    values: Mapping[str, object] = field(default_factory=dict)
