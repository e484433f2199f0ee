"""Places of the impression that tell where something is: not a joint beside its part, nor an organ in a disease's name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from plugin.rules.comparison.claims import ORGANS_IN
from plugin.rules.texts import Texts
from plugin.text.mention import Mention
from plugin.text.terms import Assertion

_NORMAL = re.compile(
    r"未见(?:明显|明确|确切)?(?:[^，。；\n]{0,8})(?:异常|病变)|正常|未发现异常|无(?:明显)?异常"
)
_NO_PLACE = frozenset((Assertion.DENIED, Assertion.HYPOTHETICAL))
"""请结合胃镜 names no place of what is concluded."""


def telling_places(reading: Texts) -> Iterator[Mention]:
    """The anatomy of the impression that says where something is concluded.

    Not what a clause calls sound, no joint that is named only for its part (左膝 of 左膝内侧半月板), and no
    part of a name, of what lies in a part that the sentence has named (肺癌, of 右肺下叶).
    """
    impression, wholes = reading.impression, reading.lexicon.ancestors
    in_names = _within(impression.anatomy, impression.observations)
    of_parts: dict[int, set[str]] = {}
    for mention in impression.anatomy:
        of_parts.setdefault(mention.clause, set()).update(wholes(mention.term.id)[1:])
    sound: dict[int, bool] = {}
    sentence, before = -1, set[str]()
    for mention, in_name in zip(impression.anatomy, in_names, strict=True):
        name, clause = mention.term.id, mention.clause
        if impression.clauses[clause].sentence != sentence:
            sentence, before = impression.clauses[clause].sentence, set()
        named_after = in_name and name in before
        before.update(wholes(name)[1:])
        if (
            mention.assertion in _NO_PLACE
            or named_after
            or (mention.term.region not in ORGANS_IN and name in of_parts[clause])
        ):
            continue
        if clause not in sound:
            sound[clause] = _NORMAL.search(impression.clause_text(clause)) is not None
        if not sound[clause]:
            yield mention


def _within(places: Sequence[Mention], names: Sequence[Mention]) -> Iterator[bool]:
    """Of each place whether it begins inside one of the names; both stand in the order of the text."""
    at = 0
    for place in places:
        while at < len(names) and names[at].end <= place.start:
            at += 1
        yield at < len(names) and names[at].start <= place.start
