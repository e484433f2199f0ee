"""Checking a report of some 300 characters with every rule on, beside a plain pass of its terms by `re`.

A text is read once (:mod:`plugin.text.recent`), though it is checked at each signature and
as a message, so both are shown: the first time, and the times after.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

from plugin.bench.contest import Contest, microseconds
from plugin.domain.case import Case
from plugin.domain.patient import Patient
from plugin.domain.report import Exam, Report
from plugin.kit.collector import spare_what_is_loaded
from plugin.rules.rulebook import Rulebook

FINDINGS = (
    "胸廓对称，气管居中。双肺纹理清晰，右肺上叶尖段见一磨玻璃结节，大小约8mm×6mm，边界清楚，边缘见分叶，"
    "邻近胸膜轻度牵拉；左肺下叶后基底段见条索影，边界清。余双肺未见实变影。气管及各叶段支气管通畅，"
    "双侧肺门不大，纵隔内见数枚小淋巴结，短径均小于10mm。心影不大，主动脉壁见点状钙化，冠状动脉见钙化斑块。"
    "双侧胸腔未见积液，双侧胸膜未见增厚。所扫肝脏内见一类圆形低密度影，直径约12mm，边界清楚，CT值约5HU。"
    "胆囊未见显示，胆囊窝区见金属夹影。胸椎椎体缘见骨质增生，未见骨质破坏征象。双侧肾上腺形态、大小未见异常。"
)
IMPRESSION = (
    "1、右肺上叶尖段磨玻璃结节，建议3个月后复查；\n2、左肺下叶条索影，考虑陈旧性病变；\n"
    "3、主动脉及冠状动脉钙化；\n4、肝囊肿可能；胆囊术后改变；\n5、胸椎退行性改变。"
)


def contests(config_dir: Path, _work_dir: Path) -> Iterator[Contest]:
    """The figures of this benchmark."""
    rulebook = Rulebook.load(config_dir)
    # As `serve` does.
    spare_what_is_loaded()
    known = _case(FINDINGS, IMPRESSION)
    others = (_case(*unseen(number)) for number in itertools.count())
    text = FINDINGS + IMPRESSION
    words = sorted({word for term in rulebook.lexicon.terms.values() for word in term.words})[:420]
    terms = [re.compile(re.escape(word)) for word in words]

    def inspected() -> float:
        return microseconds(lambda: rulebook.inspect(next(others)), 200)

    def inspected_again() -> float:
        return microseconds(lambda: rulebook.inspect(known), 200)

    def searched() -> float:
        return microseconds(lambda: [pattern.search(text) for pattern in terms], 200)

    yield Contest(
        name=f"report of {len(text)} chars",
        unit="us",
        runs={
            "all rules, text never seen": inspected,
            "all rules, text seen lately": inspected_again,
            "re.search of 420 words, no rule": searched,
        },
    )


def unseen(number: object) -> tuple[str, str]:
    """Findings and impression of the report with a number in each: texts that are read for the first time."""
    image = f"磨玻璃结节(Im{number})"
    return FINDINGS.replace("磨玻璃结节", image, 1), IMPRESSION.replace("磨玻璃结节", image, 1)


def _case(findings: str, impression: str) -> Case:
    return Case(
        report=Report(
            patient=Patient(patient_id="P1", name="测试甲", sex="M", age="63岁"),
            exam=Exam(accession_number="A1", modality="CT", exam_item="胸部CT平扫"),
            findings=findings,
            impression=impression,
        )
    )
