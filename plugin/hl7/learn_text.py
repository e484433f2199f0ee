"""Where these senders put a report's text: codes that nobody knows, NTE and Z segments, lines cut by their length."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from plugin.hl7.profile import Profile
from plugin.hl7.proposal import Proposal
from plugin.hl7.reader import Message, Segment
from plugin.hl7.sections import section_of, split_at_headings

_HINTS = (
    ("recommendation", re.compile(r"建议|RECOM|\bREC\b", re.IGNORECASE)),
    ("impression", re.compile(r"诊断|印象|结论|意见|IMPRES|\bIMP\b|CONCL|DIAG", re.IGNORECASE)),
    ("technique", re.compile(r"方法|技术|TECH", re.IGNORECASE)),
    ("findings", re.compile(r"所见|描述|表现|FIND|DESC|\bGDT\b", re.IGNORECASE)),
)
_SENTENCE = re.compile("[\u3400-\u9fff].*[\u3400-\u9fff].*[。；，、]|[a-z]+ [a-z]+ [a-z]+")
_TEXT_TYPES = frozenset({"TX", "FT", "ST", "CE", "CWE", ""})
_ENDS = tuple("。；;：:！？!?.")
"""What a line ends with that was not cut by its length."""
_ITEM = re.compile(r"\s*[（(]?\d{1,2}[、.．)）]")
"""What another line may begin with, however the one before it ends."""
_TOLD_APART_BY = (4, 2, 1)
"""Fields of NTE that may say which section it is: its type, its source, its number."""


def learn_text(reports: Sequence[Message], default: Profile, proposal: Proposal) -> None:
    """Propose where the text of these reports stands, as far as the default does not know."""
    _sections(reports, default, proposal)
    _line_join(reports, default, proposal)
    if not any(_holds_text(obx) for report in reports for obx in report.all("OBX")):
        _beside_obx(reports, default, proposal)


def _holds_text(obx: Segment) -> bool:
    return obx.value(2).upper() in _TEXT_TYPES


def _sections(reports: Sequence[Message], default: Profile, proposal: Proposal) -> None:
    """Codes of OBX-3 that the default does not know, put where their words or, failing that, their order points."""
    unknown: dict[str, tuple[str, int]] = {}
    for report in reports:
        for obx in report.all("OBX"):
            kind = obx.value(2).upper()
            if kind in _TEXT_TYPES and obx.field(3) and section_of(obx, kind, default.sections) is None:
                code = obx.value(3, 1) or obx.value(3, 2)
                words = " ".join((*obx.components(3)[:2], *obx.subcomponents(3)))
                length = len(obx.field(5))
                if length > 1 and code:
                    unknown[code] = (words, max(length, unknown.get(code, ("", 0))[1]))
    placed: dict[str, list[str]] = {}
    for code, (words, _) in unknown.items():
        if section := next((name for name, hint in _HINTS if hint.search(words)), ""):
            placed.setdefault(section, []).append(code)
    rest = [code for code in unknown if not any(code in codes for codes in placed.values())]
    if rest and not placed and len(rest) <= 2:
        # Without any word to go by: the longer text describes, the shorter concludes.
        rest.sort(key=lambda code: -unknown[code][1])
        placed = {name: [code] for name, code in zip(("findings", "impression"), rest, strict=False)}
    for section, codes in placed.items():
        known = list(getattr(default.sections, section).codes)
        proposal.propose(f"sections.{section}.codes", [*codes, *known], "OBX-3 " + ", ".join(codes))


def _line_join(reports: Sequence[Message], default: Profile, proposal: Proposal) -> None:
    """Lines of one section that end within a sentence were cut by their length: nothing stands between them."""
    whole = cut = 0
    for report in reports:
        texts = [obx for obx in report.all("OBX") if _holds_text(obx) and obx.field(5)]
        for line, following in pairwise(texts):
            if line.field(3) == following.field(3):
                ended = line.value(5).endswith(_ENDS) or bool(_ITEM.match(following.value(5)))
                whole, cut = whole + ended, cut + (not ended)
    if cut > whole:
        proposal.propose("sections.line_join", "", f"{cut} line(s) end within a sentence: CHECK")


def _beside_obx(reports: Sequence[Message], default: Profile, proposal: Proposal) -> None:
    """Text in NTE or Z segments, where no OBX holds any.

    With headings in it, it is one text; else the longer one describes and the shorter one concludes.
    """
    found: dict[str, list[str]] = {}
    told_apart: dict[str, list[str]] = {}
    for report in reports:
        for segment in report.segments:
            if segment.name != "NTE" and not segment.name.startswith("Z"):
                continue
            for number in range(1, segment.length + 1):
                if _SENTENCE.search(text := segment.value(number)):
                    found.setdefault(f"{segment.name}-{number}", []).append(text)
                    for by in _TOLD_APART_BY if segment.name == "NTE" else ():
                        if kind := segment.value(by, 1):
                            told_apart.setdefault(f"NTE[{by}={kind}]-{number}", []).append(text)
    for path, texts in found.items():
        if len(split_at_headings("\n".join(texts), default.sections)) > 1:
            proposal.propose("sections.whole.paths", [path], "no OBX holds text; headings stand in it")
            return
    paths: Mapping[str, Sequence[str]] = found
    if list(found) == ["NTE-3"]:
        paths = _one_field(told_apart) or found
    for section, path in zip(("findings", "impression"), _longest_first(paths), strict=False):
        proposal.propose(f"sections.{section}.paths", [path], "no OBX holds text: CHECK what this is")


def _one_field(told_apart: Mapping[str, Sequence[str]]) -> Mapping[str, Sequence[str]]:
    """The paths by the first field of NTE that has two values, and no more."""
    for by in _TOLD_APART_BY:
        paths = {path: texts for path, texts in told_apart.items() if path.startswith(f"NTE[{by}=")}
        if len(paths) == 2:
            return paths
    return {}


def _longest_first(paths: Mapping[str, Sequence[str]]) -> list[str]:
    return sorted(paths, key=lambda path: -max(len(text) for text in paths[path]))
