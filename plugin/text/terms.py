"""What the words of the lexicon stand for: anatomy and observations, and cues that say what is said of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Assertion(StrEnum):
    """What the text says of a thing it mentions."""

    AFFIRMED = "affirmed"
    DENIED = "denied"
    PROBABLE = "probable"
    """考虑, 倾向, 符合: the radiologist's diagnosis, said with care."""
    UNCERTAIN = "uncertain"
    """可能, 不除外, 待排, 可疑, ?: open."""
    HISTORIC = "historic"
    """陈旧, 既往, 术后: of an earlier time."""
    RESOLVED = "resolved"
    """消失, 已吸收: was there and is not now."""
    KNOWN = "known"
    """同前, 较前缩小: there, and compared with an earlier examination."""
    HYPOTHETICAL = "hypothetical"
    """建议…除外, 请结合: asked for, not said."""
    QUOTED = "quoted"
    """原诊“…”, 临床提示, 外院: another's words."""
    FAMILY = "family"
    """母亲, 家族史: of a relative."""


NOT_SAID = frozenset((Assertion.QUOTED, Assertion.HYPOTHETICAL, Assertion.FAMILY))
"""What a report mentions without saying it of this patient now: another's words, a question, a relative."""


class Kind(StrEnum):
    """What a mention names."""

    ANATOMY = "anatomy"
    OBSERVATION = "observation"


@dataclass(frozen=True, slots=True)
class Term:
    """A thing that reports mention.

    Parameters
    ----------
    id
        Canonical name, dotted from general to particular for readability only.
    parent
        `id` of the anatomy it is part of, or of the observation it is a kind of.
    region
        Body region (``head``, ``chest``, ``knee`` …) of an anatomy.
    paired
        The body has a left and a right one.
    sex
        ``M`` or ``F`` for anatomy of one sex.
    abnormal
        Of an observation: its presence is a finding.
    group
        Observations of one group may stand for each other in findings and impression.
    seen_as
        Observations that findings may describe this one by: a nodule, concluded to be a tumour.
    also
        Anatomy that this is a part of besides its parent: 股骨远端 is of the knee, and of the femur.
    ruled_out_by
        Words that praise a place so that the observation is not there: 骨皮质连续 leaves no fracture.
    """

    id: str
    kind: Kind
    parent: str = ""
    region: str = ""
    paired: bool = False
    sex: str = ""
    abnormal: bool = True
    group: str = ""
    words: tuple[str, ...] = ()
    seen_as: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    ruled_out_by: tuple[str, ...] = ()


class Reach(StrEnum):
    """Which way a cue looks."""

    BEFORE = "before"
    """It stands before what it speaks of: 未见骨折."""
    AFTER = "after"
    """It stands after: 骨折待排."""
    BOTH = "both"
    STOP = "stop"
    """It ends the reach of cues before it: 可见, 但."""
    NONE = "none"
    """It only looks like a cue: 无名动脉, 不均匀."""


@dataclass(frozen=True, slots=True)
class CueWord:
    """What a cue does: `assertion` is ``None`` for words that only stop or hide others."""

    reach: Reach
    assertion: Assertion | None
    words: tuple[str, ...] = ()
