"""诊断结论的顺序应与影像描述的顺序一致, 重要者在前 (000 描述顺序)."""

from __future__ import annotations

from collections.abc import Iterator

from plugin.domain.issue import Issue, Section
from plugin.rules.texts import Texts
from plugin.rules.validators.base import TextRuleOptions


class Options(TextRuleOptions):
    """Options of `order_mismatch`.

    Parameters
    ----------
    important
        Observations that may stand first wherever they were described.
    inversions
        So many conclusions out of order make an issue.
    """

    important: tuple[str, ...] = ()
    inversions: int = 2


def check(options: Options, reading: Texts) -> Iterator[Issue]:
    """Find for each conclusion where its observation was described, and compare the order."""
    if len(reading.impression.items) <= options.inversions:
        return
    described: dict[tuple[str, str], int] = {}
    for claim in reading.findings_claims:
        for place in claim.places:
            described.setdefault((claim.id, place.term.id), claim.what.start)
    highest, inversions, first = -1, 0, None
    for item in reading.impression.items:
        claims = [c for c in reading.impression_claims if item.start <= c.what.start < item.end]
        if any(claim.id in options.important for claim in claims):
            continue
        found = [
            described[(claim.id, place.term.id)]
            for claim in claims
            for place in claim.places
            if (claim.id, place.term.id) in described
        ]
        if not found:
            continue
        if min(found) < highest:
            inversions += 1
            first = first or item
        highest = max(highest, min(found))
    if first is not None and inversions >= options.inversions:
        where = reading.span(Section.IMPRESSION, first.start, first.end)
        yield options.issue("order_mismatch", where, "诊断结论的顺序与影像描述的顺序不一致。")
