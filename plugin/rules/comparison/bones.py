"""Which bones of the limbs a clause names: they share terms of anatomy, and break one by one."""

from __future__ import annotations

import re
from functools import lru_cache

from plugin.rules.comparison.clause_state import CLAUSES_KEPT

_BONE = re.compile(
    r"(?:[肋肱桡尺股胫腓髌跟距骰楔跖趾掌指月钩]|舟状?|头状|三角|豌豆|[大小]多角|[尺胫]、?[桡腓])骨"
    r"|锁骨|肩胛|髂骨|耻骨|坐骨|骶骨|鹰嘴|冠状?突|[内外后三双]?踝(?!关节|穴)|平台|粗隆|转子|髁"
)
_MADE_OF = {
    "鹰嘴": "尺", "冠突": "尺", "冠状突": "尺", "内踝": "胫", "外踝": "腓", "后踝": "胫", "三踝": "胫腓", "双踝": "胫腓", "踝": "胫腓距",
    "平台": "胫", "粗隆": "股", "转子": "股", "髁": "股肱胫", "肩胛": "胛", "坐骨": "坐",
}  # fmt: skip
_LEFT_OUT = str.maketrans("", "", "骨状、")
_WIDE = re.compile(r"腕骨|跗骨|诸骨|组成骨|多发|骨盆|[A-Za-z]{4}|[孟盖]氏")
"""Many bones at once, or a fracture that bears a name instead: Colles."""


@lru_cache(maxsize=CLAUSES_KEPT)
def bones_in(said: str) -> frozenset[str]:
    """Bones that a clause names, each by its characters; none where it speaks of many at once.

    Examples
    --------
    >>> sorted(bones_in("右尺桡骨骨折"))
    ['尺', '桡']
    """
    return frozenset() if _WIDE.search(said) else bones_named(said)


@lru_cache(maxsize=CLAUSES_KEPT)
def bones_named(said: str) -> frozenset[str]:
    """Bones that a clause names, though it may speak of others beside them: 多发肋骨骨折."""
    names: set[str] = set()
    for match in _BONE.finditer(said):
        names.update(_MADE_OF.get(match[0], match[0].translate(_LEFT_OUT)))
    return frozenset(names)


_RAYS = re.compile(
    r"第?(?P<numbers>[\d一二三四五六七八九十]{1,2}(?:[、及和~-]第?[\d一二三四五六七八九十]{1,2}){0,9})[前后腋近中远末]?(?:节|侧)?(?P<kind>[跖掌趾指肋](?!关节|间))"
)
_CHINESE = {word: number for number, word in enumerate("一二三四五六七八九十", 1)}
_MOST_RAYS = 12
"""There are twelve ribs; a wider range is no range of bones."""


def bones_apart(some: str, others: str) -> bool:
    """Whether two clauses name bones, and none in common: 跖骨, 跟骨; 第3跖骨, 第5跖骨.

    Examples
    --------
    >>> bones_apart("第3跖骨骨膜反应", "左足第5跖骨骨折"), bones_apart("跖骨骨膜反应", "左足第5跖骨骨折")
    (True, False)
    """
    ours, theirs = bones_in(some), bones_in(others)
    if not ours or not theirs:
        return False
    common = ours & theirs
    if not common:
        return True
    mine = rays_named(some)
    yours = rays_named(others) if mine else {}
    return all(kind in mine and kind in yours and mine[kind].isdisjoint(yours[kind]) for kind in common)


@lru_cache(maxsize=CLAUSES_KEPT)
def rays_named(said: str) -> dict[str, frozenset[int]]:
    """Numbers of ribs and of bones of hand and foot that a clause names, by their kind."""
    named: dict[str, frozenset[int]] = {}
    for match in _RAYS.finditer(said):
        numbers = [
            _CHINESE.get(word) or int(word)
            for word in re.findall(r"\d{1,2}|[一二三四五六七八九十]", match["numbers"])
        ]
        if (
            re.search("[~-]", match["numbers"])
            and len(numbers) == 2
            and 0 < numbers[1] - numbers[0] < _MOST_RAYS
        ):
            numbers = list(range(numbers[0], numbers[1] + 1))
        named[match["kind"]] = named.get(match["kind"], frozenset()) | frozenset(numbers)
    return named
