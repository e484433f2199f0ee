"""Secrets of callers: made where none is, private, two during a rotation."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from plugin.domain.errors import ConfigError
from plugin.kit.signature import decode_secret
from plugin.site.callers import CallerSettings, caller_secrets

RIS = CallerSettings(secret_file=Path("secrets/ris"))


def test_a_missing_secret_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    (made,) = caller_secrets(RIS, tmp_path)
    assert len(decode_secret(made)) == 32
    assert caller_secrets(RIS, tmp_path) == (made,)
    file = tmp_path / "secrets" / "ris"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_two_secrets_hold_during_a_rotation_the_present_one_first(tmp_path: Path) -> None:
    (before,) = caller_secrets(RIS, tmp_path)
    rotating = CallerSettings(secret_file=Path("secrets/ris.new"), previous_secret_file=Path("secrets/ris"))
    now = caller_secrets(rotating, tmp_path)
    assert len(now) == 2
    assert now[1] == before != now[0]


@pytest.mark.parametrize("content", [b"", b"whsec_", b"whsec_!!!", b"secret", "whsec_密".encode()])
def test_a_file_that_holds_no_secret_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "secrets" / "ris"
    file.parent.mkdir()
    file.write_bytes(content)
    with pytest.raises(ConfigError, match="cannot be used as a webhook secret") as caught:
        caller_secrets(RIS, tmp_path)
    assert str(file) in str(caught.value)


def test_an_absent_previous_secret_is_an_error_and_none_is_made(tmp_path: Path) -> None:
    rotating = CallerSettings(secret_file=Path("a"), previous_secret_file=Path("b"))
    with pytest.raises(ConfigError):
        caller_secrets(rotating, tmp_path)
    assert not (tmp_path / "b").exists()
