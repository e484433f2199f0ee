"""MR 用密度、CT 用信号: words of another modality (4.2.5 h)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from plugin.domain.issue import Issue
from plugin.rules.case_reading import CaseReading, modality_of
from plugin.rules.validators.base import RuleOptions
from plugin.text.terms import Assertion

_MODALITY_WORD = re.compile(
    r"(?<![a-z])(?:ct(?!值)|mri?|mra|dr|cr|pet|dsa|x线|x光|spect|cta|ctpa|mrcp)(?![a-z])|磁共振|核磁|超声|b超|彩超|平片|钼靶|造影|透视|外院|"
    r"对照|参照|既往|前片|前次|原片"
)


class Options(RuleOptions):
    """Options of `modality_mismatch`.

    Parameters
    ----------
    foreign
        Modality to a pattern (folded text) of words that belong to another.
    hints
        Modality to words of which one stands in every match of its pattern.
    """

    foreign: dict[str, str]
    hints: dict[str, tuple[str, ...]] = {}


def check(options: Options, reading: CaseReading) -> Iterator[Issue]:
    """Look for words of another modality, unless another examination is spoken of."""
    order = reading.order
    exam = reading.report.exam
    if order and exam.modality and order.modality:
        ours, theirs = modality_of(exam.modality, ""), modality_of(order.modality, "")
        if ours and theirs and ours != theirs:
            text = f"报告设备类型为{exam.modality}，申请单为{order.modality}。"
            there = (reading.ordered("检查类型"),)
            yield options.issue("modality_mismatch", reading.record("检查类型"), text, there)
    modality = modality_of(exam.modality, exam.exam_item)
    # 类PET弥散成像 is of MR.
    by_name = modality_of("", exam.exam_item.replace("类PET", ""))
    if (
        exam.modality
        and by_name
        and modality
        and by_name != modality
        and {by_name, modality} != {"DR", "MG"}
        and not _names_several(exam.exam_item, ("CT", "MR", "PET", "DR"))
    ):
        text = f"设备类型为{exam.modality}，检查名称为“{exam.exam_item}”。"
        there = (reading.record("检查类型"),)
        yield options.issue("modality_mismatch", reading.record("检查名称"), text, there)
        return
    pattern = options.foreign.get(reading.modality)
    if not pattern or _names_several(exam.exam_item, ("CT", "MR", "PET")):
        return
    hints = options.hints.get(reading.modality, ())
    for section, text_read in reading.sections:
        if hints and not [hint for hint in hints if hint in text_read.folded]:
            continue
        seen: set[int] = set()
        for match in re.finditer(pattern, text_read.folded):
            clause = text_read.clause_at(match.start())
            if clause.sentence in seen:
                continue
            begin, end = text_read.sentence_at(match.start())
            sentence = text_read.folded[begin:end]
            if _speaks_of_other(sentence, reading.modality):
                continue
            if text_read.assertion_at(*match.span()) in (Assertion.QUOTED, Assertion.HYPOTHETICAL):
                continue
            seen.add(clause.sentence)
            place = reading.span(section, *match.span())
            yield options.issue(
                "modality_mismatch",
                place,
                _foreign(place.text, reading.modality),
                (reading.record("检查类型"),),
            )


_DESCRIBES = {"CT": "密度", "DR": "密度", "MG": "密度", "MR": "信号", "US": "回声"}
"""What an image of each kind is described by."""


def _foreign(words: str, modality: str) -> str:
    own = f"（{modality}描述{_DESCRIBES[modality]}）" if modality in _DESCRIBES else ""
    return f"“{words}”不是{modality}报告的用语{own}，请核对。"


@lru_cache(maxsize=1000)
def _names_several(exam_item: str, modalities: tuple[str, ...]) -> bool:
    """Whether the name of an examination holds two of them; the same names come all day."""
    item = exam_item.upper()
    return sum(word in item for word in modalities) > 1


_OWN = {
    "CT": {"ct", "cta", "ctpa"},
    "MR": {"mr", "mri", "mra", "mrcp", "磁共振", "核磁"},
    "DR": {"dr", "cr", "平片", "x线", "x光"},
}


def _speaks_of_other(sentence: str, modality: str) -> bool:
    own = _OWN.get(modality, set())
    return any(match[0] not in own for match in _MODALITY_WORD.finditer(sentence))
