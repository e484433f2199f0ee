"""The ward page: every open alert stands on it from the moment it is in the database."""

from __future__ import annotations

from dataclasses import dataclass

from plugin.domain.notice import Notice


@dataclass(frozen=True, slots=True)
class WardPage:
    """Nothing is sent: the page asks every few seconds.  Whether anybody looks, nobody knows."""

    name: str = "ward_page"

    def send(self, notice: Notice) -> bool:
        return False
