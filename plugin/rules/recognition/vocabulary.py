"""The words of which names of examination items are made, as ``config/exam_items.toml`` holds them."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from plugin.kit.registry import Options


class Equivalent(Options):
    """Another way to name a view of some parts; `side` ``双`` is then part of the view (斜位 of 双).

    `to_part` names the part that the list knows the view by (寰枢椎张口位: 颈椎).
    """

    parts: tuple[str, ...] = Field(min_length=1)
    side: Literal["", "双"] = ""
    from_: str = Field(alias="from")
    to: str
    to_part: str = ""


class Midline(Options):
    """Parts whose two sides are always seen together."""

    parts: tuple[str, ...] = ()


class Neutral(Options):
    """Words that leave the examination what it is."""

    words: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()


class Vocabulary(Options):
    """``config/exam_items.toml``: canonical word to the ways it is written."""

    modalities: dict[str, tuple[str, ...]]
    part_with_modality: dict[str, tuple[str, str]] = {}
    parts: dict[str, tuple[str, ...]]
    within: dict[str, tuple[str, ...]] = {}
    sides: dict[str, tuple[str, ...]]
    midline: Midline = Midline()
    contrast: dict[str, tuple[str, ...]]
    projections: dict[str, tuple[str, ...]]
    populations: dict[str, tuple[str, ...]] = {}
    neutral: Neutral = Neutral()
    reconstructions: dict[str, tuple[str, ...]] = {}
    equivalents: tuple[Equivalent, ...] = ()
    nearby: dict[str, str] = {}

    @model_validator(mode="after")
    def _parts_are_known(self) -> Self:
        named = {*self.midline.parts, *self.within, *self.nearby.values()}
        named.update(part for inner in self.within.values() for part in inner)
        named.update(
            part for each in self.equivalents for part in (*each.parts, each.to_part or each.parts[0])
        )
        if unknown := sorted(named - set(self.parts)):
            raise ValueError(f"{'、'.join(unknown)}: no part of [parts]")
        return self
