"""恶性肿瘤宜给出影像学分期 (000 诊断结论)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plugin.domain.issue import Issue, Section
from plugin.rules.texts import Texts
from plugin.rules.validators.base import TextRuleOptions
from plugin.text.terms import Assertion

_MALIGNANT = re.compile(r"(?<!抗)(?:癌(?!症病史|史)|恶性肿瘤|肉瘤|(?<![a-z])mt(?![a-z])|淋巴瘤)")
_MALIGNANT_MARKS = ("癌", "瘤", "mt")
"""Of which every match holds one."""
_STAGED = re.compile(
    r"分期|[ctpy]?t[0-4][a-d]?(?:n[0-3x]|m[01x])|figo|[ⅰⅱⅲⅳ]+[a-c]?期|(?:i{1,3}|iv)[a-c]?期|bclc|cnlc|lugano|ann arbor|bi-?rads|pi-?rads|li-?rads|ti-?rads"
)
_NOT_NOW = re.compile(r"术后|化疗后|放疗后|治疗后|病史|切除后|待排|不除外|除外|可能|转移|\?|复发")


class Options(TextRuleOptions):
    """Options of `no_staging`."""


def check(options: Options, reading: Texts) -> Iterator[Issue]:
    """Ask for a stage where the impression says cancer without reserve."""
    text = reading.impression
    if not any(mark in text.folded for mark in _MALIGNANT_MARKS):
        return
    if not _MALIGNANT.search(text.folded) or _STAGED.search(text.folded):
        return
    for match in _MALIGNANT.finditer(text.folded):
        clause = text.clause_at(match.start())
        said = text.text[clause.start : clause.end]
        if _NOT_NOW.search(said) or text.assertion_at(*match.span()) not in (
            Assertion.AFFIRMED,
            Assertion.PROBABLE,
        ):
            continue
        place = reading.span(Section.IMPRESSION, clause.start, clause.end)
        yield options.issue("no_staging", place, f"“{place.text}”宜给出影像学分期。")
        return
