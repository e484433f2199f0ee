"""Toes and fingers: which are told to be gone, and which are described all the same."""

from __future__ import annotations

import re

_NAMES = {
    "拇趾": 1, "踇趾": 1, "母趾": 1, "小趾": 5, "拇指": 1, "示指": 2, "食指": 2, "中指": 3, "环指": 4, "无名指": 4, "小指": 5,
}  # fmt: skip
_NUMBERS = {mark: number for marks in ("12345", "一二三四五") for number, mark in enumerate(marks, 1)}
_GONE = re.compile(
    rf"(?:第(?P<number>[1-5一二三四五])(?P<kind>[趾指])|(?P<name>{'|'.join(_NAMES)}))"
    r"[^。；\n末远中近部节再拟]{0,6}?(?:截(?:[趾指肢]|除)|缺如|缺失|离断(?!再植))"
)
_PLANNED = re.compile(r"[拟行欲待]$|拟|建议|计划|是否")
_SOUND = r"(?:连续|完整|正常|光整|未见(?:明[显确])?(?:异常|骨折|破坏))"
_WHOLE = re.compile(
    rf"(?<!余)(?:第(?P<first>[1-5一二三四五])(?:[-~至](?:第)?(?P<last>[1-5一二三四五]))?|诸|各|所有)(?P<kind>[趾指])骨"
    rf"(?![间末])[^，。；\n]{{0,12}}?{_SOUND}"
)
_TOLD = re.compile("截[趾指肢除]|缺如|缺失|残端|残[趾指]|离断")


def gone_digit(text: str) -> tuple[int, int, str, int] | None:
    """Place of words that tell a digit to be gone, with its kind (趾 or 指) and number; None without such.

    Examples
    --------
    >>> gone_digit("右足拇趾截趾术后2年")
    (2, 6, '趾', 1)
    >>> gone_digit("拟行第2趾截趾术") is None
    True
    """
    if "截" not in text and "缺" not in text and "离断" not in text:
        return None
    for match in _GONE.finditer(text):
        if _PLANNED.search(text, max(0, match.start() - 6), match.start()):
            continue
        name = match["name"]
        number = _NAMES[name] if name else _NUMBERS[match["number"]]
        return match.start(), match.end(), name[-1] if name else match["kind"], number
    return None


def digit_described(findings: str, kind: str, number: int) -> tuple[int, int] | None:
    """Place of words that call the bones of that digit whole, where no other words tell it to be gone.

    Examples
    --------
    >>> digit_described("第1-5趾骨及跖骨骨皮质连续。", "趾", 1)
    (0, 14)
    >>> digit_described("拇趾缺如，余诸趾骨未见异常。", "趾", 1) is None
    True
    """
    if _TOLD.search(findings):
        return None
    for match in _WHOLE.finditer(findings):
        first = _NUMBERS.get(match["first"] or "", 1)
        last = _NUMBERS.get(match["last"] or "", first if match["first"] else 5)
        if match["kind"] == kind and first <= number <= last:
            return match.span()
    return None
