"""增强扫描的强化程度写得含糊: 未见明显强化, 强化不明显, 似有强化 (000 描述要求)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plugin.domain.issue import Issue, Severity
from plugin.rules.texts import Texts
from plugin.rules.validators.base import TextRuleOptions
from plugin.text.reader import ReadText
from plugin.text.segments import Clause
from plugin.text.terms import Assertion

_VAGUE = re.compile(
    r"(?:未见|未有|未|无|没有|不)(?:明显|显著|著明|确切|明确|确定|肯定)(?P<mild>的?异常)?(?:的)?[^，。；、\n见异常及增示]{0,4}强化"
    r"(?!减低|缺损|异常|程度|差异|不均|区|早|晚|范围|减弱)"
    r"|强化(?:程度)?(?:欠|不(?:甚|太)?|未见|未)(?:明显|显著|确切|著)(?!不均|差异|减|增|变)"
    r"|(?:(?<![类相])似|可疑|疑)(?:有|见|呈|可见)?[^，。；、\n见]{0,3}强化(?!CT|MR|扫描)"
    r"|(?:轻微|稍微|略微|若有若无|不同程度轻微)的?强化"
    r"|(?:未见|未|无|没有)(?:明显|显著|著明|确切|明确)(?:异常)?增强(?=[，。；\n]|$)"
)

# 增强可见强化: that there is any says no degree, unless the sentence gives one, or a pattern.
_BARE = re.compile(
    r"(?:可?见(?<![末木]见)|有|出现|呈|病灶|(?:增强)?(?:扫描)?后|(?:增强)?扫描)(?:明确|异常|不同程度的?)?强化(?:影|灶)?$"
)
_ANY_DEGREE = re.compile("不同程度的?强化")
_SEVERAL = re.compile("多发|多[个枚处]|数[个枚处]|[两二三双诸各均分]|部分|散在")
"""What may be of different degrees, as there is more than one of it."""
_GRADED = re.compile(
    r"轻|中度|明显|显著|重度|均匀|不均|环|边缘|结节|团|片|条|点|网|花|分隔|包膜|渐|持续|延[迟时]|早期|动脉期|门脉期|静脉期|皮质期|ct值|hu|快|向心|充填"
    r"|程度|方式|曲线|(?:高|低|等)于|壁[^，。；]{0,3}强化"
)
_NONE = re.compile(r"(?:未|无|不(?!同))[^，。；]{0,4}强化")
_INSIDE = re.compile("[囊腔]内")
"""Where nothing takes up contrast, whatever the wall around it does."""
_OF_CONTRAST = re.compile(
    r"^[较呈为]|强化|期|程度|均匀|不均|明显|ct值|hu|方式|曲线|渐|持续|延[迟时]|填|[高低等]于|快|向心|廓清|退出|流出"
)
"""What a clause behind speaks of that still tells how something takes up contrast."""
_OF_MARGIN = re.compile("边[界缘]|分界")
_REST = re.compile("余")
_TAKES_UP = re.compile("强化|期|程度|CT值")
_ELSEWHERE = re.compile("周围|水肿|灶周|瘤周|邻近|余")
"""What a clause speaks of that no longer tells how something takes up contrast."""


class Options(TextRuleOptions):
    """Options of `vague_enhancement`; `mild_severity` is for 未见明显异常强化 of a whole organ."""

    mild_severity: Severity = Severity.INFO


def check(options: Options, reading: Texts) -> Iterator[Issue]:
    """Look for wordings that give no degree."""
    for section, text in reading.sections:
        if "强化" not in text.text and "增强" not in text.text:
            continue
        for match in _VAGUE.finditer(text.text):
            if text.assertion_at(match.start(), match.start() + 1) in (
                Assertion.HYPOTHETICAL,
                Assertion.QUOTED,
            ):
                continue
            yield options.issue(
                "vague_enhancement",
                reading.span(section, *match.span()),
                f"“{match[0]}”未说明强化程度；请用无强化、轻度强化、中度强化或明显强化。",
                severity=options.mild_severity if match["mild"] else None,
            )
        for clause in text.clauses:
            bare = _BARE.search(text.text, clause.start, clause.end)
            if bare is None or text.assertion_at(*bare.span()) is not Assertion.AFFIRMED:
                continue
            if not _is_graded(text, clause, bare):
                yield options.issue(
                    "vague_enhancement",
                    reading.span(section, *bare.span()),
                    f"“{bare[0]}”未说明强化程度；请用轻度强化、中度强化或明显强化。",
                )


def _is_graded(text: ReadText, clause: Clause, bare: re.Match[str]) -> bool:
    """Whether a clause that says that something takes up contrast, or one behind it, says how.

    The lesion's own shape and margins stand before; only what follows the contrast counts.  不同程度 of
    one lesion is no degree.
    """
    if _ANY_DEGREE.search(bare[0]) and _SEVERAL.search(
        text.text, text.sentence_at(clause.start)[0], clause.end
    ):
        return True
    if _GRADED.search(text.folded, clause.start, bare.start()) or _NONE.search(
        text.text, clause.start, bare.end()
    ):
        return True
    end = _told_to(text, clause)
    for later in text.clauses:
        if not clause.end <= later.start < end:
            continue
        if _REST.match(text.text, later.start, later.end):
            return False
        if (
            _OF_CONTRAST.search(text.folded[later.start : later.end])
            and not _is_of_margin(text, later)
            and (
                _GRADED.search(text.folded, later.start, later.end)
                or (
                    _NONE.search(text.text, later.start, later.end)
                    and not _INSIDE.search(text.text, later.start, later.end)
                )
            )
        ):
            return True
    return False


def _is_of_margin(text: ReadText, clause: Clause) -> bool:
    """Whether a clause is of how a margin is seen, in whichever phase: 门静脉期边界欠清."""
    return _OF_MARGIN.search(text.text, clause.start, clause.end) is not None and (
        text.text.find("强化", clause.start, clause.end) < 0
    )


def _told_to(text: ReadText, clause: Clause) -> int:
    """Where what is said of the contrast ends: with the sentence, or before a clause on another place."""
    _, end = text.sentence_at(clause.start)
    for later in text.clauses:
        if clause.end <= later.start < end and (
            _ELSEWHERE.search(text.text, later.start, later.end)
            and not _TAKES_UP.search(text.text, later.start, later.end)
        ):
            return later.start
    return end
