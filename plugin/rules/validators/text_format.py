"""段落、标点符号、空格等格式应准确 (000 描述要求)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plugin.domain.issue import Issue, Section, Span
from plugin.rules.case_reading import CaseReading
from plugin.rules.texts import LONGEST
from plugin.rules.validators.base import RuleOptions
from plugin.text.reader import ReadText
from plugin.text.segments import Item

_FAULTS = (
    (re.compile(r"[，。；、：]{2,}|[,;:]{2,}|[，；、：][。.]"), "标点符号重复：“{}”。"),
    (re.compile(r"[ \u3000](?<=[\u4e00-\u9fff].)[ \u3000]+(?=[\u4e00-\u9fff])"), "汉字之间有多余空格。"),
    (re.compile(r"\A[，。；、]|\n[，。；、]"), "标点“{}”不应在行首。"),
    (re.compile(r"[,;](?<=[\u4e00-\u9fff].)(?=[\u4e00-\u9fff])"), "半角标点“{}”宜改为全角。"),
)
# What every fault holds, and most reports do not.
_MAY_BE_FAULT = re.compile(r"[ \u3000,;\n，。；、：:](?:(?<=[ \u3000,;])|[，。；、：,;:.])")


_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_FOREIGN_FROM = 30
"""Characters without a Chinese one from which a section is in another language; CAD-RADS 3 is not."""


class Options(RuleOptions):
    """Options of `text_format`."""


def check(options: Options, reading: CaseReading) -> Iterator[Issue]:
    """Name the first fault of each kind in each section; and items numbered out of turn."""
    for section, text in reading.sections:
        for start, end, what in text.derived(_faults):
            place = Span(section=section, start=start, end=end, text=text.source[start:end])
            yield options.issue("text_format", place, what.format(place.text.strip()))
        items = text.items if section is Section.IMPRESSION else ()
        if len(items) > 1:
            bad = next(
                (
                    item
                    for index, item in enumerate(items, 1)
                    if item.number != index
                    and not (item.number > index and _numbers_all_before(text.text, item))
                ),
                None,
            )
            if bad:
                place = reading.span(section, bad.marker, bad.start)
                yield options.issue("text_format", place, "诊断结论的编号不连续。")
        if len(text.source) >= _FOREIGN_FROM and not _CHINESE.search(text.source):
            place = Span(section=section, start=0, end=0, text="")
            yield options.issue("text_format", place, "正文不是中文，按中文规则未能检查其内容。")
        whole = reading.report.findings if section is Section.FINDINGS else reading.report.impression
        if len(whole) > LONGEST:
            yield options.issue(
                "text_format",
                Span(section=section, start=LONGEST, end=len(whole), text=""),
                f"全文{len(whole)}字，只检查了前{LONGEST}字。",
            )


def _numbers_all_before(text: str, item: Item) -> bool:
    """Whether lines before an item bear the numbers that seem to lack: 1、36牙缺失 is item 1, too."""
    return all(
        re.search(rf"(?:\A|\n)\s*\(?{number}[.、)]", text[: item.marker]) for number in range(1, item.number)
    )


def _faults(text: ReadText) -> list[tuple[int, int, str]]:
    """The first place of each fault, in characters of the text as given."""
    source = text.source
    if not source.startswith(("，", "。", "；", "、")) and not _MAY_BE_FAULT.search(source):
        return []
    return [(*match.span(), what) for pattern, what in _FAULTS if (match := pattern.search(source))]
