"""模版残留: unfilled slots, doubled words, text pasted twice (4.2.5 c)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plugin.domain.issue import Issue
from plugin.rules.case_reading import CaseReading
from plugin.rules.validators.base import RuleOptions

# On folded text; each branch opens with a literal, so that the search skips ahead.
_SLOT = re.compile(
    r"【\s*】|\[\s*\]|\(\s*\)|\{[^{}\n]{0,12}\}|_{2,}|□|[x×]{2,}(?![a-z0-9×])|\*{2,}|请选择|请输入|待填写?|待补充|正常/异常|异常/正常|有/无|左侧?/右侧?|右侧?/左侧?"
    r"|约(?:为)?\s*(?:mm|cm|毫米|厘米)|约\s*[×x*]|[mc]m\s*[×x*]\s*[mc]m"
)
# What every slot holds, in far fewer places: most reports are passed over without a look at the slots.
_MAY_BE_SLOT = re.compile(
    r"[【\[({□/]|__|[x×][x×]|\*\*|请选择|请输入|待填|待补充|约为?\s*(?:[mc]m|毫米|厘米|[x×*])|[x×*]\s*[mc]m"
)
_SENTENCE = re.compile(r"[^。\n]*[。\n]?")
_DOUBLED = re.compile(r"(?P<word>[\u4e00-\u9fff]{2,4})(?P=word)")


class Options(RuleOptions):
    """Options of `template_residue`.

    Parameters
    ----------
    pasted_length
        Sentences from this length on that stand twice in a section were pasted twice.
    """

    pasted_length: int = 40


def check(options: Options, reading: CaseReading) -> Iterator[Issue]:
    """Look for slots, doubled words and doubled sentences."""
    for section, text in reading.sections:
        for match in _SLOT.finditer(text.folded) if _MAY_BE_SLOT.search(text.folded) else ():
            before = text.folded[match.start() - 1 : match.start()]
            if before.isascii() and (before.isalnum() or before == "."):
                continue
            place = reading.span(section, *match.span())
            yield options.issue("template_residue", place, f"“{place.text}”为未填写的模版内容。")
        for match in _DOUBLED.finditer(text.text) if _may_double(text.text) else ():
            place = reading.span(section, *match.span())
            yield options.issue("template_residue", place, f"“{match['word']}”重复书写。")
        seen: dict[str, int] = {}
        at = 0
        for sentence in _SENTENCE.findall(text.text):
            bare = sentence.strip("0123456789.、()。 \n") if len(sentence) >= options.pasted_length else ""
            if len(bare) >= options.pasted_length:
                if bare in seen:
                    place = reading.span(section, at, at + len(sentence))
                    yield options.issue("template_residue", place, "同一内容重复粘贴。")
                    break
                seen[bare] = at
            at += len(sentence)


def _may_double(text: str) -> bool:
    """Whether some two to four characters may stand twice in a row.

    The text is compared with itself moved by as many places, all at once: equal characters
    leave zeros.  A few microseconds, where the pattern with its back-reference takes seventy.
    """
    raw = text.encode("utf-32-le", "surrogatepass")
    number = int.from_bytes(raw, "little")
    return any(
        b"\0" * 4 * places in (number ^ (number >> 32 * places)).to_bytes(len(raw), "little")
        for places in (2, 3, 4)
    )
