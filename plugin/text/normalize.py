"""One spelling for what is written in many, without losing the place.

Full-width letters and digits become ASCII, Western commas become Chinese ones,
traditional characters the simplified ones of the lexicon, HTML tags line breaks;
control and zero-width characters go.  Whatever is dropped or shortened is remembered, so
that any place in the normalised text can be pointed out in the text as it was given.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TRADITIONAL = dict(
    zip(
        "見無異顯個雙側骨節結腫塊類圓緣較為與約無張縮狀擴訊號強腦葉質膽囊臟腎壓綫線"
        "聯發現樣條幾層頸腰頭顱動靜脈氣積液鈣塵維減輕應門處對稱請臨診斷陰陽變術後觀",
        "见无异显个双侧骨节结肿块类圆缘较为与约无张缩状扩讯号强脑叶质胆囊脏肾压线线"
        "联发现样条几层颈腰头颅动静脉气积液钙尘维减轻应门处对称请临诊断阴阳变术后观",
        strict=True,
    )
)
_PUNCTUATION = {",": "，", ";": "；", "：": ":", "（": "(", "）": ")", "！": "!", "？": "?", "．": ".",
                "｡": "。", "､": "、", "﹒": ".", "•": "·", "✕": "×", "╳": "×", "⨯": "×", "＊": "*",
                "［": "[", "］": "]", "｛": "{", "｝": "}", "－": "-", "–": "-", "—": "-", "‐": "-",
                "～": "~", "〜": "~", "∼": "~", "\u00a0": " ", "\u3000": " ", "\r": "\n", "\v": "\n",
                "\f": "\n", "\u2028": "\n", "\u2029": "\n", "\x85": "\n"}  # fmt: skip
_FULL_WIDTH = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
_ONE_TO_ONE = {**_FULL_WIDTH, **_TRADITIONAL, **_PUNCTUATION}
for _kept in "，；":
    del _ONE_TO_ONE[_kept]
_VARIANT = re.compile("[" + re.escape("".join(_ONE_TO_ONE)) + "]")

_DROPPED = (
    r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]"
)
_TAG = (
    r"</?(?:p|br|div|span|b|i|u|em|strong|font|table|tbody|thead|tr|td|th|ul|ol|li|html|body|h[1-6]|a|sup|sub)"
    r"(?:[ \t/][^<>]{0,200})?>"
)
_ENTITY = r"&(?:nbsp|amp|lt|gt|quot|#\d{1,6});"
_CJK = "\u3400-\u9fff"
# A space beside punctuation, or between Chinese and a digit or letter, says nothing; one
# between two Chinese characters may stand for a comma and stays.
_IDLE_SPACE = rf"(?<![{_CJK}A-Za-z0-9])[ ]+|[ ]+(?![{_CJK}A-Za-z0-9 ])|(?<=[{_CJK}])[ ]+(?=[A-Za-z0-9])|(?<=[A-Za-z0-9])[ ]+(?=[{_CJK}])"
_LOOSE = re.compile(rf"(?P<tag>{_TAG})|(?P<entity>{_ENTITY})|{_DROPPED}|{_IDLE_SPACE}", re.I)
_SUSPECT = re.compile(rf"{_DROPPED}|[ <&]")
_ENTITIES = {"&nbsp;": " ", "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"'}


@dataclass(frozen=True, slots=True)
class Normalized:
    """A text and its one spelling.

    Parameters
    ----------
    original
        As given.
    text
        Normalised, letters in their case.
    folded
        `text` with letters in lower case, of the same length: what terms are matched on.
    places
        ``places[i]`` is where character i of `text` stands in `original`, with one more for
        the end; ``None`` when every character kept its place.
    """

    original: str
    text: str
    folded: str
    places: tuple[int, ...] | None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where ``text[start:end]`` stands in `original`."""
        if self.places is None:
            return start, end
        if end <= start:
            return self.places[start], self.places[start]
        return self.places[start], self.places[end - 1] + 1


def normalize(original: str) -> Normalized:
    """Spell `original` in one way; never raises, whatever the text holds."""
    text = original
    for variant in set(_VARIANT.findall(original)):
        text = text.replace(variant, _ONE_TO_ONE[variant])
    if not _SUSPECT.search(text):
        return Normalized(original, text, fold(text), None)
    parts: list[str] = []
    places: list[int] = []
    last = 0
    for match in _LOOSE.finditer(text):
        start, end = match.span()
        parts.append(text[last:start])
        places.extend(range(last, start))
        if match["tag"] or match["entity"]:
            parts.append("\n" if match["tag"] else _ENTITIES.get(match[0].lower(), " "))
            places.append(start)
        last = end
    parts.append(text[last:])
    places.extend(range(last, len(text) + 1))
    joined = "".join(parts)
    return Normalized(original, joined, fold(joined), tuple(places))


def fold(text: str) -> str:
    """`text` in lower case, of the same length (the one letter that would grow stays)."""
    folded = text.lower()
    return (
        folded if len(folded) == len(text) else "".join(c if len(c.lower()) > 1 else c.lower() for c in text)
    )
