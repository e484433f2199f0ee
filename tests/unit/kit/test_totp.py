"""One-time passwords: the vectors of RFC 4226 and RFC 6238, and none is good twice."""

from __future__ import annotations

import base64

import pytest

from plugin.kit.totp import address, code, matching_step, new_secret

KEY = b"12345678901234567890"
SECRET = base64.b32encode(KEY).decode()


def test_the_vectors_of_rfc_4226_appendix_d() -> None:
    assert [code(KEY, step) for step in range(10)] == [
        "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("now_s", "digits"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (2000000000, "279037")],
)
def test_the_vectors_of_rfc_6238_appendix_b_in_six_digits(now_s: int, digits: str) -> None:
    assert matching_step(SECRET, digits, now_s, 0) == now_s // 30
    assert matching_step(SECRET, f"{digits[:3]} {digits[3:]}", now_s, 0) == now_s // 30


def test_a_neighbouring_step_is_taken_and_one_farther_is_not() -> None:
    now_s = 3000.0
    for away, found in ((-2, None), (-1, 99), (0, 100), (1, 101), (2, None)):
        assert matching_step(SECRET, code(KEY, 100 + away), now_s, 0) == found


def test_none_is_good_twice() -> None:
    assert matching_step(SECRET, code(KEY, 100), 3000.0, 99) == 100
    assert matching_step(SECRET, code(KEY, 100), 3000.0, 100) is None


@pytest.mark.parametrize("offered", ["", "12345", "1234567", "12345a", "１２３４５６", "755224 0"])
def test_what_is_no_code_matches_nothing(offered: str) -> None:
    assert matching_step(SECRET, offered, 0.0, -1) is None


def test_a_secret_that_is_no_base32_matches_nothing() -> None:
    assert matching_step("not base32!", "755224", 0.0, -1) is None


def test_a_new_secret_and_its_address() -> None:
    secret = new_secret(KEY + b"more than needed")
    assert base64.b32decode(secret) == KEY
    with pytest.raises(ValueError, match="20 random bytes"):
        new_secret(b"too few")
    assert address(secret, "wang@h 1") == (
        f"otpauth://totp/SignGate:wang%40h%201?secret={secret}&issuer=SignGate"
    )
