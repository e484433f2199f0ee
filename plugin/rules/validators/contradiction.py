"""此处说有, 彼处说无: an observation affirmed in one place and denied in another (4.2.5 d, 5.3 b)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plugin.domain.issue import Issue, Section
from plugin.rules.case_reading import CaseReading
from plugin.rules.claims import SAID, Claim, meet
from plugin.rules.validators.base import RuleOptions
from plugin.text.lexicon import Assertion

# A word of kind or degree cannot stand before a denial (少量未见积液), nor can what is denied
# have been operated on (未见骨折术后), nor is anything denied twice (未见明显未见).
_GARBLED = re.compile(
    r"(?:陈旧性?|压缩性?|粉碎性|撕脱性?|病理性|少量|大量|中量|微小?|轻度|中度|重度|多发性?|单发|散在|少许|稍|孤立|弥漫性?|局限性?|退行性|缺血性|腔隙性|实性|囊性|磨玻璃|慢性|急性|轻微|部分性?)"
    r"(?:未见|无)(?:明显|明确|确切)?(?!变化|改变|异常强化|强化|进展|好转|吸收|缩小|增大|显示|显影|破坏|累及|明显变|受)[^，。；、\n]{1,6}"
    r"|(?:未见|无)(?:明显|明确|确切)?[^，。；、\n见无]{1,6}(?:内固定|置换|切除|修补|取出|造瘘|保守治疗)(?:术后|治疗后|后改变)"
    r"|(?:未见|未发现)(?:明显|明确|确切)?(?:未见|未发现|无)"
)
_GARBLED_SOUND = re.compile(r"部分(?:未见|无)|无名|无功能|无强化|无回声|局部无|无痛|无菌")
_LIMITED = re.compile(
    r"新鲜|急性|活动|新发|其[他它]|余|再|继续|明显增|进一步|其内|周围|邻近|相邻|对侧|术区|复发"
)
_ABNORMAL = re.compile(r"(?:可见|见|有|存在|明显)(?:明显|明确)?异常(?!强化方式)")


class Options(RuleOptions):
    """Options of `contradiction`.

    Parameters
    ----------
    silent
        Observations too general to contradict each other by themselves.
    """

    silent: tuple[str, ...] = ("lesion",)


def check(options: Options, reading: CaseReading) -> Iterator[Issue]:
    """Compare the claims of findings and impression."""
    garbled = set()
    for section, text in reading.sections:
        for match in _GARBLED.finditer(text.text):
            if _GARBLED_SOUND.search(match[0]):
                continue
            garbled.add((section, text.clause_at(match.start()).start))
            place = reading.span(section, *match.span())
            yield options.issue("contradiction", place, f"“{place.text}”前后矛盾，疑误加或误删“未见”。")
    if not (reading.findings and reading.impression):
        return
    for claim in reading.impression_claims:
        clause = reading.impression.clauses[claim.what.clause]
        if (Section.IMPRESSION, clause.start) in garbled:
            continue
        other: Claim | None = None
        if claim.id in options.silent:
            other = _nothing_found(reading, claim)
        elif claim.assertion is Assertion.DENIED:
            other = _affirmed_in_findings(reading, claim)
        elif claim.assertion is Assertion.AFFIRMED:
            other = _denied_in_findings(reading, claim)
        if other is not None:
            place = reading.span(Section.IMPRESSION, clause.start, clause.end)
            there = reading.findings.clauses[other.what.clause]
            where = reading.span(Section.FINDINGS, there.start, there.end)
            yield options.issue(
                "contradiction", place, f"诊断结论“{place.text}”与影像描述“{where.text}”矛盾。", (where,)
            )


def _affirmed_in_findings(reading: CaseReading, denied: Claim) -> Claim | None:
    clause = reading.impression.clause_text(denied.what.clause)
    if _LIMITED.search(clause):
        return None
    same = [claim for claim in reading.findings_claims if claim.id == denied.id]
    for claim in same:
        if claim.assertion not in SAID:
            continue
        if denied.places and claim.places:
            if meet(reading.lexicon, denied.places, claim.places):
                return claim
        elif not denied.places and not any(c.assertion is Assertion.DENIED for c in same):
            return claim
    return None


def _denied_in_findings(reading: CaseReading, said: Claim) -> Claim | None:
    ids, group = {said.id}, said.what.term.group
    same = [c for c in reading.findings_claims if c.id in ids or (group and c.what.term.group == group)]
    if not same or any(claim.assertion is not Assertion.DENIED for claim in same):
        return None
    for claim in same:
        clause = reading.findings.clause_text(claim.what.clause)
        if claim.id != said.id or _LIMITED.search(clause):
            continue
        if said.places and claim.places and meet(reading.lexicon, said.places, claim.places):
            return claim
    return None


def _nothing_found(reading: CaseReading, said: Claim) -> Claim | None:
    """可见异常 in the impression of findings that hold nothing abnormal."""
    text = reading.impression
    if said.assertion is not Assertion.AFFIRMED or text.text[said.what.start : said.what.end] != "异常":
        return None
    if not _ABNORMAL.search(text.clause_text(said.what.clause)):
        return None
    findings = reading.findings_claims
    if any(claim.assertion is not Assertion.DENIED for claim in findings):
        return None
    return findings[0] if findings else None
