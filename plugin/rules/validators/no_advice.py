"""不能明确定性者需给出明确建议 (000 诊断结论)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plugin.domain.issue import Issue, Section
from plugin.rules.texts import Texts
from plugin.rules.validators.base import TextRuleOptions

_OPEN = re.compile(r"性质待定|性质不明|待定|待查|待排除?|不能?除外|不排除|性质待排|可疑|建议.{0,0}$")
_ADVICE = re.compile(r"建议|请|必要时|随访|随诊|复查|进一步|结合|会诊|穿刺|活检|增强|观察")


class Options(TextRuleOptions):
    """Options of `no_advice`."""


def check(options: Options, reading: Texts) -> Iterator[Issue]:
    """Ask for advice where the impression leaves something open and says no more."""
    text = reading.impression
    found = _OPEN.search(text.text)
    if found and not _ADVICE.search(text.text):
        clause = text.clause_at(found.start())
        place = reading.span(Section.IMPRESSION, clause.start, clause.end)
        yield options.issue("no_advice", place, f"“{place.text}”未能明确定性，需给出明确建议。")
