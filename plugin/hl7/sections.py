"""The text of a report, found in OBX, NTE or Z segments and put together section by section."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple, get_args

from plugin.domain.attachment import Attachment
from plugin.hl7.attachments import KINDS, read_documents
from plugin.hl7.escape import is_torn
from plugin.hl7.path import FieldPath
from plugin.hl7.profile_fields import SectionName, Sections
from plugin.hl7.reader import Group, Segment
from plugin.hl7.refusals import refusal

_CODED = frozenset({"CE", "CWE", "CF", "CNE", "IS"})
TEXT = frozenset({"TX", "FT", "ST", ""}) | _CODED
"""OBX-2 of what may be report text."""
_WITHDRAWN = frozenset({"D", "W", "X"})
"""OBX-11 of a line that is not to be read: deleted, wrong, not to be had (table 0085)."""
_ENTITY = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{1,6}|#x[0-9a-fA-F]{1,5});")
_HIDDEN = re.compile(r"<(style|script)(?:\s[^<>]{0,200})?>[^<]*</\1\s*>|<!--[^<>]*-->", re.IGNORECASE)
_BREAK = re.compile(r"<(?:br|/p|/div|/li|/tr|/h[1-6])\s*/?>", re.IGNORECASE)
_CELL = re.compile(r"</t[dh]\s*>", re.IGNORECASE)
_TAG = re.compile(
    r"</?(?:p|div|span|b|i|u|strong|em|font|ul|ol|li|table|tbody|thead|tr|td|th|h[1-6]|sub|sup|html|head|body|meta"
    r"|o:p)(?:\s[^<>]{0,200})?/?>",
    re.IGNORECASE,
)
_RANGE = re.compile(
    r"(?<=\d)~(?=\d)"
    r"|(?<=[\dA-Za-zⅠ-Ⅻ])~(?=第?[A-Za-z]{0,2}[\dⅠ-Ⅻ])(?!\d{1,2}(?:[、)）]|\.(?!\d)))"
)
"""The ~ of 3~5mm, 3mm~5mm, L3~L5 and 第3~第5肋, but not before the number of an item (…5mm~2. 右肺…)."""


class Line(NamedTuple):
    """One line of a section.

    Parameters
    ----------
    sub_id
        OBX-4.
    source, sent
        Where it was read, and as what it was sent; empty where that holds no escape character.
    """

    sub_id: str
    text: str
    source: Segment | None = None
    sent: str = ""


@dataclass(slots=True)
class Texts:
    """Sections of one report as they were found, lines not yet joined.

    Parameters
    ----------
    unread
        OBX-3 of text that no section is for.
    withdrawn
        Whether OBX-11 takes back every line there is; they are kept as what the report said.
    """

    lines: dict[SectionName, list[Line]] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)
    statuses: list[str] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    documents: list[Segment] = field(default_factory=list)
    withdrawn: bool = False

    def add(self, section: SectionName, line: Line) -> None:
        self.lines.setdefault(section, []).append(line)

    @property
    def attachments(self) -> list[Attachment]:
        """What came beside the text."""
        return read_documents(self.documents)

    def join(self, section: SectionName, sections: Sections) -> str:
        """The section's text: lines in the order of OBX-4 where it numbers them, else as they came."""
        lines = self.lines.get(section, [])
        numbers = [line.sub_id for line in lines]
        if all(_number(number) for number in numbers) and len(set(numbers)) == len(numbers):
            lines = sorted(lines, key=lambda line: [int(part) for part in line.sub_id.split(".")])
        texts = (
            _mended(lines, sections) if any(line.sent for line in lines) else [line.text for line in lines]
        )
        return sections.line_join.join(texts).strip("\n")


def _mended(lines: Sequence[Line], sections: Sections) -> Iterator[str]:
    """The lines' texts; those between which an escape sequence was cut in two are one line."""
    cut = ""
    for line, following in zip(lines, [*lines[1:], None], strict=True):
        sent = cut + line.sent
        if line.source and following and is_torn(line.sent, following.sent, line.source.delimiters):
            cut = sent
            continue
        yield _wording(line.source, sent, sections) if line.source and cut else line.text
        cut = ""


def collect(groups: Sequence[Group], sections: Sections) -> Texts:
    """Find all text of the orders that one report covers."""
    texts, taken_back = Texts(), Texts()
    for group in groups:
        for obx in (segment for segment in group.rest if segment.name == "OBX"):
            _take(obx, sections, taken_back if obx.value(11, 1).upper() in _WITHDRAWN else texts)
        for name, part in sections.parts():
            for path in part.paths:
                for line in _lines_at(path, group, sections):
                    texts.add(name, line)
    if taken_back.lines and not texts.lines:
        texts.lines, texts.statuses, texts.withdrawn = taken_back.lines, taken_back.statuses, True
    return texts


def finished(texts: Texts, sections: Sections) -> dict[SectionName, str]:
    """Every section's text; a whole text is cut at its headings when no section stood by itself."""
    names: tuple[SectionName, ...] = get_args(SectionName)
    found = {name: texts.join(name, sections) for name in names if name in texts.lines}
    whole = found.pop("whole", "")
    found.pop("ignore", None)
    if whole and not found.get("findings") and not found.get("impression"):
        found.update(split_at_headings(whole, sections))
    recommendation = found.pop("recommendation", "")
    if recommendation and sections.recommendation_into == "impression":
        found["impression"] = "\n".join(filter(None, (found.get("impression", ""), recommendation)))
    return found


def split_at_headings(text: str, sections: Sections) -> dict[SectionName, str]:
    """Cut a whole report at lines that begin with a section's heading; without any, all of it is findings."""
    headings = tuple((name, part.headings) for name, part in sections.parts() if part.headings)
    if not headings:
        return {"findings": text.strip()}
    pattern, owner = _headings(headings)
    marks = list(pattern.finditer(text))
    if not marks:
        return {"findings": text.strip()}
    found: dict[SectionName, str] = {}
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        body = text[mark.end() : following.start() if following else len(text)].strip()
        name = owner[(mark["framed"] or mark["plain"]).upper()]
        found[name] = "\n".join(filter(None, (found.get(name, ""), body)))
    return found


def _take(obx: Segment, sections: Sections, texts: Texts) -> None:
    kind = obx.value(2).upper()
    if kind in KINDS:
        texts.documents.append(obx)
        return
    section = section_of(obx, kind, sections)
    if section is None or kind not in TEXT:
        if kind in TEXT and obx.field(5):
            texts.unread.append(obx.value(3, 1) or obx.value(3, 2) or kind)
        return
    if section == "ignore":
        return
    texts.add(section, _line(obx, 5, kind, sections, obx.value(4)))
    texts.flags += filter(None, (obx.value(8, 1, repetition=n + 1) for n in range(len(obx.repetitions(8)))))
    if status := obx.value(11, 1):
        texts.statuses.append(status.upper())


def section_of(obx: Segment, kind: str, sections: Sections) -> SectionName | None:
    """By the suffix after ``&`` (2301&GDT), by identifier, by text, in this order; by type where OBX-3 is empty."""
    if not obx.field(3):
        return sections.uncoded.get(kind or "TX")
    by_code = sections.by_code
    for name in (*reversed(obx.subcomponents(3)), *obx.components(3)[:5]):
        if name and (section := by_code.get(name.upper())):
            return section
    return None


def _line(segment: Segment, number: int, kind: str, sections: Sections, sub_id: str = "") -> Line:
    """One field: of coded types the wording, of text types everything, delimiters that were not escaped too."""
    if kind in _CODED:
        count = len(segment.repetitions(number))
        words = [
            # The wording; else the original text of CWE, which says more than the code.
            next(filter(None, (segment.value(number, part, repetition=n) for part in (2, 9, 1))), "")
            for n in range(1, count + 1)
        ]
        return Line(sub_id, readable("\n".join(words), sections.html))
    sent = segment.field(number)
    if len(sent) > segment.limits.text_chars:
        raise refusal(
            "limit", f"{segment.name}^1^{number}", what="characters", limit=str(segment.limits.text_chars)
        )
    text = _wording(segment, sent, sections)
    return Line(sub_id, text, segment, sent) if segment.delimiters.escape in sent else Line(sub_id, text)


def _wording(segment: Segment, sent: str, sections: Sections) -> str:
    """What was sent as text."""
    repetition = segment.delimiters.repetition
    if repetition in sent and sections.repetition != "literal":
        # In TX and FT a repetition is a line of its own (v2.5.1, 2.15.82), but a range is text.
        keep = "\ufdd0" if sections.repetition == "auto" and repetition == "~" else ""
        if keep:
            sent = _RANGE.sub(keep, sent)
        sent = sent.replace(repetition, "\n")
        return readable(segment.text_of(sent).replace("\ufdd0", "~"), sections.html)
    return readable(segment.text_of(sent), sections.html)


def readable(text: str, from_html: bool) -> str:
    """Line ends as LF; HTML that leaked from a web page as what it shows."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if from_html and "&" in text:
        text = _ENTITY.sub(_character, text).replace("\xa0", " ")
    if from_html and "<" in text:
        text = _CELL.sub(" ", _BREAK.sub("\n", _HIDDEN.sub("", text)))
        text = _TAG.sub("", text)
    return text.strip("\n")


def _character(entity: re.Match[str]) -> str:
    """What an HTML entity stands for; one that stands for none (html gives U+FFFD) stays as it was sent."""
    found = html.unescape(entity[0])
    return entity[0] if "\ufffd" in found else found


def _lines_at(path: FieldPath, group: Group, sections: Sections) -> Iterable[Line]:
    """Text of every segment of the order that the path points into."""
    for segment in group.segments_called(path.segment):
        if path.segment_where and segment.value(*path.segment_where) != path.segment_is:
            continue
        if path.component:
            line = Line("", segment.value(path.field, path.component, path.subcomponent))
        else:
            line = _line(segment, path.field, "TX", sections)
        if line.text:
            yield line


@lru_cache(maxsize=64)
def _headings(
    headings: tuple[tuple[SectionName, tuple[str, ...]], ...],
) -> tuple[re.Pattern[str], dict[str, SectionName]]:
    owner = {heading.upper(): name for name, group in headings for heading in group}
    # The longest first: 影像诊断 before 诊断.
    words = "|".join(re.escape(word) for word in sorted(owner, key=len, reverse=True))
    # 【影像所见】 needs no colon; after the end of a sentence a heading may stand within a line.
    pattern = (
        rf"(?:^[ \t　]*|(?<=[。；;！？!?\s]))"
        rf"(?:[【\[(（](?P<framed>{words})[】\])）][ \t　]*[:：]?|(?P<plain>{words})[ \t　]*(?:[:：]|$))"
    )
    return re.compile(pattern, re.MULTILINE | re.IGNORECASE), owner


def _number(text: str) -> bool:
    parts = text.split(".")
    return all(part.isascii() and part.isdigit() and len(part) < 9 for part in parts)
