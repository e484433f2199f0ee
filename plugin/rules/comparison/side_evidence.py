"""Which side the findings bear out: each conclusion weighed against what either side holds.

The question is not whether a word is missing on a side, but where the conclusion comes from:
what is concluded of the left must not be found on the right alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from plugin.rules.comparison.claims import opposite
from plugin.rules.comparison.clause_state import State
from plugin.rules.comparison.denial_words import finds_nothing
from plugin.rules.comparison.runs import TELLING, WORDY, Conclusion, Run, weigh
from plugin.rules.comparison.statements import Statement, Told, only_side, told, unsound
from plugin.rules.texts import Texts
from plugin.text.mention import Mention

_MOST = 30
"""Statements of an impression that are weighed."""
_MOST_RUNS = 60
"""Runs of findings that are weighed, so that time stays bounded."""
_PASSED = re.compile(
    r"术后|病史|置换|治疗后|切除|原诊|较前|同前|建议|请|结合|前片|复查|对侧|未见|正常|向[左右]|受压|移位|神经根|侧隐窝|椎间孔"
)


def side_witnesses(reading: Texts) -> Iterator[tuple[Statement, Statement]]:
    """Conclusions on one side that the findings have on the other side only, with the findings' statement."""
    said_of_places = [s for s in reading.impression.derived(unsound) if not _PASSED.search(s.text)][:_MOST]
    one_sided = [s for s in said_of_places if _says_its_side(s)]
    if not one_sided:
        return
    found = _runs(reading)
    # Nothing stems from a side that the findings have seen nothing on.
    seen = {run.sides for run in found if run.seen}
    if seen.isdisjoint([frozenset(opposite(only_side(s))) for s in one_sided]):
        return
    concluded = [Conclusion(reading.lexicon, s) for s in said_of_places]
    for conclusion in concluded:
        if _says_its_side(conclusion.said):
            witness = _witness(conclusion, found, concluded)
            if witness is not None:
                yield conclusion.said, _where(reading, witness)


def _says_its_side(said: Statement) -> bool:
    """L4/5椎间盘左后突出，黄韧带增厚: only what says its side itself is held against the other side."""
    return said.own and bool(only_side(said)) and ("左" in said.text or "右" in said.text)


def borne_out(reading: Texts, mention: Mention) -> bool:
    """Whether the findings hold, on this side and at a place of like name, what is concluded at `mention`."""
    said = next((s for s in reading.impression_statements if s.clause == mention.clause), None)
    if said is None:
        return False
    name = reading.impression.text[mention.start : mention.end]
    words = {name[i : i + 2] for i in range(len(name) - 1)}
    conclusion = Conclusion(reading.lexicon, said)
    return any(
        run.seen
        and mention.side in run.sides
        and any(
            p.term.id == mention.term.id or any(p.word[i : i + 2] in words for i in range(len(p.word) - 1))
            for s in run.statements
            for p in s.places
        )
        and any(kind in TELLING for kind, _ in conclusion.shares(run))
        for run in _runs(reading)
    )


def _runs(reading: Texts) -> list[Run]:
    return [run for _, states in reading.findings.derived(told) for run in states.derived(_runs_of)][
        :_MOST_RUNS
    ]


def _where(reading: Texts, witness: Run) -> Statement:
    """What a run shows, in places of the findings."""
    return next(
        witness.first.at(placed)
        for placed, states in reading.findings.derived(told)
        if any(run is witness for run in states.derived(_runs_of))
    )


def _runs_of(states: Told) -> tuple[Run, ...]:
    """Runs of a stretch of the findings."""
    clauses = states.clauses
    runs = groupby(states.statements, key=lambda s: (clauses[s.clause].sentence, s.sides, not s.places))
    return tuple([Run(tuple(statements)) for _, statements in runs])


def _witness(asked: Conclusion, found: list[Run], concluded: list[Conclusion]) -> Run | None:
    side = only_side(asked.said)
    far_side = opposite(side)
    near, close = _near(asked, found)
    far = [run for run in near if run.seen and run.sides == {far_side}]
    if not far:
        return None
    here = [run for run in near if side in run.sides or "B" in run.sides]
    # What stands without a side may be of either.
    here += [run for run in found if not run.sides and run.seen and not run.names.isdisjoint(asked.around)]
    own: set[tuple[str, str]] = set()
    for run in here:
        if run.seen:
            own |= asked.shares(run)
    # 左侧腋下未见异常: whatever is concluded there, it is of the other side.
    # 双侧大脑半球对称 says nothing of the left alone.
    weighed = [run for run in here if run.seen or side in run.sides]
    open_far = [run for run in far if not _better_concluded(asked, run, concluded, far_side)]
    if (
        open_far
        and not _said_of_both(asked, far_side, concluded)
        and weighed
        and all(_same_term(asked.said, run) for run in (open_far[0], *weighed))
    ):
        if all(any(finds_nothing(s.text) for s in run.statements) for run in weighed):
            return open_far[0]
        # 左侧乳突气化良好: praise of one thing rules out only what the other side may be.
        if (
            asked.said.state is State.SEEN
            and all(s.state is State.SOUND for run in weighed for s in run.statements)
            and _may_be(asked, open_far[0])
        ):
            return open_far[0]
    best, weight, telling = None, 0, False
    # Where its own side has it by name, other words for it prove nothing: 左侧壁增厚，右侧壁亦增厚.
    named = asked.said.observed and all(("id", name) in own for name in asked.said.observed)
    for run in far:
        shared = asked.shares(run)
        if named:
            shared = {(kind, what) for kind, what in shared if kind not in WORDY}
        ours = weigh(shared - own)
        if ours > weight and not own - shared:
            best, weight = run, ours
            telling = any(kind in TELLING for kind, _ in shared - own)
    # What its own side holds may be it, said in words that we do not know.
    unknown = any(run.seen and not run.observed for run in here)
    if best is None or weight < (2 if close and telling and not unknown else 3):
        return None
    if _concluded_there(asked, best, concluded, found, far_side, weight):
        return None
    return best


def _said_of_both(asked: Conclusion, far_side: str, concluded: list[Conclusion]) -> bool:
    """Whether the impression says the same of the far side: each side is concluded on by itself."""
    observed = asked.said.observed - {"lesion"}
    return any(
        other is not asked and other.said.sides == {far_side} and not observed.isdisjoint(other.said.observed)
        for other in concluded
    )


def _better_concluded(asked: Conclusion, run: Run, concluded: list[Conclusion], far_side: str) -> bool:
    """Whether a conclusion of the far side fits better to what was found there.

    左侧卵巢畸胎瘤 beside 右侧卵巢囊肿, which the cyst of the right ovary is: that lacks its finding.
    """
    ours = weigh(asked.shares(run))
    theirs = [o.shares(run) for o in concluded if o is not asked and o.said.sides == {far_side}]
    return any(any(kind in TELLING for kind, _ in each) and weigh(each) > ours for each in theirs)


def _may_be(asked: Conclusion, run: Run) -> bool:
    """Whether a run may be what is concluded: by name or kin, or because one of them has no name."""
    if not asked.said.observed or not run.observed - {"lesion"}:
        return True
    return any(kind in TELLING for kind, _ in asked.shares(run))


def _concluded_there(
    asked: Conclusion,
    best: Run,
    concluded: list[Conclusion],
    found: list[Run],
    far_side: str,
    ours: int,
) -> bool:
    """Whether what was found on the far side is concluded of that side as well, and nowhere better."""
    for other in concluded:
        sides = other.said.sides
        if other is asked or (sides and far_side not in sides and "B" not in sides):
            continue
        shared = other.shares(best)
        # 桥本甲状腺炎 may well have nodules, but 右叶结节 has this one by its name; and 转移可能 says what
        # the 结节 before it may be, and nothing of the 肿块 on the other side.
        if (not sides or not other.said.own) and weigh(shared) < ours:
            continue
        if not any(kind in TELLING for kind, _ in shared) or not _near(other, [best])[0]:
            continue
        weight = weigh(shared)
        near, _ = _near(other, found)
        if not any(
            run is not best
            and run.seen
            and (run.sides == best.sides or (not run.sides and not run.names.isdisjoint(other.around)))
            and weigh(other.shares(run)) > weight
            for run in near
        ):
            return True
    return False


def _near(asked: Conclusion, found: list[Run]) -> tuple[list[Run], bool]:
    """Runs on the same organ, or else on the same region, or else all; and whether it is the organ."""
    sided = [run for run in found if run.sides]
    organ = [run for run in sided if not run.names.isdisjoint(asked.organs)]
    if any(run.seen for run in organ):
        return organ, True
    regions = {place.term.region for place in asked.said.places} - {""}
    region = [run for run in sided if not run.regions.isdisjoint(regions)]
    if any(run.seen for run in region):
        return region, False
    return ([], False) if regions else (sided, False)


def _same_term(said: Statement, run: Run) -> bool:
    return any(place.side and place.term.id in run.names for place in said.places)
