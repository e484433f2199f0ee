"""What a clause denies: all of its place, a part or an aspect of it, or things by name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from plugin.rules.comparison.clause_state import CLAUSES_KEPT

# Every branch opens with a literal, so that the search skips from one to the next.
_NARROW = re.compile(
    r"周围(?<!低周围)(?![等稍]?[高低])|周缘|邻近|强化(?<!无强化)|DWI|弥散|可疑(?=钙化)|新鲜|急性|活动性|明显增|进一步|间隙|对位|对应|序列|曲度|排列|走行(?!区|[^，。；]{0,6}(?:信号|密度)正常)|位置|各叶|支架|吻合口|T[12]WI心肌|首过|延迟期"
)
_IS_WELL = r"[^，。；\n不欠]{0,6}(?:正常|如常|均匀$)"
_TOTAL = re.compile(
    r"未见(?:明[显确]|确切|显著)?(?:实质性)?[^，。；、\n见]{0,6}(?:异常|(?<!性)病变|病灶)(?![强增变狭扩充钙移积]|[^，。；]{0,4}(?:骨折|强化|增))"
    r"|未见(?:明[显确]|确切)?(?!不透)[一长短高低等片斑点条线结囊类圆弧环团小稍混棘不软][^，。；\n见]{0,16}(?:信号|密度|回声|影|灶|[凸突]起)"
    rf"|信号{_IS_WELL}|密度{_IS_WELL}|回声{_IS_WELL}|无(?:明显)?异常"
)
_WELL = re.compile(r"[^，。；\n见大小形态厚]{1,8}(?:正常|如常)")
_OF_TISSUE = re.compile(r"信号|密度|回声|结构")
_ASPECT = re.compile(
    r"内、?外侧|前、?后[角交壁]|内侧|外侧|前[角交壁]|后[角交壁]|[内外后](?:[、及和]?[内外后])?[踝髁](?!间|穴)"
)
_BOTH = re.compile(r"(?P<one>[前内])、?(?P<other>[后外])(?P<what>.+)")
_DENIAL = re.compile(
    r"(?:未见|未探及|无(?!定[形型]|[柄蒂]))(?:明[显确]|确切|异常)?(?P<what>[^，。；\n见]{2,24})"
)
_LIST = re.compile(r"[、及和或与]")
_TAIL = re.compile(r"(?:征象|改变|表现|形成|影|灶)+$")


_SIGN = re.compile("凹陷|塌陷|变扁|楔形|错位|成角")


class Reach(NamedTuple):
    """How much a clause denies.

    Parameters
    ----------
    narrow
        The word that narrows it (周围, 强化, 新鲜), or empty.
    total
        It finds nothing at all: 未见异常, 信号正常.
    of_tissue
        It speaks of density, signal or structure, which says nothing of size and place.
    """

    narrow: str
    total: bool
    of_tissue: bool


OF_SEVERAL = frozenset(("temporal_bone", "mediastinal_node"))
"""Anatomy whose words are places of their own: 内听道 is not 中耳乳突, 肺门淋巴结 no 纵隔淋巴结."""
_NODE = "淋巴结"


def share_a_word(one: str, other: str) -> bool:
    """Whether names of such anatomy are of one place: 乳突小房, 中耳乳突."""
    ours, theirs = one.replace(_NODE, " "), other.replace(_NODE, " ")
    return any(ours[at : at + 2] in theirs for at in range(len(ours) - 1) if " " not in ours[at : at + 2])


def apart(one: str, other: str) -> bool:
    """Whether two words name different parts of one thing: 内侧半月板, 外侧半月板."""
    ours, theirs = _aspects(one), _aspects(other)
    return bool(ours and theirs) and not ours & theirs


def shares_sign(concluded: str, sentence: str) -> bool:
    """Whether a sentence of the findings holds the shape that a conclusion names: 外板凹陷，骨折线不明显."""
    sign = _SIGN.search(concluded)
    return sign is not None and sign[0] in sentence


def turned(one: str, other: str) -> bool:
    """Whether one names the inner and the other the outer part of a thing, as a slip does."""
    return apart(one, other) and {"内", "外"} <= _aspects(one) | _aspects(other)


@lru_cache(maxsize=CLAUSES_KEPT)
def _aspects(said: str) -> frozenset[str]:
    return frozenset(half for word in _ASPECT.findall(said) for half in _named_in(word))


def _named_in(word: str) -> Iterable[str]:
    """内 of 内侧 and 内踝, 内 and 外 of 内外侧 and 内、外踝; 前角 and its kin as they are."""
    return (aspect for aspect in word if aspect in "内外后") if word[-1] in "侧踝髁" else halves(word)


@lru_cache(maxsize=CLAUSES_KEPT)
def halves(word: str) -> tuple[str, ...]:
    """Both things that a word names together (前后交叉韧带, 内、外侧半月板), or the one it names."""
    both = _BOTH.match(word)
    return (both["one"] + both["what"], both["other"] + both["what"]) if both else (word,)


def finds_nothing(said: str) -> bool:
    """Whether a clause finds nothing at all at its place: 未见异常, 信号正常."""
    reach = reach_of(said)
    return reach.total and not reach.narrow


@lru_cache(maxsize=CLAUSES_KEPT)
def reach_of(said: str) -> Reach:
    """How much a clause denies."""
    narrow = _NARROW.search(said)
    total = _TOTAL.search(said) or _WELL.fullmatch(said)
    return Reach(narrow[0] if narrow else "", bool(total), bool(_OF_TISSUE.search(said)))


@lru_cache(maxsize=CLAUSES_KEPT)
def denied_words(said: str) -> frozenset[str]:
    """What a clause denies, word by word: 粪石 of 腔内未见粪石影."""
    words = (_TAIL.sub("", word) for match in _DENIAL.finditer(said) for word in _LIST.split(match["what"]))
    return frozenset(word for word in words if len(word) >= 2)
