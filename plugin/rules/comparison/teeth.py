"""Teeth by their numbers (FDI): which a report says are gone, and which it describes all the same."""

from __future__ import annotations

import re

_NUMBER = r"[1-4][1-8]"
_GONE = re.compile(
    rf"(?<![\d.×*x])(?P<teeth>{_NUMBER}(?:[、,，及和]{_NUMBER})*)(?:号)?牙?(?:已)?(?:缺失|缺如|拔除|拔牙)(?!区)"
)
_DESCRIBED = (
    r"(?<![\d.×*x]){tooth}(?:号)?牙?(?:(?:牙?[冠根颈]|髓[腔室]|根[管尖]|根尖周|牙周膜|牙体|充填)"
    r"[^，。；\n缺拔]{{0,12}}(?:未见|正常|完整|连续|清晰|低密度|高密度|透[射亮]|充填|扩大|增宽|吸收)|(?:近中|远中|垂直|水平|倒置|颊向|舌向)?(?:低位|高位|中位)?阻生)"
)
_TOOTH = re.compile(_NUMBER)
_REST = re.compile(r"[^，。；\n]{0,8}")


def gone_and_described(text: str) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """Place of a tooth that is gone, and of words that describe it as being there; None without such a pair.

    Examples
    --------
    >>> gone_and_described("36牙缺失。36牙根尖周未见异常。")
    ((0, 5), (6, 16))
    >>> gone_and_described("36牙缺失，36牙缺牙区骨质密度中等，46牙根尖周未见异常。") is None
    True
    """
    if "牙" not in text:
        return None
    for gone in _GONE.finditer(text):
        for tooth in _TOOTH.findall(gone["teeth"]):
            described = re.search(_DESCRIBED.format(tooth=tooth), text)
            if described:
                rest = _REST.match(text, described.end())
                return gone.span(), (described.start(), rest.end() if rest else described.end())
    return None
