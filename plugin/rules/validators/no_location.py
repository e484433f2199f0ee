"""每一类病灶应给出准确的定位诊断 (000 诊断结论)."""

from __future__ import annotations

from collections.abc import Iterator

from plugin.domain.issue import Issue, Section
from plugin.rules.claims import SAID
from plugin.rules.texts import Texts
from plugin.rules.validators.base import TextRuleOptions


class Options(TextRuleOptions):
    """Options of `no_location`; `lesions` are the observations that must be of somewhere."""

    lesions: tuple[str, ...] = ("nodule", "mass", "cyst", "fracture", "stone", "hemangioma", "tumor")


def check(options: Options, reading: Texts) -> Iterator[Issue]:
    """Look for conclusions that name no anatomy at all in their item."""
    said = [
        claim.what
        for claim in reading.impression_claims
        if claim.id in options.lesions and claim.assertion in SAID
    ]
    if not said:
        return
    text = reading.impression
    for start, end in text.statements:
        first = next((what for what in said if start <= what.start < end), None)
        if first and not any(start <= m.start < end for m in text.anatomy):
            place = reading.span(Section.IMPRESSION, first.start, first.end)
            yield options.issue("no_location", place, f"“{place.text}”未给出定位诊断。")
