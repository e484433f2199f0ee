"""Whether a report was written in a structured form (seed 000: 宜使用结构化报告).

A structured report says of each part of the body, under its name, what was seen; prose runs on.
The wire does not tell which it is, so the text is looked at: it is structured when most of it
stands under labels (``肝脏：…``, ``【胆囊】…``), and there are several.  The headings that every report
has (检查所见, 影像诊断) are no labels, nor are the planes and sequences of a technique.
"""

from __future__ import annotations

import re
from itertools import pairwise

FEWEST = 4
"""Different labels; two or three (平扫：…, 增强：…) are headings in prose."""
MOST_OF_IT = 0.7
"""Share of the characters that stand under a label."""
LONGEST = 4_000
"""Characters that are looked at."""

# At the start of a line or after the end of a sentence: a number perhaps, then the label.
_LABEL = re.compile(
    r"(?:^|[\n。；;])[ \t\u3000]*(?:[(（]?\d{1,2}[)）.、．][ \t\u3000]*)?"
    r"(?:【([^】\n]{1,12})】|\[([^\]\n]{1,12})\]|([^\W\d_][^\n：:，,。；;（(【\[]{0,11})[：:](?!\d))"
)
_HEADINGS = re.compile(
    r"所见|描述|表现|印象|诊断|意见|结论|建议|技术|方法|部位|项目|检查|平扫|增强|延迟|扫描|比较|对比|[横矢冠轴]|"
    r"T[12]|DWI|ADC|FLAIR|窗|示$|及$|如下|大小|其中|另|余$|注|备注|提示"
)


def is_structured(findings: str) -> bool:
    """Whether findings are written under labels, part by part.

    Examples
    --------
    >>> is_structured("肝脏：形态正常。胆囊：不大，壁光滑。胰腺：未见异常。脾脏：不大。双肾：未见异常。")
    True
    >>> is_structured("肝脏形态正常，胆囊不大，壁光滑。胰腺、脾脏及双肾未见异常。")
    False
    """
    text = findings[:LONGEST].strip()
    if "：" not in text and ":" not in text and "【" not in text and "[" not in text:
        return False
    found = [(match.start(), (match[1] or match[2] or match[3]).strip()) for match in _LABEL.finditer(text)]
    # What a label names stands from it to the next one, or to the next heading.
    labelled = [
        (label, end - start)
        for (start, label), (end, _) in pairwise([*found, (len(text), "")])
        if not _HEADINGS.search(label)
    ]
    several = len({label for label, _ in labelled}) >= FEWEST
    return several and sum(length for _, length in labelled) >= MOST_OF_IT * len(text)
