"""Signed calls: our own signature, the reference library's, and every way to fail."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from plugin.domain.errors import NotAuthentic
from plugin.kit import signature

SECRET = b"0123456789abcdef0123456789abcdef"
NOW = 1_780_000_000
BODY = '{"签发": true}'.encode()


def call(**changes: str) -> dict[str, str]:
    return {**signature.headers(SECRET, "msg_1", NOW, BODY), **changes}


def test_our_signature_is_the_reference_librarys() -> None:
    reference = Webhook("whsec_" + base64.b64encode(SECRET).decode())
    expected = reference.sign("msg_1", datetime.fromtimestamp(NOW, UTC), BODY.decode())
    assert signature.sign(SECRET, "msg_1", NOW, BODY) == expected


def test_a_good_call() -> None:
    assert signature.verify([SECRET], call(), BODY, NOW + 299) == ("msg_1", 0)


def test_an_old_secret_is_told_apart() -> None:
    assert signature.verify([b"n" * 32, SECRET], call(), BODY, NOW) == ("msg_1", 1)


@pytest.mark.parametrize(
    ("sent", "body", "now"),
    [
        (call(), BODY + b" ", NOW),
        (call(), BODY, NOW + 301),
        (call(), BODY, NOW - 301),
        (call(**{"webhook-id": "msg_2"}), BODY, NOW),
        (call(**{"webhook-timestamp": str(NOW + 1)}), BODY, NOW),
        (call(**{"webhook-timestamp": "1e9"}), BODY, NOW),
        (call(**{"webhook-timestamp": "１７８"}), BODY, NOW),
        (call(**{"webhook-signature": ""}), BODY, NOW),
        (call(**{"webhook-signature": "v1a,xxxx v2,yyyy"}), BODY, NOW),
        (call(**{"webhook-signature": "v1,签名"}), BODY, NOW),
        ({}, BODY, NOW),
    ],
)
def test_bad_calls_are_refused(sent: dict[str, str], body: bytes, now: int) -> None:
    with pytest.raises(NotAuthentic):
        signature.verify([SECRET], sent, body, now)


def test_no_secret_means_nobody() -> None:
    with pytest.raises(NotAuthentic):
        signature.verify([], call(), BODY, NOW)


@pytest.mark.parametrize("secret", ["", "short", "whsec_c2hvcnQ=", "不是base64"])
def test_weak_secrets_are_refused(secret: str) -> None:
    with pytest.raises(ValueError, match="webhook secret"):
        signature.decode_secret(secret)


def test_get_signs_method_and_path() -> None:
    assert signature.signed_body("GET", "/hooks/report-sign/7?x=1", b"") == b"GET /hooks/report-sign/7?x=1"
    assert signature.signed_body("POST", "/hooks/report-sign", BODY) == BODY
