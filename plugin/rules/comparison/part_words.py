"""Words that name a part of what their term stands for: 声门 of the larynx, 尺骨鹰嘴 of the elbow.

A term gathers the names of one organ or joint.  What is denied of a part by its name says nothing
of the whole, nor of another part.
"""

from __future__ import annotations

import re
from functools import lru_cache

from plugin.rules.comparison.regions import SPINE
from plugin.text.terms import Term

_IDLE = frozenset("骨部区内面腔段节关管壁体上下前后外侧左右双两脏质")
"""Characters that names share without being akin: 髂骨, 耻骨."""
_CORD = re.compile(r"(?<!骨)髓(?!核)|圆锥|马尾|终丝")
"""Of the spine, what lies in its canal: 颈髓未见变性 says nothing of the discs."""
_JOINTS = ("肩锁关节", "胸锁关节", "下胫腓关节", "上胫腓关节", "距下关节", "寰枢关节", "肱桡关节", "尺桡关节")
"""Joints that share the name of a larger one, and not what befalls it."""
_WHOLE = frozenset(("颅内", "骨盆", "幕上", "眼附件", "全腹", "泌尿系", "泌尿系统"))
"""Names of a whole that share nothing with its usual one."""


def of_other_part(denied: tuple[str, Term], said: tuple[str, Term]) -> bool:
    """Whether a place (its word and term) that is denied is a part other than the one that is said.

    Examples
    --------
    >>> larynx = Term("larynx", Kind.ANATOMY, region="neck", words=("喉", "声门"))
    >>> cartilage = Term("cartilage", Kind.ANATOMY, parent="larynx", region="neck", words=("甲状软骨",))
    >>> of_other_part(("声门", larynx), ("甲状软骨", cartilage))
    True
    >>> of_other_part(("喉部", larynx), ("甲状软骨", cartilage))
    False
    """
    word, term = denied
    other, its = said
    if word == "肝内胆管":
        return other.endswith("总管")
    if term.region in SPINE:
        return _CORD.search(word) is not None and _CORD.search(other) is None
    if not _names_part(word, term):
        return False
    if term.id != its.id:
        return True
    return _names_part(other, its) and _telling(word).isdisjoint(_telling(other))


def _names_part(word: str, term: Term) -> bool:
    """Whether a word of a term shares nothing with the name of the whole."""
    if not term.region or word in _WHOLE or word.isascii():
        return False
    if word.endswith(_JOINTS):
        return True
    whole = _telling(_name(term))
    return bool(whole) and whole.isdisjoint(word)


@lru_cache(maxsize=1_000)
def _name(term: Term) -> str:
    """The shortest of a term's Chinese words, the first of them."""
    return min((word for word in term.words if not word.isascii()), key=len, default="")


def _telling(word: str) -> frozenset[str]:
    return frozenset(word) - _IDLE
