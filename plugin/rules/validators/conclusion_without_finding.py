"""诊断结论在影像描述中没有依据: a conclusion on anatomy that the findings never name (5.3 b, c)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plugin.domain.issue import Issue, Section
from plugin.rules.case_reading import CaseReading
from plugin.rules.claims import PRESENT, SAID
from plugin.rules.validators.base import RuleOptions
from plugin.text.lexicon import Assertion
from plugin.text.reader import Mention

_SKIPPED = re.compile(
    r"术后|病史|治疗后|置换|化疗|放疗|同前|前片|比较|对比|建议|请|必要时|结合|原诊|较前|符合"
)


class Options(RuleOptions):
    """Options of `conclusion_without_finding`.

    Parameters
    ----------
    general
        Anatomy too wide to be asked for by name.
    named_after
        Observations whose own name holds anatomy (脑膜瘤) that is no place.
    """

    general: tuple[str, ...] = ()
    named_after: tuple[str, ...] = ("tumor", "hemangioma")


def check(options: Options, reading: CaseReading) -> Iterator[Issue]:
    """Ask the findings for the anatomy of each conclusion, and for what is said of it."""
    findings, impression = reading.findings, reading.impression
    if not findings or not impression:
        return
    named = {m.term.id for m in findings.anatomy}
    if not named:
        return
    wholes = {whole for name in named for whole in reading.lexicon.ancestors(name)}
    present = [claim.what.term for claim in reading.findings_claims if claim.assertion in PRESENT]
    seen = {term.id for term in present}
    groups = {term.group for term in present if term.group}
    borne_out: set[int] = set()
    bare: dict[int, bool] = {}
    for claim in reading.impression_claims:
        index = claim.what.clause
        places = [
            place
            for place in claim.places
            if claim.id not in options.named_after or not claim.what.start <= place.start < claim.what.end
        ]
        if (
            (claim.id in seen and claim.id != "lesion")
            or (claim.what.term.group in groups and claim.what.term.group not in {"focal", "opacity"})
            or _all_general(options, reading, places)
            or any(_known(options, reading, place.term.id, named, wholes) for place in places)
        ):
            borne_out.add(index)
        elif claim.assertion in SAID and places:
            bare[index] = bare.get(index, True) and claim.assertion is Assertion.PROBABLE
    for index, probable in bare.items():
        clause = impression.clauses[index]
        text = impression.text[clause.start : clause.end]
        if index in borne_out or _SKIPPED.search(text):
            continue
        # 考虑下咽癌 explains what its sentence concluded before: 梨状窝占位.
        if probable and any(impression.clauses[other].sentence == clause.sentence for other in borne_out):
            continue
        place = reading.span(Section.IMPRESSION, clause.start, clause.end)
        yield options.issue(
            "conclusion_without_finding", place, f"诊断结论“{place.text}”在影像描述中没有相应描述。"
        )


def _organs(options: Options, reading: CaseReading, name: str) -> set[str]:
    return {whole for whole in reading.lexicon.ancestors(name) if whole not in options.general}


def _all_general(options: Options, reading: CaseReading, places: list[Mention]) -> bool:
    """Whether nothing but wide anatomy is named, which any findings cover."""
    return not any(_organs(options, reading, place.term.id) for place in places)


def _known(options: Options, reading: CaseReading, name: str, named: set[str], wholes: set[str]) -> bool:
    """Whether the findings name this anatomy, a part of it, or the organ it is part of."""
    organs = _organs(options, reading, name)
    return bool(organs) and (name in wholes or bool(organs & named) or bool(organs & wholes))
