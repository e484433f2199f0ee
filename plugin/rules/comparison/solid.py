"""Findings that are no cyst, whatever their shape, as they take up contrast or are dense; and no polyp."""

from __future__ import annotations

import re

from plugin.rules.comparison.claims import PRESENT, Claim
from plugin.rules.texts import Texts

_TAKES_UP = re.compile(
    r"(?:明显|显著|中度|渐进性?|向心性?|结节状)[^，。；\n壁隔环]{0,6}(?:强化|填充)|快进|快出|廓清"
)
_TAKES_NONE = re.compile(r"(?:无|未见|不|没有)(?:明[显确]|确切)?(?:异常)?强化|囊|分隔|壁")
_DENSE = re.compile("高密度|强回声|高回声|致密")
_COMPLEX = re.compile(r"高密度|复杂|出血|bosniak|感染|包虫")


def is_solid(reading: Texts, found: Claim) -> bool:
    """Whether a sentence of the findings tells of something that no simple cyst is."""
    if found.what.term.group == "cystic" or found.id in _HOLLOW:
        return False
    findings = reading.findings
    if _COMPLEX.search(reading.impression.folded):
        return False
    if _DENSE.search(findings.folded, found.what.start, found.what.end):
        return True
    return takes_up(reading, found)


def takes_up(reading: Texts, found: Claim) -> bool:
    """Whether the sentence of a finding tells that it takes up contrast, and of nothing that does not."""
    findings = reading.findings
    start, end = findings.sentence_at(found.what.start)
    return (
        _TAKES_UP.search(findings.folded, start, end) is not None
        and _TAKES_NONE.search(findings.folded, start, end) is None
    )


def casts_shadow(reading: Texts, found: Claim) -> bool:
    """Whether an echo throws a shadow behind it, as stones do."""
    sentence = reading.findings.clauses[found.what.clause].sentence
    return any(
        claim.id == "shadowing"
        and claim.assertion in PRESENT
        and reading.findings.clauses[claim.what.clause].sentence == sentence
        for claim in reading.findings_claims
    )


_HOLLOW = frozenset(("cyst", "cystic", "lucency", "cavity", "effusion", "dilatation", "malacia"))
