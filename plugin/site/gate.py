"""``gate.toml``: the first sampling policy, and how long a report is held."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator

from plugin.domain.gate import SignAction
from plugin.domain.sampling import Caps, Minimum, Period, SamplingRule, Scorer
from plugin.kit.registry import Options
from plugin.kit.settings import load
from plugin.rules.sampling.conditions import SYSTEMS


class PolicyRow(Options):
    """``[[policy]]`` of gate.toml: one sampling rule."""

    name: str
    p: float
    conditions: dict[str, tuple[str, ...]] = {}
    forms: tuple[str, ...] = ()
    scorer: Scorer = Scorer.SIGNER

    def rule(self) -> SamplingRule:
        return SamplingRule(
            name=self.name,
            p=self.p,
            conditions=dict(self.conditions),
            forms=self.forms,
            scorer=self.scorer,
        )


class MinimumRow(Options):
    """``[[minimum]]`` of gate.toml: a number of examinations that each signer must reach."""

    name: str
    count: int
    period: Period = Period.MONTH
    conditions: dict[str, tuple[str, ...]] = {}

    def minimum(self) -> Minimum:
        return Minimum(name=self.name, count=self.count, period=self.period, conditions=dict(self.conditions))


class CapsRow(Options):
    """``[caps]`` of gate.toml: what a signer is spared; 0 is no limit."""

    per_hour: int = 0
    per_shift: int = 0
    gap_minutes: int = 0
    shifts: tuple[int, ...] = (8, 16, 0)

    def caps(self) -> Caps:
        return Caps(**self.model_dump())


class PolicyFile(Options):
    """The policy's part of ``gate.toml``, and the whole of a file for ``signgate sampling set``."""

    policy: tuple[PolicyRow, ...] = ()
    minimum: tuple[MinimumRow, ...] = ()
    caps: CapsRow = CapsRow()

    def rules(self) -> tuple[SamplingRule, ...]:
        return tuple(row.rule() for row in self.policy)

    def minimums(self) -> tuple[Minimum, ...]:
        return tuple(row.minimum() for row in self.minimum)


class GateSettings(PolicyFile):
    """``config/gate.toml``.

    Parameters
    ----------
    two_person
        A new policy version needs another person's approval.
    undo_seconds
        How long a form may be taken back after posting; its SR waits for so long.
    later_per_shift
        How many popups a person may put off in a shift; their forms are owed.
    optional_lines
        IDs of optional lines of the forms that this site asks for (造影剂充盈度: ``IMG-C6``).
    systems, outcome_words
        Which words tell the body system, and that an outcome is known (:mod:`plugin.workflow.sign_facts`).
    """

    hold_minutes: Annotated[float, Field(gt=0, le=7 * 24 * 60)] = 120
    fix_rules: tuple[str, ...] = ()
    forms: dict[SignAction, tuple[str, ...]] = {}
    two_person: bool = False
    undo_seconds: Annotated[float, Field(ge=0, le=600)] = 60
    later_per_shift: Annotated[int, Field(ge=0, le=50)] = 2
    optional_lines: tuple[str, ...] = ()
    systems: dict[str, tuple[str, ...]] = {}
    outcome_words: tuple[str, ...] = ()

    @field_validator("systems")
    @classmethod
    def _known_systems(cls, systems: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        if strange := sorted(set(systems) - set(SYSTEMS)):
            raise ValueError(f"{strange[0]!r} is no system of table B.1: {', '.join(SYSTEMS)}")
        return systems


def load_gate(config_dir: Path) -> GateSettings:
    """Read ``gate.toml``."""
    return load(GateSettings, config_dir / "gate.toml")
