"""One-time passwords by time (RFC 6238): HMAC-SHA1, six digits, steps of thirty seconds."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from urllib.parse import quote

STEP_S = 30
_DIGITS = 6


def code(key: bytes, step: int) -> str:
    """The password of one step (RFC 4226 5.3)."""
    digest = hmac.new(key, step.to_bytes(8, "big"), hashlib.sha1).digest()
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**_DIGITS:0{_DIGITS}d}"


def matching_step(secret: str, offered: str, now_s: float, after: int) -> int | None:
    """The step that `offered` belongs to: the present one or its neighbours, and later than `after`.

    ``None`` when it belongs to none of them, or `secret` is no base32.

    Parameters
    ----------
    secret
        Base32, as the person's device was given it.
    now_s
        Seconds since 1970.
    after
        Last step that was used: none is good twice (RFC 6238 5.2).
    """
    digits = "".join(offered.split())
    if len(digits) != _DIGITS or not digits.isascii() or not digits.isdigit():
        return None
    try:
        key = base64.b32decode(secret)
    except binascii.Error:
        return None  # a secret that somebody has typed into the form of his own
    present = int(now_s // STEP_S)
    found = None
    for step in (present - 1, present, present + 1):
        if hmac.compare_digest(code(key, step), digits) and step > after:
            found = step
    return found


def new_secret(random_bytes: bytes) -> str:
    """Base32 of 20 random bytes, as RFC 4226 4 recommends.

    Raises
    ------
    ValueError
        When there are fewer.
    """
    if len(random_bytes) < 20:
        raise ValueError("a TOTP secret needs 20 random bytes")
    return base64.b32encode(random_bytes[:20]).decode("ascii")


def address(secret: str, login: str, issuer: str = "SignGate") -> str:
    """``otpauth://…``, which authenticator apps understand."""
    return f"otpauth://totp/{quote(issuer)}:{quote(login)}?secret={secret}&issuer={quote(issuer)}"
