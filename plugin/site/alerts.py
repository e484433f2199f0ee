"""``[alerts]``: how critical values are told."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from plugin.domain.critical import Tier
from plugin.kit.registry import Options


class AlertSettings(Options):
    """``[alerts]``: how each tier is told (decisions 22).

    Parameters
    ----------
    minutes
        From detection to read-back; a catalogue entry with ``minutes`` of its own goes before.
    confirmations
        People besides author and verifier who confirm a finding that waits for it (双人核对).
    """

    minutes: dict[Tier, int] = {Tier.RED: 10, Tier.ORANGE: 60}
    confirm_first: tuple[Tier, ...] = (Tier.ORANGE,)
    chased: tuple[Tier, ...] = (Tier.RED, Tier.ORANGE)
    flags: tuple[str, ...] = ("AA", "HH", "LL")
    flag_tier: Tier = Tier.RED
    escalate_every_minutes: Annotated[float, Field(gt=0)] = 5
    last_level: Annotated[int, Field(ge=1, le=8)] = 3
    confirmations: Annotated[int, Field(ge=1, le=2)] = 1
