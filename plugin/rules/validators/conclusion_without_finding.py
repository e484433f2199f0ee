"""诊断结论在影像描述中没有依据: a conclusion on anatomy that the findings never name (5.3 b, c)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plugin.domain.issue import Issue, Section
from plugin.rules.case_reading import CaseReading
from plugin.rules.claims import SAID
from plugin.rules.validators.base import RuleOptions

_SKIPPED = re.compile(
    r"术后|病史|治疗后|置换|化疗|放疗|同前|前片|比较|对比|建议|请|必要时|结合|原诊|较前|符合"
)


class Options(RuleOptions):
    """Options of `conclusion_without_finding`.

    Parameters
    ----------
    general
        Anatomy too wide to be asked for by name.
    implied
        Observation of the impression to those of the findings that bear it out.
    """

    general: tuple[str, ...] = ()
    implied: dict[str, tuple[str, ...]] = {}


def check(options: Options, reading: CaseReading) -> Iterator[Issue]:
    """Ask the findings for the anatomy of each conclusion, and for what is said of it."""
    findings, impression = reading.findings, reading.impression
    if not findings or not impression:
        return
    named = {m.term.id for m in findings.anatomy}
    wholes = {whole for name in named for whole in reading.lexicon.ancestors(name)}
    seen = {claim.id for claim in reading.findings_claims}
    groups = {claim.what.term.group for claim in reading.findings_claims if claim.what.term.group}
    borne_out: set[int] = set()
    bare: dict[int, None] = {}
    for claim in reading.impression_claims:
        index = claim.what.clause
        places = [p for p in claim.places if not claim.what.start <= p.start < claim.what.end]
        if (
            (claim.id in seen and claim.id != "lesion")
            or (claim.what.term.group in groups and claim.what.term.group not in {"focal", "opacity"})
            or any(_known(options, reading, p.term.id, named, wholes) for p in places)
        ):
            borne_out.add(index)
        elif claim.assertion in SAID and places:
            bare[index] = None
    for index in bare:
        clause = impression.clauses[index]
        text = impression.text[clause.start : clause.end]
        if index in borne_out or _SKIPPED.search(text):
            continue
        place = reading.span(Section.IMPRESSION, clause.start, clause.end)
        yield options.issue(
            "conclusion_without_finding", place, f"诊断结论“{place.text}”在影像描述中没有相应描述。"
        )


def _known(options: Options, reading: CaseReading, name: str, named: set[str], wholes: set[str]) -> bool:
    """Whether the findings name this anatomy, a part of it, or the organ it is part of."""
    chain = reading.lexicon.ancestors(name)
    organs = {whole for whole in chain if whole not in options.general}
    return (
        not organs or name in wholes or bool(organs & named) or bool(organs & (wholes - set(options.general)))
    )
