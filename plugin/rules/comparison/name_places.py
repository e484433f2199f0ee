"""Places of the impression that tell where something is: not a joint beside its part, nor an organ in a disease's name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from plugin.rules.comparison.claims import ORGANS_IN, Claim
from plugin.rules.comparison.statements import only_side
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


def conclusions(reading: Texts) -> list[Claim]:
    """What the impression holds, where names that hold anatomy are read for what they say of the place.

    肺癌 names no place where the same sentence named a part of it (右肺下叶肿块，考虑肺癌), and 血胸 is not at the
    place before it (肋骨骨折，右侧血胸), nor 鼻息肉 (上颌窦炎伴鼻息肉).
    """
    clauses, wholes = reading.impression.clauses, reading.lexicon.ancestors
    places: tuple[Mention, ...] = ()
    sentence = -1
    concluded = []
    bare = {s.clause: only_side(s) for s in reading.impression_statements if s.own and s.named_at}
    for claim in reading.impression_claims:
        if clauses[claim.what.clause].sentence != sentence:
            sentence, places = clauses[claim.what.clause].sentence, ()
        if len(claim.places) == 1 and claim.what.start <= claim.places[0].start < claim.what.end:
            name = claim.places[0].term.id
            if any(name in wholes(place.term.id)[1:] for place in places):
                claim = claim._replace(places=places)
        elif _names_its_place(reading.impression.text, claim):
            claim = claim._replace(places=())
        elif not claim.own and claim.places and (side := bare.get(claim.what.clause)):
            # 左侧颈内动脉中度狭窄，右侧轻度狭窄: of the same artery, on the side that the clause says.
            claim = claim._replace(
                places=tuple([place._replace(side=side) if place.side else place for place in claim.places])
            )
        places = claim.places or places
        if claim.assertion is not Assertion.DENIED:
            concluded.append(claim)
    return concluded


def _names_its_place(text: str, claim: Claim) -> bool:
    """Whether an observation is named with its place: 血胸, 鼻息肉."""
    what = claim.what
    return text.endswith("鼻", 0, what.start) or (not claim.own and text.endswith("胸", what.start, what.end))
