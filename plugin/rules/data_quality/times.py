"""DB50 7.1.1 及时性 and 7.1.5 连续性: what took too long, and what is about to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta, tzinfo
from itertools import pairwise

from plugin.domain.data_quality import DataAlarm, Figure, Kind, StudyRecord
from plugin.kit.registry import Options
from plugin.kit.settings import Positive, Share
from plugin.rules.recognition.items import DICOM_CLASSES

_MOMENT = re.compile(
    r"(\d{4})\D?(\d{1,2})\D?(\d{1,2})(?:日|T|\s)*(\d{1,2})\D?(\d{2})(?:\D?(\d{2}))?(?:\.\d+)?\s*(Z|[+-]\d{2}:?\d{2})?"
)


class Limit(Options):
    """A report must be out `report_h` hours after the examination."""

    kind: Kind
    modalities: tuple[str, ...]
    report_h: Positive


class Timeliness(Options):
    """7.1.1.

    Parameters
    ----------
    warn_share
        When this share of a limit has passed it is time for an alarm.
    special_words
        Words of an item's name that make it one of 特殊检查项目及疑难病例.
    """

    clause: str
    warn_share: Share = 0.8
    upload_h: Positive
    special_words: tuple[str, ...] = ()
    limits: tuple[Limit, ...]


class Continuity(Options):
    """7.1.5; `warn_share` of the longest pause is time for an alarm."""

    clause: str
    longest_gap_h: Positive
    warn_share: Share = 0.8


def moment(printed: str, zone: tzinfo) -> datetime | None:
    """A time as sent or printed, of `zone` where it names none; ``None`` without an hour and a minute.

    >>> from datetime import UTC
    >>> moment("2026年6月1日 08:30", UTC), moment("20260601", UTC)
    (datetime.datetime(2026, 6, 1, 8, 30, tzinfo=datetime.timezone.utc), None)
    """
    found = _MOMENT.match(printed.strip())
    if found is None:
        return None
    *numbers, offset = found.groups()
    try:
        at = datetime(*(int(each or 0) for each in numbers), tzinfo=zone)  # type: ignore[arg-type, misc]  # six integers
        return datetime.fromisoformat(f"{at:%Y-%m-%dT%H:%M:%S}{offset}") if offset else at
    except ValueError:
        return None


def reports_in_time(rules: Timeliness, records: Sequence[StudyRecord], now: datetime) -> Figure:
    """From the examination to the first final report."""
    cases, measured = [], 0
    for each in records:
        limit = _limit(rules, each)
        if limit is None or each.performed_at is None or (each.reported and each.reported_at is None):
            continue
        if each.reported_at is None and now - each.performed_at < limit:
            continue
        measured += 1
        taken = (each.reported_at or now) - each.performed_at
        if taken >= limit:
            word = "用时" if each.reported_at else "尚无报告，已过"
            cases.append((each.accession_number, f"{word}{in_words(taken)}，时限{in_words(limit)}"))
    return met_by("timeliness", "报告及时性", rules.clause, measured, cases)


def uploads_in_time(rules: Timeliness, records: Sequence[StudyRecord], now: datetime) -> Figure:
    """From the examination to its images on their way; not measurable where none pass through us."""
    limit = timedelta(hours=rules.upload_h)
    cases, measured = [], 0
    if any(each.uploaded_at for each in records):
        for each in records:
            if each.performed_at is None or (each.uploaded_at is None and now - each.performed_at < limit):
                continue
            measured += 1
            taken = (each.uploaded_at or now) - each.performed_at
            if taken >= limit:
                word = "上传用时" if each.uploaded_at else "尚未上传，已过"
                cases.append((each.accession_number, f"{word}{in_words(taken)}，时限{in_words(limit)}"))
    return met_by("upload", "上传及时性", rules.clause, measured, cases)


def continuous(rules: Continuity, records: Sequence[StudyRecord], now: datetime) -> Figure:
    """Every pause between uploads counts, the one that still lasts too."""
    uploads = sorted(each.uploaded_at for each in records if each.uploaded_at is not None)
    limit = timedelta(hours=rules.longest_gap_h)
    pauses = list(pairwise([*uploads, max(now, uploads[-1])])) if uploads else []
    cases = [
        ("", f"{start:%Y-%m-%d %H:%M} 起间断{in_words(end - start)}")
        for start, end in pauses
        if end - start > limit
    ]
    return met_by("continuity", "连续性", rules.clause, len(pauses), cases)


def running_out(rules: Timeliness, records: Iterable[StudyRecord], now: datetime) -> Iterator[DataAlarm]:
    """Examinations without report, or images not on their way, whose time is nearly over."""
    upload, waiting = timedelta(hours=rules.upload_h), list(records)
    through_us = any(each.uploaded_at for each in waiting)
    for each in waiting:
        if each.performed_at is None:
            continue
        passed, limit = now - each.performed_at, _limit(rules, each)
        if limit and not each.reported and _nearly(passed, limit, rules.warn_share):
            yield DataAlarm("report", each.accession_number, f"距报告时限还有{in_words(limit - passed)}")
        if through_us and each.uploaded_at is None and _nearly(passed, upload, rules.warn_share):
            yield DataAlarm("upload", each.accession_number, f"距上传时限还有{in_words(upload - passed)}")


def falling_silent(rules: Continuity, records: Iterable[StudyRecord], now: datetime) -> Iterator[DataAlarm]:
    """The pause that lasts comes near to the longest that is allowed."""
    last = max((each.uploaded_at for each in records if each.uploaded_at), default=None)
    limit = timedelta(hours=rules.longest_gap_h)
    if last and _nearly(now - last, limit, rules.warn_share):
        yield DataAlarm("pause", "", f"影像上传已间断{in_words(now - last)}，上限{in_words(limit)}")


def met_by(
    name: str, text: str, clause: str, measured: int, cases: Sequence[tuple[str, str]], least: float = 1.0
) -> Figure:
    """A figure of `measured` studies of which `cases` do not meet it."""
    share = (measured - len(cases)) / measured if measured else None
    return Figure(
        name=name, text=text, clause=clause, share=share, least=least, measured=measured, cases=tuple(cases)
    )


def in_words(span: timedelta) -> str:
    """Hours with a decimal, minutes below one hour."""
    hours = span.total_seconds() / 3600
    return f"{hours:.1f}小时" if hours >= 1 else f"{hours * 60:.0f}分钟"


def _nearly(passed: timedelta, limit: timedelta, share: float) -> bool:
    return limit * share <= passed < limit


def _limit(rules: Timeliness, record: StudyRecord) -> timedelta | None:
    modality = DICOM_CLASSES.get(record.modality.upper(), record.modality).replace("MG", "DR")
    for limit in rules.limits:
        if limit.kind == record.kind and modality in limit.modalities:
            return timedelta(hours=limit.report_h)
    return None
