"""Codes for people: typed as they come, made by nobody else."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.domain.errors import InvalidInput, NotAuthentic
from plugin.rules.recognition.code import check_code, corner_text, verification_code

KEY = b"k" * 32
DAY = date(2026, 6, 1)
CODE = verification_code(KEY, "H1", "chuanyu", "A/1", DAY)


def test_a_code_is_short_and_says_what_it_seals() -> None:
    assert len(CODE) == len("A/1/XXXX-XXXX-XXXX-XXXX")
    assert check_code(KEY, "H1", ["national", "chuanyu"], CODE) == ("chuanyu", "A/1", DAY)
    assert corner_text("测试医院", "川渝 HR", CODE).endswith(CODE)


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=20),
    st.dates(date(2000, 1, 1), date(2150, 1, 1)),
)
def test_what_is_made_can_be_checked(number: str, day: date) -> None:
    code = verification_code(KEY, "H1", "beijing", number, day)
    assert check_code(KEY, "H1", ["beijing"], code) == ("beijing", number, day)


@pytest.mark.parametrize("at", range(len("A/1/"), len(CODE)))
def test_no_letter_can_be_changed(at: int) -> None:
    if CODE[at] == "-":
        return
    other = "3" if CODE[at] != "3" else "4"
    with pytest.raises(NotAuthentic):
        check_code(KEY, "H1", ["chuanyu"], CODE[:at] + other + CODE[at + 1 :])


@pytest.mark.parametrize(
    ("key", "institution", "regions", "number"),
    [
        (b"j" * 32, "H1", ["chuanyu"], "A/1"),
        (KEY, "H2", ["chuanyu"], "A/1"),
        (KEY, "H1", ["beijing"], "A/1"),
        (KEY, "H1", ["chuanyu"], "A/2"),
    ],
)
def test_another_key_hospital_region_or_examination(
    key: bytes, institution: str, regions: list[str], number: str
) -> None:
    with pytest.raises(NotAuthentic):
        check_code(key, institution, regions, f"{number}/{CODE.rpartition('/')[2]}")


@pytest.mark.parametrize("code", ["", "A1", "A1/XX", f"{CODE}0", "A1/UUUU-UUUU-UUUU-UUUU"])
def test_what_is_no_code_is_said(code: str) -> None:
    with pytest.raises(InvalidInput):
        check_code(KEY, "H1", ["chuanyu"], code)
