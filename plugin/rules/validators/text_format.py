"""段落、标点符号、空格等格式应准确 (000 描述要求)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plugin.domain.issue import Issue, Section, Span
from plugin.rules.case_reading import CaseReading
from plugin.rules.texts import LONGEST
from plugin.rules.validators.base import RuleOptions
from plugin.text.reader import ReadText

# Each with a quick pattern that is met wherever it is.
_FAULTS = (
    (
        re.compile(r"[，。；、：,;:][，。；、：,;:.]"),
        re.compile(r"[，。；、：]{2,}|[,;:]{2,}|[，；、：][。.]"),
        "标点符号重复",
    ),
    (
        re.compile(r"[ \u3000]"),
        re.compile(r"[ \u3000](?<=[\u4e00-\u9fff].)[ \u3000]+(?=[\u4e00-\u9fff])"),
        "多余空格",
    ),
    (re.compile(r"\A[，。；、]|\n"), re.compile(r"\A[，。；、]|\n[，。；、]"), "行首标点"),
    (re.compile(r"[,;]"), re.compile(r"[,;](?<=[\u4e00-\u9fff].)(?=[\u4e00-\u9fff])"), "半角标点"),
)


class Options(RuleOptions):
    """Options of `text_format`."""


def check(options: Options, reading: CaseReading) -> Iterator[Issue]:
    """Name the first fault of each kind in each section; and items numbered out of turn."""
    for section, text in reading.sections:
        for start, end, what in text.derived(_faults):
            place = Span(section=section, start=start, end=end, text=text.source[start:end])
            yield options.issue("text_format", place, f"{what}。")
        numbers = [item.number for item in text.items]
        if section is Section.IMPRESSION and len(numbers) > 1 and numbers != list(range(1, len(numbers) + 1)):
            bad = next(item for index, item in enumerate(text.items, 1) if item.number != index)
            place = reading.span(section, bad.marker, bad.start)
            yield options.issue("text_format", place, "诊断结论的编号不连续。")
        whole = reading.report.findings if section is Section.FINDINGS else reading.report.impression
        if len(whole) > LONGEST:
            yield options.issue(
                "text_format",
                Span(section=section, start=LONGEST, end=len(whole), text=""),
                f"全文{len(whole)}字，只检查了前{LONGEST}字。",
            )


def _faults(text: ReadText) -> list[tuple[int, int, str]]:
    """The first place of each fault, in characters of the text as given."""
    source = text.source
    return [
        (*match.span(), what)
        for quick, pattern, what in _FAULTS
        if quick.search(source) and (match := pattern.search(source))
    ]
