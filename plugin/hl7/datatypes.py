"""Names, people and times as HL7 data types carry them, and as Chinese systems fill them.

| sent | type | read as |
|---|---|---|
| ``张三丰^zhangsanfeng``, ``WANGXIULAN^王秀兰``, ``^张三`` | XPN | the part in Hanzi |
| ``张三^张^三`` | XPN | 张三 |
| ``张^三丰`` | XPN | 张三丰 |
| ``3001^^赵报告``, ``0146^谢某``, ``3001&赵报告`` | XCN, NDL | ID 3001, the name |
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from plugin.hl7.path import FieldPath, Paths, Source
from plugin.hl7.reader import Segment

_HANZI = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]")
_TIME = re.compile(r"(\d{4})(\d\d)?(\d\d)?(?:(\d\d)(\d\d)(\d\d)?)?(\.\d{1,4})?([+-]\d{4})?")


def iso_time(sent: str) -> str:
    """HL7 TS as ISO 8601 of the same precision; anything else as it was sent.

    >>> iso_time("20240612152900"), iso_time("200206281130"), iso_time("2002-06-25")
    ('2024-06-12 15:29:00', '2002-06-28 11:30', '2002-06-25')
    """
    match = _TIME.fullmatch(sent)
    if match is None:
        return sent
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    date = "-".join(part for part in (year, month, day) if part)
    if hour is None:
        return date
    clock = ":".join(part for part in (hour, minute, second) if part)
    return f"{date} {clock}{fraction or ''}{f'{zone[:3]}:{zone[3:]}' if zone else ''}"


def birth_date(sent: str) -> str:
    """``YYYY-MM-DD`` of a TS that may bear a time; anything else as it was sent."""
    return iso_time(sent[:8]) if sent[:8].isdigit() and len(sent) >= 8 else sent


def person_name(parts: Sequence[str]) -> str:
    """Name from family, given, middle, in whatever order and script they came."""
    first, second, third = (*parts, "", "", "")[:3]
    if _HANZI.search(first):
        if _HANZI.search(second) and not first.startswith(second) and len(first) <= 2 and len(second) <= 2:
            return first + second + (third if _HANZI.search(third) and len(third) <= 2 else "")
        return first
    hanzi = next((part for part in parts if _HANZI.search(part)), "")
    return hanzi or " ".join(part for part in (first, second, third) if part)


def patient_name(source: Source, paths: Paths) -> str:
    """The patient's name from the first path that holds one; of repetitions the one in Hanzi."""
    for path in paths:
        segment = path.find(source)
        if segment is None:
            continue
        if path.component:
            found = [path.value(source)]
        else:
            count = len(segment.repetitions(path.field))
            found = [person_name(segment.name_parts(path.field, number)) for number in range(1, count + 1)]
        if name := next((name for name in found if _HANZI.search(name)), next(filter(None, found), "")):
            return name
    return ""


def person(source: Source, paths: Paths) -> tuple[str, str]:
    """Identifier and name of the first path that holds a person."""
    for path in paths:
        segment = path.find(source)
        if segment is None:
            continue
        found = ("", path.value(source)) if path.component else _person(segment, path)
        if any(found):
            return found
    return "", ""


def _person(segment: Segment, path: FieldPath) -> tuple[str, str]:
    parts = segment.name_parts(path.field, path.repetition(segment) or 1)
    inner = segment.subcomponents(path.field)
    if len(inner) > 1:
        # NDL (OBR-32 to OBR-35): the person is the first component's subcomponents.
        parts = inner
    if not parts:
        return "", ""
    identifier, *names = parts
    name = person_name(names)
    if not name and (_HANZI.search(identifier) or " " in identifier):
        return "", identifier
    return identifier, name
