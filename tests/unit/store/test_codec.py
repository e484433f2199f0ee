from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.domain.report import Exam, Report, ReportStatus
from plugin.domain.sampling import SamplingRule
from plugin.store.codec import from_json, from_us, sort_key, to_json, to_us


@given(st.datetimes(timezones=st.just(UTC)))
def test_times_come_back_to_the_microsecond(at: datetime) -> None:
    assert from_us(to_us(at)) == at


def test_another_zone_is_the_same_moment_and_none_is_refused() -> None:
    eight = datetime(2026, 6, 1, 16, 0, tzinfo=timezone(timedelta(hours=8)))
    assert from_us(to_us(eight)) == datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
    with pytest.raises(TypeError):
        to_us(datetime(2026, 6, 1))  # noqa: DTZ001  # that is the point


@given(st.text(), st.frozensets(st.text()), st.lists(st.text()))
def test_reports_come_back(text: str, delivered: frozenset[str], flags: list[str]) -> None:
    report = Report(
        exam=Exam(accession_number=text),
        findings=text,
        delivered=delivered,
        abnormal_flags=tuple(flags),
        status=ReportStatus.CORRECTED,
    )
    assert from_json(Report, to_json(report)) == report


def test_chinese_stays_readable_and_sets_are_sorted() -> None:
    assert to_json({"文": frozenset({"乙", "丙"})}) == '{"文":["丙","乙"]}'


def test_unknown_keys_are_passed_over_and_absent_ones_take_their_default() -> None:
    rule = from_json(SamplingRule, '{"name": "a", "p": 0.5, "invented_later": 1}')
    assert rule == SamplingRule(name="a", p=0.5)
    with pytest.raises(ValueError, match="SamplingRule lacks p"):
        from_json(SamplingRule, '{"name": "a"}')


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, slots=True)
class Mixed:
    day: date
    moment: datetime | None
    pairs: tuple[tuple[str, int], ...]
    colours: dict[str, Colour]


def test_nested_kinds_come_back() -> None:
    value = Mixed(date(2026, 6, 1), datetime(2026, 6, 1, tzinfo=UTC), (("a", 1),), {"x": Colour.RED})
    assert from_json(Mixed, to_json(value)) == value
    assert from_json(Mixed, to_json(Mixed(date(2026, 6, 1), None, (), {}))).moment is None


@pytest.mark.parametrize("value", [object(), b"bytes", float("nan")])
def test_what_json_cannot_say_is_refused(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        to_json({"x": value})


@pytest.mark.parametrize(
    ("printed", "key"),
    [
        ("2024-09-08 10:24:22", "20240908102422"),
        ("2024-9-8 9:05", "20240908090500"),
        ("20240908102422.123+0800", "20240908102422"),
        ("20240908", "20240908000000"),
        ("2024年9月8日 10时24分", "20240908102400"),
        ("2024-09-08T10:24:22+08:00", "20240908102422"),
        ("2024/09/08", "20240908000000"),
        ("", ""),
        ("见申请单", ""),
        ("2024-09", ""),
        ("08-09-2024", ""),
    ],
)
def test_times_as_printed_can_be_compared(printed: str, key: str) -> None:
    assert sort_key(printed) == key
