"""男性报告出现女性器官, 或反之 (T/CSBME 4.2.5 c)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plugin.domain.issue import Issue, Span
from plugin.rules.case_reading import CaseReading
from plugin.rules.validators.base import RuleOptions
from plugin.text.stretch import Stretch
from plugin.text.terms import NOT_SAID, Assertion

_SOUND = re.compile(
    r"变性(?:手术|术|人|者)|性别重置|易性|两性畸形|性发育异常|真两性|假两性|苗勒管|米勒管|雄激素不敏感|46[，,]?X[XY]"
)
_ABSENT = re.compile(r"(?:未见|无|缺如|未显示)(?!异常|明显异常|明确异常)")
# 附件 is also a part of a vertebra, an eye, a bone.
_BONY = re.compile(r"椎|脊|骨|颈|腰|胸|棘突|横突|椎板|眼|眶")
_PELVIC_ADNEXA = re.compile(r"(?:双|双侧|两侧|左侧?|右侧?|子宫及?|宫旁)附件区?|附件区|输卵管")


class Options(RuleOptions):
    """Options of `sex_organ`."""


def check(options: Options, reading: CaseReading) -> Iterator[Issue]:
    """Compare the anatomy of one sex with the sex of the record."""
    sex = reading.report.patient.sex or (reading.order.patient.sex if reading.order else "")
    if sex not in {"M", "F"}:
        return
    wrong = "F" if sex == "M" else "M"
    printed = "男" if sex == "M" else "女"
    texts = [*reading.sections]
    if not any(wrong in text.gathered(_sexes) for _, text in texts):
        yield from _exam_item(options, reading, wrong, printed)
        return
    if _SOUND.search(reading.history.text) or any(_SOUND.search(text.text) for _, text in texts):
        return
    for section, text in texts:
        seen: set[str] = set()
        for mention in text.anatomy:
            if mention.term.sex != wrong or mention.term.id in seen or mention.assertion in NOT_SAID:
                continue
            clause = text.clause_text(mention.clause)
            if mention.term.id == "adnexa" and not _is_pelvic(clause):
                continue
            if mention.assertion is Assertion.DENIED and _ABSENT.search(clause):
                continue
            if mention.term.sex == "F" and re.search(r"胎儿型|胚胎型", clause):
                continue
            seen.add(mention.term.id)
            word = text.text[mention.start : mention.end]
            place = reading.span(section, mention.start, mention.end)
            says = f"受检者性别为{printed}，报告中出现“{word}”。"
            yield options.issue("sex_organ", place, says, (reading.record("性别"),))


def _sexes(said: Stretch) -> frozenset[str]:
    """Whose anatomy some sentences name."""
    return frozenset([mention.term.sex for mention in said.anatomy])


def _is_pelvic(clause: str) -> bool:
    return _PELVIC_ADNEXA.search(clause) is not None and not _BONY.search(clause.replace("骨盆", ""))


def _exam_item(options: Options, reading: CaseReading, wrong: str, printed: str) -> Iterator[Issue]:
    for mention in reading.exam_item.anatomy:
        if mention.term.sex == wrong and mention.term.id != "adnexa":
            word = reading.exam_item.text[mention.start : mention.end]
            place: Span = reading.record("检查名称")
            says = f"受检者性别为{printed}，检查名称为“{word}”检查。"
            yield options.issue("sex_organ", place, says, (reading.record("性别"),))
            return
