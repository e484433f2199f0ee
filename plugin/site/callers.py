"""``[callers]``: systems that call the hooks, and the secrets they sign with."""

from __future__ import annotations

import base64
import secrets
from pathlib import Path
from typing import Annotated

from pydantic import Field

from plugin.domain.errors import ConfigError
from plugin.kit import signature
from plugin.kit.registry import Options
from plugin.site.private_files import write_private


class CallerSettings(Options):
    """``[callers.<name>]``: a system that calls the hooks.

    Parameters
    ----------
    secret_file
        Webhook secret, relative to the data folder; made at random when it is not there,
        so that no secret stands in a configuration file (ADR 6).
    previous_secret_file
        The secret before, still taken during a rotation.
    call_back
        Where a released gate is reported; empty: the caller asks.
    """

    secret_file: Path
    previous_secret_file: Path | None = None
    call_back: Annotated[str, Field(pattern=r"^(https?://[^\s/]+(/\S*)?)?$")] = ""


def caller_secrets(caller: CallerSettings, data_dir: Path) -> tuple[str, ...]:
    """The caller's secrets (``whsec_…``), current first; a missing current one is made.

    Raises
    ------
    ConfigError
        When a secret file holds no webhook secret.
    """
    current = data_dir / caller.secret_file
    if not current.exists():
        write_private(current, "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode() + "\n")
    files = [current]
    if caller.previous_secret_file is not None:
        files.append(data_dir / caller.previous_secret_file)
    found = []
    for file in files:
        try:
            secret = file.read_text(encoding="ascii").strip()
            signature.decode_secret(secret)
            found.append(secret)
        except (OSError, ValueError) as error:
            raise ConfigError(str(file), "", f"cannot be used as a webhook secret: {error}") from error
    return tuple(found)
