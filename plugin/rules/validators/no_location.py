"""每一类病灶应给出准确的定位诊断 (000 诊断结论)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from operator import attrgetter

from plugin.domain.issue import Issue, Section
from plugin.rules.comparison.claims import SAID
from plugin.rules.texts import Texts
from plugin.rules.validators.base import TextRuleOptions
from plugin.text.mention import Mention

_START = attrgetter("start")


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
        first = _first_in(said, start, end)
        if first is not None and _first_in(text.anatomy, start, end) is None:
            place = reading.span(Section.IMPRESSION, first.start, first.end)
            yield options.issue("no_location", place, f"“{place.text}”未给出定位诊断。")


def _first_in(mentions: Sequence[Mention], start: int, end: int) -> Mention | None:
    """The first of `mentions`, which stand in order, that begins between two characters."""
    at = bisect_left(mentions, start, key=_START)
    return mentions[at] if at < len(mentions) and mentions[at].start < end else None
