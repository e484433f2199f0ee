"""Body regions that a text speaks of, and which of them lie side by side."""

from __future__ import annotations

import re
from collections.abc import Set

from plugin.text.reader import ReadText
from plugin.text.terms import Assertion

_SKIPPED = (Assertion.QUOTED, Assertion.HYPOTHETICAL, Assertion.FAMILY)

SPINE = frozenset(("spine", "cspine", "tspine", "lspine", "sspine"))
_ARM = {"shoulder", "upper_limb", "elbow", "forearm", "wrist", "hand"}
_LEG = {"hip", "lower_limb", "thigh", "knee", "leg", "ankle", "foot"}
LIMBS = frozenset(_ARM | _LEG | {"upper_limb"})
"""Regions of the arms and legs."""
WIDE = frozenset(("spine", "upper_limb", "lower_limb"))
"""Regions that other regions are parts of."""
JOINTS_OF = frozenset(("shoulder", "elbow", "wrist", "hip", "knee", "ankle"))
"""Regions that are a joint of bones which lie in their neighbours."""

NEAR: dict[str, set[str]] = {
    "head": {"neck", "cspine"},
    "neck": {"head", "cspine", "chest", "tspine", "spine", "shoulder"},
    "chest": {"neck", "abdomen", "breast", "shoulder", "tspine", "spine", "upper_limb", "cspine", "lspine"},
    "breast": {"chest", "abdomen"},
    "abdomen": {"chest", "pelvis", "lspine", "tspine", "spine", "sspine", "hip"},
    "pelvis": {"abdomen", "hip", "sspine", "lspine", "spine", "thigh"},
    "spine": {*SPINE, "chest", "abdomen", "pelvis", "neck"},
    "cspine": {"spine", "tspine", "neck", "head"},
    "tspine": {"spine", "cspine", "lspine", "chest"},
    "lspine": {"spine", "tspine", "sspine", "abdomen", "pelvis"},
    "sspine": {"spine", "lspine", "pelvis", "hip"},
    "shoulder": {"chest", "upper_limb", "neck"},
    "upper_limb": _ARM,
    "elbow": {"upper_limb", "forearm"},
    "forearm": {"upper_limb", "elbow", "wrist"},
    "wrist": {"forearm", "hand", "upper_limb"},
    "hand": {"wrist", "upper_limb", "forearm"},
    "hip": {"pelvis", "lower_limb", "thigh", "sspine", "lspine"},
    "lower_limb": _LEG,
    "thigh": {"hip", "knee", "lower_limb"},
    "knee": {"thigh", "leg", "lower_limb"},
    "leg": {"knee", "ankle", "lower_limb", "foot"},
    "ankle": {"leg", "foot", "lower_limb"},
    "foot": {"ankle", "leg", "lower_limb"},
}
"""What an examination of a region shows beside it as a matter of course."""


def regions_of(text: ReadText) -> set[str]:
    """Regions of the anatomy that a text names for itself."""
    return {m.term.region for m in text.anatomy if m.term.region and m.assertion not in _SKIPPED}


_CHAINED = re.compile(r"[头颈胸腹盆]{2,5}(?![椎腰脊段壁腔水])")
_CHAIN = {"头": "head", "颈": "neck", "胸": "chest", "腹": "abdomen", "盆": "pelvis"}
_LEVELS = re.compile(r"[颈胸腰骶]{2}(?=段)")
_LEVEL = {"颈": "cspine", "胸": "tspine", "腰": "lspine", "骶": "sspine"}


def regions_of_item(item: ReadText) -> set[str]:
    """Regions of an examination's name, which strings them together: 头颈胸腹盆CT, 胸腰段MRI."""
    chained = {_CHAIN[part] for chain in _CHAINED.findall(item.text) for part in chain}
    levels = {_LEVEL[part] for pair in _LEVELS.findall(item.text) for part in pair}
    return regions_of(item) | chained | levels


def overlap(some: Set[str], others: Set[str]) -> bool:
    """Whether two sets of regions share one, or one covers the other (spine and cervical spine)."""
    if some & others:
        return True
    wide = {"spine": SPINE, "upper_limb": _ARM, "lower_limb": _LEG}
    return any(wide.get(one, set()) & others for one in some) or any(
        wide.get(other, set()) & some for other in others
    )


def within_reach(regions: Set[str]) -> set[str]:
    """`regions` and what lies beside them."""
    return set(regions).union(*(NEAR.get(region, set()) for region in regions))
