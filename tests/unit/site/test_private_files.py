"""Secrets in files of their own."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from plugin.site.private_files import kept_secrets, write_private


def test_only_the_owner_reads_it_and_it_is_never_written_over(tmp_path: Path) -> None:
    file = tmp_path / "secrets" / "key"
    write_private(file, "first\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        write_private(file, "second\n")
    assert file.read_text() == "first\n"


def test_a_secret_is_found_by_its_name(tmp_path: Path) -> None:
    write_private(tmp_path / "secrets" / "robot", "s3cret\n")
    secret = kept_secrets(tmp_path)
    assert secret("robot") == "s3cret"
    with pytest.raises(KeyError):
        secret("nobody")
