"""Denials that their own words contradict: 少量未见积液, 未见骨折术后, 未见多发结节."""

from __future__ import annotations

import re

from plugin.text.reader import ReadText
from plugin.text.stretch import Stretch

_KINDS = (
    "稍", "微", "少量", "大量", "中量", "微小", "轻度", "中度", "重度", "多发", "单发", "散在", "少许", "孤立",
    "实性", "轻微", "较大", "小片", "斑片", "条片", "陈旧", "压缩", "撕脱", "粉碎", "青枝", "不全", "病理", "嵌插",
    "隐匿", "局限", "磨玻璃", "许莫氏", "斑片状", "小片状", "条片状", "混合", "、小", "、微",
)  # fmt: skip
"""Words of kind or degree, which cannot stand before a denial (少量未见积液)."""
_NOT_KINDS = ("男", "女", "连续", "完整", "对称", "通透", "均匀", "稳定", "特异", "活动")
"""What 性 makes no such word of: 连续性未见中断 is sound."""


def _after_kind(denial: str) -> str:
    """Pattern of a denial's first character right behind a word of :data:`_KINDS`, or of …性.

    It opens with that character and looks back from it, so that the search skips from one
    denial to the next.
    """
    by_length: dict[int, list[str]] = {}
    for kind in _KINDS:
        by_length.setdefault(len(kind), []).append(kind + denial)
    behind = "|".join(f"(?<={'|'.join(words)})" for words in by_length.values())
    sound = "".join(f"(?<!{word}性{denial})" for word in _NOT_KINDS)
    return rf"{denial}(?:{behind}|(?<=性{denial}){sound})"


def _each(openings: tuple[str, ...], rest: str) -> str:
    """Pattern of any of these openings with the rest: every branch opens with a literal of its own."""
    return "|".join([opening + rest for opening in openings])


# Nor can what is denied have been operated on (未见骨折术后), be doubted as well (未见骨折待排),
# or be denied twice (未见明显未见).
_GARBLED = re.compile(
    "|".join(
        (
            _each(
                (f"{_after_kind('未')}见", _after_kind("无")),
                r"(?:明显|明确|确切)?(?!变化|改变|异常强化|强化|进展|好转|吸收|缩小|增大|显示|显影|破坏|累及|明显变|受|异常|愈合)[^，。；、\n]{1,6}",
            ),
            r"未见(?!明显术后)[^，。；、\n见无]{1,6}(?:内固定|置换|切除|修补|取出|造瘘|成形|成型|保守)?(?:术后|治疗后)(?:改变|$|[，。；\n])",
            r"未(?:见|发现)(?:明显|明确|确切)?(?:未见|未发现|无(?!强化|回声|信号|血[供流]|灌注|分隔|壁|包膜))",
            _each(("腔隙性", "可疑"), r"[^，。；、:\n见无]{0,3}未见"),
            r"部分未见(?!显[示影]|充盈|明显|异常|确切|强化|变化)[^，。；\n]{2,4}(?=$|[，。；、(\n])",
            _each(
                ("急性", "急性期", "亚急性", "慢性", "新发", "少量", "微量", "中量", "大量", "异常强化"),
                r"[^，。；、:\n见无炎死折病癌瘤肿血液症变示提]{0,4}未见(?!明显异常|异常|变化|明显变)",
            ),
            _each(
                (
                    r"伴(?!行)[^，。；、:\n见无随]{0,14}",
                    "及",
                    r"局限性[^，。；、:\n见无]{1,6}",
                    r"少许[^，。；、:\n见无]{1,6}",
                ),
                r"未见(?!(?:明[显确])?(?:异常|强化|变化|增大|肿大|显[示影]))",
            ),
            _each(
                ("考虑", "除外"),
                r"(?:伴|为|有)?[^，。；、\n见无两双胸]{1,12}未见(?!明显异常|异常)[^，。；、\n影]{2,4}",
            ),
            r"未见(?!明[显确]|确切|异常)[^，。；、\n见无随]{1,12}伴(?!行)[^，。；、\n]{2,8}",
            r"未见[^，。；、\n见]{1,6}(?:\?|待除外|待排|不除外|较前(?:明显|稍|略)?(?:增多|减少|增大|缩小|吸收|扩大))",
        )
    )
)
_NOTHING_NEW = "(?!(?:明[显确])?(?:异常|强化|变化|改变|增大|缩小|进展|显[示影]))"
# What is not there has no number, no size, no image and no inside:
# 未见多发结节, 未见低密度影，边界清, 大者位于左肺下叶未见结节(Im38/189).
_DESCRIBED = re.compile(
    r"未见(?:少[许量]|多[发个枚]|散在|数[个枚]|薄壁|部分|局限(?!性?[^，。；\n]{0,4}(?:狭窄|扩张|增厚|强化|病变|异常|骨质|破坏|隆起|突[出起]|变窄|增宽|缺损|[高低]信号|[高低]密度|受限|变薄|凹陷|肿|积液|[减降增][低高]|运动))|略[呈高低增长]|稍[高低长短]|轻度|中度|较[大多])[^，。；\n]{1,40}"
    r"|未见[^，。；\n]{1,30}(?:影|灶|结节|信号|密度|囊肿?|肿[块物]|回声|突起|包块|团块?|斑块|缺损|空洞)，"
    r"(?:边[界缘][较尚欠]?(?:清|光|毛|模糊|不)|(?:大小|直径|长径|长|宽|范围|最大径|厚径?)约|后[方伴]{1,2}[^，。；\n]{0,2}声影|CT值约?\d|(?:较大|大|最大)者|T[12]WI呈|动脉期)[^，。；\n]{0,30}"
    r"|未见(?!明[显确]|确切|异常|显[示影])[^，。；\n]{2,40}，(?:部分)?(?:边[界缘]|包膜|相对缘|内(?:信号|密度)|ADC图?呈)[^，。；\n]{0,30}"
    r"|未见(?!明[显确]|确切|异常)[^，。；\n异]{1,24}(?:[稍略][高低长短]|(?:中[央心]|周[围边])[等稍]?[高低])[^，。；\n]{0,30}"
    rf"|未见{_NOTHING_NEW}[^，。；、\n]{{0,6}}(?:[一两二三四五六几\d][枚个条块]|[^，。；\n]{{1,24}}\((?:im|se|图)[^，。；\n]{{0,12}})"
    r"|未见(?:[长宽厚]|大小|直径|范围|长径)?约?\d+(?:\.\d+)?(?:[×*x]\d+(?:\.\d+)?){0,2}[mc]m(?!以|及|或)[^，。；\n]{1,20}"
    r"|未见(?!明[显确]|确切|异常)[^，。；、\n大超>≥以径\d]{2,16}\d+(?:\.\d+)?[×*x]\d+(?:\.\d+)?(?:[×*x]\d+(?:\.\d+)?)?[mc]m(?!以|及|或)"
    # Nor a shape and a degree at once: 未见斑片状中度强化.
    r"|未见(?!明[显确]|确切|异常)[^，。；、\n异]{0,6}[斑片条点线团环结][片状节][^，。；、\n异]{0,6}[轻中]度[^，。；、\n]{0,4}强化"
    # What is not broken has no ends that stray.
    r"|未见(?!明[显确]|确切|清晰)[^，。；\n]{0,8}(?:骨折线?|透亮线|骨质断裂|骨质不连续)影?，(?:骨折)?(?:断端|远折?端|折端|骨折[块片])[^，。；\n]{0,8}(?<!未见)(?<!无)(?<!无明显)(?:移位|错位|成角|分离|嵌插|重叠)"
    rf"|大(?:者|的|病灶)(?:位于|在|于)?[左右][^，。；、\n见无]{{1,16}}未见{_NOTHING_NEW}[^，。；\n]{{1,30}}",
    re.IGNORECASE,
)
_GARBLED_SOUND = re.compile(
    r"无肺纹理|无纹理|无信号|无血[供流管]|无壁|无包膜|无灌注|无张力|无分隔|无定形|无名|无功能|无强化|无回声|局部无|无痛|无菌|无症状"
)


_MOST = 12
"""Places that are named; a text with more is not one that anybody wrote."""


def garbled_denials(text: ReadText) -> list[tuple[int, int]]:
    """Spans of the normalised `text` that deny and affirm in one breath; none goes on beyond its sentence."""
    return (text.found(_garbled) + text.found(_described))[:_MOST]


def _garbled(said: Stretch) -> list[tuple[int, int]]:
    if "未" not in said.text and "无" not in said.text:
        return []
    return [match.span() for match in _GARBLED.finditer(said.text) if not _GARBLED_SOUND.search(match[0])]


def _described(said: Stretch) -> list[tuple[int, int]]:
    return [match.span() for match in _DESCRIBED.finditer(said.text)] if "未见" in said.text else []
