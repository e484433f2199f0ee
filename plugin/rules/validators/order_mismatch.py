"""诊断结论的顺序应与影像描述的顺序一致, 重要者在前 (000 描述顺序)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from plugin.domain.issue import Issue, Section
from plugin.rules.comparison.claims import Claim
from plugin.rules.texts import Texts
from plugin.rules.validators.base import TextRuleOptions
from plugin.text.segments import Item


class Options(TextRuleOptions):
    """Options of `order_mismatch`.

    Parameters
    ----------
    important
        Observations that may stand first wherever they were described.
    inversions
        So many conclusions out of order make an issue.
    """

    important: frozenset[str] = frozenset()
    inversions: int = 2


def check(options: Options, reading: Texts) -> Iterator[Issue]:
    """Find for each conclusion where its observation was described, and compare the order."""
    if len(reading.impression.items) <= options.inversions:
        return
    concluded = [(item, claims) for item, claims in _by_item(reading) if claims]
    # So many are out of order only if one more stands before them.
    if len(concluded) <= options.inversions:
        return
    names = {claim.id for _, claims in concluded for claim in claims}
    # Of what is described twice the first place counts, so that the last ones are put first.
    described = {
        (claim.id, place.term.id): claim.what.start
        for claim in reversed(reading.findings_claims)
        if claim.id in names
        for place in claim.places
    }
    highest, inversions, first = -1, 0, None
    for item, claims in concluded:
        if any(claim.id in options.important for claim in claims):
            continue
        found = [
            at
            for claim in claims
            for place in claim.places
            if (at := described.get((claim.id, place.term.id))) is not None
        ]
        if not found:
            continue
        earliest = min(found)
        if earliest < highest:
            inversions += 1
            first = first or item
        highest = max(highest, earliest)
    if first is not None and inversions >= options.inversions:
        where = reading.span(Section.IMPRESSION, first.start, first.end)
        yield options.issue("order_mismatch", where, "诊断结论的顺序与影像描述的顺序不一致。")


def _by_item(reading: Texts) -> Iterator[tuple[Item, Sequence[Claim]]]:
    """The items of the impression, each with what it claims."""
    claims = reading.impression_claims
    starts = [claim.what.start for claim in claims]
    for item in reading.impression.items:
        yield item, claims[bisect_left(starts, item.start) : bisect_left(starts, item.end)]
