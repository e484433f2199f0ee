"""The verification code beside a label: short enough to type, and checked without any database.

``A1/40F9-7K2M-…``: the accession number, then day and seal.  The seal is an HMAC-SHA256 of
institution, region, accession number and day with the site's key, cut to 64 bits: nobody
without the key makes one by trying (ADR 0056).  It says that the label was given on that
day; whether it still stands only the running service knows.

>>> key = bytes(32)
>>> code = verification_code(key, "H1", "chuanyu", "A1", date(2026, 6, 1))
>>> check_code(key, "H1", ["national", "chuanyu"], code.lower().replace("-", " "))
('chuanyu', 'A1', datetime.date(2026, 6, 1))
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from datetime import date, timedelta

from plugin.domain.errors import InvalidInput, NotAuthentic

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U, which people misread."""
_MISREAD = str.maketrans("OIL", "011")
_EPOCH = date(2000, 1, 1)
_DAY_BYTES, _SEAL_BYTES = 2, 8
_LETTERS = (_DAY_BYTES + _SEAL_BYTES) * 8 // 5


def verification_code(
    key: bytes, institution_id: str, region_id: str, accession_number: str, on: date
) -> str:
    """The code of a label that was given on this day."""
    days = (on - _EPOCH).days
    raw = days.to_bytes(_DAY_BYTES, "big") + _seal(key, institution_id, region_id, accession_number, days)
    number = int.from_bytes(raw, "big")
    letters = "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(_LETTERS)))
    return f"{accession_number}/" + "-".join(letters[at : at + 4] for at in range(0, _LETTERS, 4))


def check_code(
    key: bytes, institution_id: str, region_ids: Iterable[str], code: str
) -> tuple[str, str, date]:
    """Region, accession number and day that a code vouches for.

    Raises
    ------
    InvalidInput
        It is not written like a code.
    NotAuthentic
        It is none of ours.
    """
    accession_number, _, typed = code.strip().rpartition("/")
    letters = "".join(c for c in typed.upper().translate(_MISREAD) if c not in " -")
    if not accession_number or len(letters) != _LETTERS or set(letters) - set(_ALPHABET):
        raise InvalidInput("code", f"is an accession number, a slash and {_LETTERS} letters and digits")
    number = 0
    for letter in letters:
        number = number << 5 | _ALPHABET.index(letter)
    raw = number.to_bytes(_DAY_BYTES + _SEAL_BYTES, "big")
    days = int.from_bytes(raw[:_DAY_BYTES], "big")
    for region_id in region_ids:
        if hmac.compare_digest(
            raw[_DAY_BYTES:], _seal(key, institution_id, region_id, accession_number, days)
        ):
            return region_id, accession_number, _EPOCH + timedelta(days=days)
    raise NotAuthentic("the code was not made by this hospital, or was mistyped")


def corner_text(institution_name: str, mark: str, code: str) -> str:
    """What a report shows in its corner (DB50 6.4: 在图像或报告的右上角)."""
    return f"{institution_name} {mark}\n{code}"


def _seal(key: bytes, institution_id: str, region_id: str, accession_number: str, days: int) -> bytes:
    said = "\x1f".join(("label", institution_id, region_id, accession_number, str(days)))
    return hmac.new(key, said.encode(), hashlib.sha256).digest()[:_SEAL_BYTES]
