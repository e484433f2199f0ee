"""模版残留: unfilled slots, doubled words, text pasted twice (4.2.5 c)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plugin.domain.issue import Issue
from plugin.rules.texts import Texts
from plugin.rules.validators.base import TextRuleOptions
from plugin.text.reader import ReadText
from plugin.text.stretch import Stretch

# On folded text; each branch opens with a literal, so that the search skips ahead.
_SLOT = re.compile(
    r"【\s*】|\[\s*\]|\(\s*\)|\{[^{}\n]{0,12}\}|_{2,}|□|[x×]{2,}(?![a-z0-9×])|\*{2,}|请选择|请输入|待填写?|待补充|正常/异常|异常/正常|有/无|左侧?/右侧?|右侧?/左侧?"
    r"|约(?:为)?\s*(?:mm|cm|毫米|厘米)|约\s*[×x*]|[mc]m\s*[×x*]\s*[mc]m"
)
# What every slot holds, in far fewer places: most reports are passed over without a look at the slots.
# Opens with one character and looks back at it, so that the search skips from one to the next.
_MAY_BE_SLOT = re.compile(
    r"[{□【\[(/_x×*请待约](?:(?<=[{□])|(?<=【)\s*】|(?<=\[)\s*\]|(?<=\()\s*\)|(?<=[常有侧左右]/)|(?<=_)_|(?<=[x×])[x×]|(?<=\*)\*"
    r"|(?<=请)(?:选择|输入)|(?<=待)(?:填|补充)|(?<=约)为?\s*(?:[mc]m|毫米|厘米|[x×*])|(?<=[x×*])\s*[mc]m)"
)
# 髌骨软骨软化 is no 骨软 twice. 后交通动脉动脉瘤, 冈上肌腱肌腱病: a place, and a disease that bears its name; 膝关节关节软骨: its part.
_DOUBLED = re.compile(
    r"(?!骨软骨软[化骨])(?P<word>[\u4e00-\u9fff]{2,4})(?P=word)"
    r"(?!下|旁|周|瘤|病|炎|粥样|硬化|夹层|曲张|血栓|导管|扩张|损伤|撕裂|断裂|(?<=[肩肘腕髋膝踝指趾髂]关节关节)(?:囊|软骨|盂|面|腔|间隙))"
)


class Options(TextRuleOptions):
    """Options of `template_residue`.

    Parameters
    ----------
    pasted_length
        Sentences from this length on that stand twice in a section were pasted twice.
    repeated_length
        And from this length on those that stand twice in a row.
    """

    pasted_length: int = 40
    repeated_length: int = 6


def check(options: Options, reading: Texts) -> Iterator[Issue]:
    """Look for slots, doubled words and doubled sentences."""
    for section, text in reading.sections:
        for start, end in text.derived(_slots):
            place = reading.span(section, start, end)
            yield options.issue("template_residue", place, f"“{place.text}”为未填写的模版内容。")
        for start, end in text.found(_doubled_in):
            place = reading.span(section, start, end)
            yield options.issue(
                "template_residue", place, f"“{text.text[start : (start + end) // 2]}”重复书写。"
            )
        if (pasted := _pasted(text.text, options)) is not None:
            place = reading.span(section, *pasted)
            yield options.issue("template_residue", place, "同一内容重复粘贴。")


def _pasted(text: str, options: Options) -> tuple[int, int] | None:
    """The first sentence that stands twice in a row, or is long and has stood before."""
    sentences = text.replace("\n", "。").split("。")
    # Without numbers and stops.
    bare = [said.strip("0123456789.、() ") for said in sentences]
    said_once = [said for said in bare if said]
    if len(set(said_once)) == len(said_once):
        return None
    seen: set[str] = set()
    last = ""
    start = 0
    for whole, said in zip(sentences, bare, strict=True):
        end = start + len(whole)
        if whole:
            if (said == last and len(said) >= options.repeated_length) or said in seen:
                return start, min(end + 1, len(text))
            last = said
            if len(said) >= options.pasted_length:
                seen.add(said)
        start = end + 1
    return None


def _slots(text: ReadText) -> list[tuple[int, int]]:
    folded = text.folded
    found = []
    for match in _SLOT.finditer(folded) if _MAY_BE_SLOT.search(folded) else ():
        before = folded[match.start() - 1 : match.start()]
        if not before.isascii() or not (before.isalnum() or before == "."):
            found.append(match.span())
    return found


def _doubled_in(said: Stretch) -> list[tuple[int, int]]:
    """Words that stand twice; none goes on beyond its sentence."""
    return [match.span() for match in _DOUBLED.finditer(said.text)] if _may_double(said.text) else []


def _may_double(text: str) -> bool:
    """Whether some two to four characters may stand twice in a row.

    The text is compared with itself moved by as many places, all at once: equal characters
    leave zeros.  A few microseconds, where the pattern with its back-reference takes seventy.
    """
    raw = text.encode("utf-16-le", "surrogatepass")
    number = int.from_bytes(raw, "little")
    return any(
        b"\0" * 2 * places in (number ^ (number >> 16 * places)).to_bytes(len(raw), "little")
        for places in (2, 3, 4)
    )
