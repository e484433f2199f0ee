"""病灶描述应包括部位、数目、大小、形态、边界 (000 病灶描述, 4.2.5 i)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plugin.domain.issue import Issue, Section
from plugin.rules.comparison.claims import SAID
from plugin.rules.texts import Texts
from plugin.rules.validators.base import TextRuleOptions

_MARGIN = re.compile(r"边界|边缘|界限|轮廓|分界|境界|毛刺|分叶|浸润|光滑|清晰|模糊")


class Options(TextRuleOptions):
    """Options of `lesion_incomplete`; `lesions` are the observations that ask for size and margin."""

    lesions: tuple[str, ...] = ("mass",)


def check(options: Options, reading: Texts) -> Iterator[Issue]:
    """Ask the sentence of a mass and the two after it for size, margin and site."""
    text = reading.findings
    for claim in reading.findings_claims:
        if claim.id not in options.lesions or claim.assertion not in SAID:
            continue
        sentence = text.clauses[claim.what.clause].sentence
        near = [c for c in text.clauses if sentence <= c.sentence <= sentence + 2]
        start, end = near[0].start, near[-1].end
        lacking = []
        if not any(start <= m.start < end for m in text.measures):
            lacking.append("大小")
        if not _MARGIN.search(text.text[start:end]):
            lacking.append("边界")
        if not claim.places:
            lacking.append("部位")
        if lacking:
            place = reading.span(Section.FINDINGS, claim.what.start, claim.what.end)
            yield options.issue("lesion_incomplete", place, f"“{place.text}”未描述{'、'.join(lacking)}。")
            return
