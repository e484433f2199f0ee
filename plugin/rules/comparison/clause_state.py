"""What a clause says of its places by words that no lexicon holds: seen, sound, or neither."""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache

CLAUSES_KEPT = 10_000
"""Clauses of which is remembered what they say: a hospital writes from templates, and most come again all day."""


class State(Enum):
    """What a clause says of its places."""

    SEEN = "seen"
    SOUND = "sound"
    OPEN = "open"
    """Neither: a position, a size, advice, another's words."""


# Every branch opens with a literal and looks back at it, so that the search skips from one to the next.
_SEEN = re.compile(r"见(?<![未不所]见)(?!于|下|[^，。；]{0,8}卵泡)|探及|可及|检出(?!率)")
_SOUND = re.compile(
    r"未见(?!(?:明[显确]|显著)?变化)|正常|如常|无(?<!肺无)(?<!所无)(?!(?:明显|显著)?变化|名|定[形型]|[柄蒂]|回声|强化|肺纹理|功能|痛|菌)|清晰|良好|光[滑整]|均匀(?<![不欠]均匀)|自然|对称(?<![不欠]对称)"
    r"|不[大厚宽粗高]|锐利|通畅|连续(?<![不欠尚]连续)(?!性)|完整(?<![不欠]完整)(?!性)|尚可|在位|居中|未(?:受|探|发现|显示异常)|存在$|可$|阴性"
)
_SHOWN = re.compile(r"呈(?!等信号)|示(?<![所图显提]示)(?!意)")
_CHANGED = re.compile(
    r"增|减|肿|变|破|高(?:密度|信号)|低(?:密度|信号)|混(?:密度|信号)|多发|散在|断|缺|受|突|裂|粗|细|模糊|紊乱|毛糙|不[均清连整齐光规]|欠|抬高|下陷|硬化|闭塞|不良|塌|粘连|畸形|迂曲"
    r"|偏|钝|浅|积|充满|消失|扩|狭|窄|厚|分离|脱|浸润|包绕|衰减|阻|栓|瘤|癌|炎|囊|石|灶|影$|病|疝|疱|泡|结节|瘘|栓|瘀|漏|坏死|压缩|受压|移"
)
_MIXED = re.compile(
    r"[增减][高低宽粗大强多]|(?:稍|略|轻度|明显|局部|不同程度)[^，。；]{0,4}(?:[增减][高低宽粗大强多]|变|毛糙|模糊|不)"
)


@lru_cache(maxsize=CLAUSES_KEPT)
def state_of(said: str) -> State:
    """Tell by the words that say it of any place, where nothing is denied by name.

    Examples
    --------
    >>> state_of("左侧椎动脉形态正常")
    <State.SOUND: 'sound'>
    """
    if _SEEN.search(said):
        return State.SEEN
    if _SOUND.search(said):
        return State.SEEN if "未见" not in said and _MIXED.search(said) else State.SOUND
    return State.SEEN if _SHOWN.search(said) else State.OPEN


def state_of_denial(said: str) -> State:
    """The same of a clause that denies something by name: 未见狭窄, and 见钙化未见狭窄."""
    return State.SEEN if _SEEN.search(said) else State.SOUND


def tells_of_change(said: str) -> bool:
    """Whether a clause, its anatomy taken out, holds a word of change: 纤细, 毛糙; but 胆囊 is no cyst."""
    return _CHANGED.search(said) is not None
