"""The one-time key of the first administrator: a file that only the service's account can read.

Whoever can read the data folder owns the installation anyway; nobody else can make the
first account, however early he finds the page.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

FILE = "first-administrator.key"


@dataclass(frozen=True, slots=True)
class SetupKey:
    """The key's file, for instance ``data/first-administrator.key``."""

    path: Path

    def ensure(self, new_secret: Callable[[], str]) -> str:
        """The key, made now (mode 0600) when there is none."""
        try:
            handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return self.path.read_text("ascii").strip()
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(new_secret() + "\n")
        return self.path.read_text("ascii").strip()

    def matches(self, offered: str) -> bool:
        """Whether `offered` is the key; never when there is none."""
        try:
            key = self.path.read_text("ascii").strip()
        except FileNotFoundError:
            return False
        return bool(key) and hmac.compare_digest(offered.strip().encode("utf-8", "replace"), key.encode())

    def discard(self) -> None:
        """It has served."""
        self.path.unlink(missing_ok=True)
