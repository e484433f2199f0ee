"""Who called, is it fresh, and was it said before: the Standard Webhooks scheme, both ways.

A call carries ``webhook-id``, ``webhook-timestamp`` (seconds since 1970) and
``webhook-signature`` (space-separated ``v1,<base64>``); the signed content is
``id.timestamp.body`` and the algorithm HMAC-SHA256.  For GET and DELETE the body is the
method, path and query as sent (design: decisions 7).  Whether an ID was seen before is
the caller's question to its store, not ours.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping

from plugin.domain.errors import NotAuthentic

TOLERANCE_S = 300
"""A call older, or further in the future, is refused."""


def decode_secret(secret: str) -> bytes:
    """Bytes of a secret written as ``whsec_<base64>`` or plain base64.

    Raises
    ------
    ValueError
        When it is not base64, or shorter than 24 bytes.
    """
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError as error:
        raise ValueError("a webhook secret is base64, optionally after whsec_") from error
    if len(key) < 24:
        raise ValueError("a webhook secret has at least 24 bytes")
    return key


def sign(secret: bytes, call_id: str, timestamp_s: int, body: bytes) -> str:
    """Signature header value for one secret."""
    content = f"{call_id}.{timestamp_s}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(secret, content, hashlib.sha256).digest()).decode()


def headers(secret: bytes, call_id: str, timestamp_s: int, body: bytes) -> dict[str, str]:
    """The three headers of an outgoing call."""
    return {
        "webhook-id": call_id,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": sign(secret, call_id, timestamp_s, body),
    }


def signed_body(method: str, path_and_query: str, body: bytes) -> bytes:
    """What stands for the body in the signed content."""
    return f"{method} {path_and_query}".encode() if method in {"GET", "DELETE", "HEAD"} else body


def verify(secrets: Iterable[bytes], sent: Mapping[str, str], body: bytes, now_s: float) -> tuple[str, int]:
    """Check a call.

    Parameters
    ----------
    secrets
        Valid secrets, current first; two during a rotation.
    sent
        Headers, names in lower case.
    body
        As returned by :func:`signed_body`.
    now_s
        Seconds since 1970.

    Returns
    -------
    tuple
        The call's ID and which secret (0 = current) matched.

    Raises
    ------
    NotAuthentic
        Missing or malformed header, stale call, or no signature that matches.
    """
    call_id = sent.get("webhook-id", "")
    stamp = sent.get("webhook-timestamp", "")
    if not call_id or not stamp or not sent.get("webhook-signature"):
        raise NotAuthentic("webhook-id, webhook-timestamp and webhook-signature are all required")
    if len(call_id) > 256 or not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        raise NotAuthentic("webhook-id or webhook-timestamp is malformed")
    if abs(now_s - int(stamp)) > TOLERANCE_S:
        raise NotAuthentic(f"the call's time is more than {TOLERANCE_S} s from ours; check the clocks")
    offered = [part for part in sent["webhook-signature"].split(" ")[:16] if part.startswith("v1,")]
    for index, secret in enumerate(secrets):
        expected = sign(secret, call_id, int(stamp), body)
        if any(hmac.compare_digest(expected.encode(), part.encode("utf-8", "replace")) for part in offered):
            return call_id, index
    raise NotAuthentic("the signature does not match")
