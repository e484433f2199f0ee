"""Which structures a clause names, ill one by one: ligaments, menisci, lobes, parts of the colon, coronary branches."""

from __future__ import annotations

import re
from functools import lru_cache

from plugin.rules.comparison.bones import bones_in
from plugin.rules.comparison.clause_state import CLAUSES_KEPT

_NAMED = {
    "前交叉": "前交叉", "后交叉": "后交叉", "前后交叉": "前交叉 后交叉", "前、后交叉": "前交叉 后交叉",
    "交叉韧带": "前交叉 后交叉", "acl": "前交叉", "pcl": "后交叉",
    "半月板": "半月板", "盘状": "半月板",
    "副韧带": "内副 外副", "内侧副韧带": "内副", "内外侧副韧带": "内副 外副", "内、外侧副韧带": "内副 外副", "外侧副韧带": "外副", "mcl": "内副", "lcl": "外副",
    "三角韧带": "内副", "弹簧韧带": "内副", "跟腓": "外副", "距腓": "外副", "腓距": "外副",
    "支持带": "支持带", "支持韧带": "支持带", "下胫腓": "下胫腓", "胫腓联合": "下胫腓",
    "髌韧带": "髌腱", "髌腱": "髌腱", "股四头肌": "股四头肌",
    "盂唇": "盂唇", "冈上": "冈上", "冈下": "冈下", "肩胛下肌": "肩胛下", "小圆肌": "小圆",
    "肩袖": "冈上 冈下 肩胛下 小圆", "二头肌": "二头肌", "跟腱": "跟腱", "软骨": "软骨", "关节囊": "关节囊",
    "三角纤维": "三角纤维", "tfcc": "三角纤维", "舟月": "舟月", "跖筋膜": "跖筋膜", "足底筋膜": "跖筋膜",
    "腓骨长": "腓骨肌", "腓骨短": "腓骨肌", "腓骨肌": "腓骨肌", "胫骨后肌": "胫后肌", "胫后肌": "胫后肌",
    "胫骨前肌": "胫前肌", "腓肠肌": "腓肠肌",
    "上叶": "上叶", "舌段": "上叶", "尖段": "上叶", "中叶": "中叶", "下叶": "下叶", "背段": "下叶", "基底段": "下叶",
    "上中叶": "上叶 中叶", "中下叶": "中叶 下叶", "上下叶": "上叶 下叶",
    "上、中叶": "上叶 中叶", "中、下叶": "中叶 下叶", "上、下叶": "上叶 下叶",
    "升结肠": "升结肠", "横结肠": "横结肠", "降结肠": "降结肠", "乙状结肠": "乙状结肠", "直肠": "直肠",
    "盲肠": "盲肠 升结肠", "回盲": "盲肠 升结肠", "肝曲": "升结肠 横结肠", "脾曲": "横结肠 降结肠",
    "直乙": "直肠 乙状结肠", "乙直": "直肠 乙状结肠", "乙状": "乙状结肠",
    "左主干": "左主干", "前降支": "前降支", "回旋支": "回旋支", "右冠": "右冠", "对角支": "对角支", "钝缘支": "钝缘支",
    "lad": "前降支", "lcx": "回旋支", "rca": "右冠",
}  # fmt: skip
_STRUCTURE = re.compile("|".join(sorted(map(re.escape, _NAMED), key=len, reverse=True)))

_LEFT_OUT = re.compile(r"(?<![内外后])踝")
"""The ankle where a structure of it may be meant: 踝内侧副韧带."""


@lru_cache(maxsize=CLAUSES_KEPT)
def structures_in(said: str) -> frozenset[str]:
    """Structures that a clause (folded text) names, and the bones beside them.

    Examples
    --------
    >>> sorted(structures_in("前交叉韧带及半月板信号增高"))
    ['前交叉', '半月板']
    """
    names: set[str] = set()
    for match in _STRUCTURE.finditer(said):
        names.update(_NAMED[match[0]].split())
    return frozenset(names) | bones_in(_LEFT_OUT.sub("", _STRUCTURE.sub("", said)))
