"""What a report says of a critical finding: new, grown, unchanged, old, treated, doubted, denied.

Denial, quotation, advice and relatives are the shared reader's
(:mod:`plugin.text.assertion`).  What pages a clinician needs more: whether a change is said
of this finding or of its neighbour, whether an operation lies before it, and which doubt
still pages (考虑, 可能) and which only asks the radiologist (不除外, 待排).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from plugin.rules.critical.catalogue import ContextWords
from plugin.text.normalize import normalize
from plugin.text.reader import ReadText
from plugin.text.segments import Clause
from plugin.text.terms import Assertion

_BARE_DENIAL = re.compile(
    r"(?:未见|未及|未探及|未发现|无|未显示)(?:有|明显|明确|确切|显著|确定|异常|可疑|任何|急性|新发|典型|确定性|肯定)*的?$"
)
_MEASURED = re.compile(r"\d\s?(?:mm|cm|ml|%|hu|×)|约\d")
_ASIDE = 10
"""A clause of so few characters does not turn to another subject."""
_FROM_TO = re.compile(
    r"[由从]\D{0,4}(\d{1,3}(?:\.\d)?)\s?(?:%|mm|cm|ml)[^，。；\d]{0,8}(?:至|到|为|成)[^，。；\d]{0,4}(\d{1,3}(?:\.\d)?)\s?(?:%|mm|cm|ml)"
)
_ASIDE_DOUBT = re.compile(r"\([^()?]{1,20}\?[^()]{0,4}\)?")
"""A question in brackets asks about what stands in them: 异物(花生?)."""
_TOLD_APART = re.compile(r"鉴别[^，。；]{0,6}\x00|\x00[^，。；]{0,8}(?:相|待)?鉴别")
_WINDOW = 120
_ENDLESS = 400
"""No sentence of a report is longer."""
_SUMMARY = 60
"""Characters of the next sentence that may sum up this one."""
_OLD_GAP = 9
_AFTER_GAP = 14
_JOINTS = re.compile(r"[、/及和并伴合与，；。或]")
_ASKED = re.compile(r"(?:建议|请|密切|短期|定期|必要时|注意|随诊|择期|月|周|年|天|日)[^，。；]{0,6}$")
_STOP = re.compile(r"[。；\n]")
# 左房 is no side, nor is 左右.
_SIDES = re.compile(r"左(?![房室心右])|右(?![房室心])(?<!左右)|双")


class Standing(StrEnum):
    """What the text says of a mention, in the order in which the first that holds wins."""

    DENIED = "denied"
    ABSENT = "absent"
    """Said, but not of this patient now: quoted, of a relative, advised against."""
    DOUBTED = "doubted"
    FRESH = "fresh"
    GROWN = "grown"
    SHRUNK = "shrunk"
    UNCHANGED = "unchanged"
    OLD = "old"
    PLAIN = "plain"


class Place(NamedTuple):
    """A mention where it stands.

    Parameters
    ----------
    start, end
        What is affirmed or denied.
    from_
        Where all that belongs to the mention begins (`start` or before).
    clause
        That holds `start`.
    begin, stop
        Its sentence.
    """

    text: ReadText
    start: int
    end: int
    from_: int
    clause: Clause
    begin: int
    stop: int

    @property
    def own(self) -> tuple[str, str]:
        """Words of the clause before and behind the mention."""
        folded, clause = self.text.folded, self.clause
        return (
            folded[max(clause.start, self.start - _WINDOW) : self.start],
            folded[self.end : min(clause.end, self.end + _WINDOW)],
        )


class Judge:
    """Reads the standing of a place; built once from ``context.toml``.

    Parameters
    ----------
    words
        The lists of the file.
    """

    def __init__(self, words: ContextWords) -> None:
        self._said = frozenset(_folded(words.taken_as_said))
        self._doubt = _any_of(words.doubt)
        self._old_before = _any_of(words.old_before)
        self._old_after = _any_of(words.old_after)
        # 建议治疗后复查 is advice, not treatment.
        self._treatment = re.compile(
            rf"(?!治疗后复查|.{{0,2}}(?:建议|请|拟|应|必要|需|考虑))[^，。；]{{0,2}}?(?:{_pattern(words.treatment)})(?!粘连|并发|所致|引起)"
        )
        self._grown, self._shrunk = _any_of(words.grown), _any_of(words.shrunk)
        self._gone, self._unchanged = _any_of(words.gone), _any_of(words.unchanged)
        self._unchanged_compared = _any_of(words.unchanged_compared)
        self._fresh, self._compare = _any_of(words.fresh), _any_of(words.compare)
        self._change = _any_of((*words.compare, *words.unchanged, *words.gone, *words.fresh))
        # A change is also read from two numbers: 由10ml至20ml.
        self._may_change = _any_of(("由", "从", *words.compare, *words.unchanged, *words.gone, *words.fresh))
        self._property = re.compile(rf"(?:{_pattern(words.property)})*")
        self._summary = re.compile(rf"\s*(?:{_pattern(words.summary)})")
        self._acute = _any_of(words.acute)

    def standing(self, place: Place) -> Standing:
        """Judge what the text says of a mention."""
        before, after = place.own
        own = f"{before}\x00{after}"
        assertion = self._assertion(place, own)
        if assertion is not None:
            return assertion
        # Most sentences speak of no change at all; one without end is not searched for each mention.
        endless = place.stop - place.begin > _ENDLESS
        if endless or self._may_change.search(place.text.folded, place.begin, place.stop + _SUMMARY):
            change = self._change_of(place, own, len(before))
            if change is not None:
                return change
        return Standing.OLD if self._is_old(place) or self._is_treated(place) else Standing.PLAIN

    def _assertion(self, place: Place, own: str) -> Standing | None:
        text, start, end = place.text, place.start, place.end
        assertion = text.assertion_at(start, end)
        # 未见充盈 is no denial to the shared reader (a vessel that does not fill); 未见充盈缺损 is one.
        if assertion is Assertion.DENIED or _BARE_DENIAL.search(text.folded, max(start - 12, 0), start):
            return Standing.DENIED
        if assertion in {Assertion.QUOTED, Assertion.FAMILY}:
            return Standing.ABSENT
        doubted = self._doubt.search(_ASIDE_DOUBT.sub("", own)) is not None
        if _TOLD_APART.search(own):
            return Standing.DOUBTED
        if assertion is Assertion.HYPOTHETICAL:
            if doubted:
                return Standing.DOUBTED
            # 复查：血肿较前增大. Advice of an earlier clause does not unsay what is said plainly here.
            here = place.clause.start
            advised = [cue for cue in text.cues_at(start, end) if cue.word.assertion is assertion]
            return Standing.ABSENT if any(cue.start >= here for cue in advised) else None
        if doubted and any(
            cue.word.assertion is Assertion.UNCERTAIN and text.folded[cue.start : cue.end] not in self._said
            for cue in text.cues_at(start, end)
        ):
            return Standing.DOUBTED
        return None

    def _change_of(self, place: Place, own: str, at: int) -> Standing | None:
        """Change said of the mention: in its clause, or in one after it that names nothing else.

        `own` is the clause with the mention cut out at `at`.
        """
        text, begin = place.text, place.begin
        opening = text.folded[begin : min(place.clause.start, begin + _WINDOW)]
        if at and self._compare.search(opening) and not self._change_said(opening):
            # 与前片对比，右侧硬膜下血肿范围扩大: the comparison was announced at the head of the sentence.
            own = "较前" + own
        change = self._read_change(own, near=at)
        if change is not None:
            return change
        return self._following(text, place.clause.end + 1, place.stop) or self._summed_up(text, place.stop)

    def _change_said(self, words: str) -> bool:
        """Whether the opening already says how something else has changed."""
        return self._read_change(words, near=0) is not None

    def _following(self, text: ReadText, at: int, stop: int) -> Standing | None:
        """Change in one of the next clauses, as long as they speak of nothing else."""
        compared = ""
        for _ in range(4):
            if at >= stop:
                return None
            clause = text.clause_at(at)
            words = text.folded[clause.start : min(clause.end, clause.start + _WINDOW)]
            found = self._change.search(words)
            if clause.start < at - 1 or (found and not self._property.fullmatch(words[: found.start()])):
                return None
            if found or compared:
                # 与2024-01-02片比较: the clause that compares may only announce the one that says how.
                change = self._read_change(compared + words, near=0)
                if change is not None or not found:
                    return change
                compared = "较前"
            elif len(words) > _ASIDE and not _MEASURED.search(words) and not self._property.fullmatch(words):
                return None
            at = clause.end + 1
        return None

    def _summed_up(self, text: ReadText, at: int) -> Standing | None:
        """Change said in the next sentence of all before it: 以上较前相仿, 与前片比较无明显变化."""
        rest = text.folded[at : at + _SUMMARY].lstrip("。；\n 0123456789.、()")
        sentence = _STOP.split(rest, maxsplit=1)[0]
        if not self._summary.match(sentence):
            return None
        found = self._unchanged.search(sentence) or self._change.search(sentence)
        if found and self._property.fullmatch(sentence[: found.start()].replace("，", "")):
            return self._read_change(sentence, near=0)
        return None

    def _read_change(self, words: str, near: int) -> Standing | None:
        if (numbers := _FROM_TO.search(words)) and numbers[1] != numbers[2]:
            return Standing.GROWN if float(numbers[2]) > float(numbers[1]) else Standing.SHRUNK
        fresh = self._fresh.search(words)
        if fresh and not _denied_change(words, fresh):
            return Standing.FRESH
        if self._unchanged.search(words):
            return Standing.UNCHANGED
        words = words.replace("对比剂", "造影剂").replace("对比增强", "造影增强")
        compared = self._compare.search(words)
        if compared and self._unchanged_compared.search(words):
            return Standing.UNCHANGED
        if compared:
            after = words[compared.start() :]
            grown, shrunk = self._grown.search(after), self._shrunk.search(after)
            if grown and (not shrunk or grown.start() < shrunk.start()) and not _denied_change(after, grown):
                return Standing.GROWN
            if shrunk and _denied_change(after, shrunk):
                return Standing.UNCHANGED
            if shrunk:
                return Standing.SHRUNK
        gone = self._gone.search(words)
        if gone and gone.start() >= near and not _denied_change(words, gone):
            return Standing.SHRUNK
        return None

    def _is_old(self, place: Place) -> bool:
        folded, clause, start, end = place.text.folded, place.clause, place.start, place.end
        before = folded[max(clause.start, place.from_ - _OLD_GAP) : start]
        # 原 is old, 原发 is not.
        matches = list(self._old_before.finditer(before.replace("原发", "\x00发").replace("原位", "\x00位")))
        if matches and not _JOINTS.search(before, matches[-1].end()):
            # 慢性硬膜下血肿伴急性出血 is not old; 急性脑梗死病史 is.
            own = folded[max(clause.start, start - 12) : min(clause.end, end + 8)]
            if not self._acute.search(own):
                return True
        after = folded[end : min(clause.end, end + _AFTER_GAP)]
        found = self._old_after.search(after)
        return bool(
            found and not _JOINTS.search(after[: found.start()]) and not _ASKED.search(after[: found.start()])
        )

    def _is_treated(self, place: Place) -> bool:
        text, at = place.text, place.clause.end
        if place.end > at or at + 1 >= place.stop or text.text[at : at + 1] not in {"，", ":", " "}:
            return False
        following = text.clause_at(at + 1)
        return following.start > at - 1 and bool(
            self._treatment.match(text.folded, following.start, following.end)
        )


def side_of(text: ReadText, start: int, begin: int) -> str:
    """``L``, ``R``, ``B`` or empty: the side that stands last before the mention in its sentence."""
    found = _SIDES.findall(text.folded[max(begin, start - 40) : start])
    return {"左": "L", "右": "R", "双": "B"}[found[-1]] if found else ""


def _denied_change(words: str, match: re.Match[str]) -> bool:
    return (
        re.search(r"(?:未见|无|未)(?:明显|明确|显著|著|确切|其他|其它)?$", words[: match.start()]) is not None
    )


def _folded(words: Iterable[str]) -> list[str]:
    return [normalize(word).folded for word in words]


def _pattern(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(_folded(words), key=len, reverse=True))


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile(_pattern(words))
