"""Secrets that stand in files of their own in the data folder."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner reads.

    Raises
    ------
    FileExistsError
        When it is there already; it is left alone.
    """
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as opened:
        opened.write(text)


def kept_secrets(data_dir: Path) -> Callable[[str], str]:
    """Name of a file below ``secrets`` to its text; KeyError when there is none of that name."""

    def secret(name: str) -> str:
        file = data_dir / "secrets" / name
        if not file.is_file():
            raise KeyError(name)
        return file.read_text(encoding="utf-8").strip()

    return secret
