"""A rule earns its place: precision with its interval, silence under a floor, and a budget a report.

Of two rules that say the same of the same words the graver speaks.

Nothing here changes what a rule finds; it decides what is shown.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from itertools import chain
from pathlib import Path
from typing import Annotated

from pydantic import Field

from plugin.domain.errors import ConfigError
from plugin.domain.feedback import RuleStanding
from plugin.domain.issue import Issue, Severity, Span
from plugin.kit.registry import Options
from plugin.kit.settings import Share, line_of, load

_RANK = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}
_Z = 1.959964


class Earning(Options):
    """``config/rules/earning.toml``.

    Parameters
    ----------
    min_judged
        A rule is judged after so many verdicts.
    floor, floors
        The least lower bound of precision, in general and for single rules.
    never_silent
        Rules that no number silences; a person still may.
    budget
        The most warnings and remarks a report; errors are always shown; 0 is no limit.
    gives_way
        Rule to those that say the same more gravely: it is not shown beside a graver issue of theirs
        that quotes the same words.
    """

    min_judged: Annotated[int, Field(ge=5, le=10_000)] = 30
    floor: Share = 0.3
    floors: dict[str, Share] = {}
    never_silent: tuple[str, ...] = ()
    budget: Annotated[int, Field(ge=0, le=1000)] = 12
    gives_way: dict[str, tuple[str, ...]] = {}

    def floor_of(self, rule: str) -> float | None:
        """The least lower bound of a rule's precision; ``None`` for one that no number silences."""
        return None if rule in self.never_silent else self.floors.get(rule, self.floor)

    def falls(self, standing: RuleStanding) -> bool:
        """Whether the verdicts on a rule silence it."""
        floor = self.floor_of(standing.rule)
        if floor is None or standing.judged < self.min_judged:
            return False
        return interval(standing.accepted, standing.judged)[0] < floor

    def heard(
        self, issues: Sequence[Issue], standings: Mapping[str, RuleStanding], *, shown: int = 0
    ) -> tuple[Issue, ...]:
        """What is shown of `issues`, in their order.

        Parameters
        ----------
        standings
            Of the rules that have one; the others are as certain as a coin.
        shown
            Warnings and remarks that stand already: `issues` get what they leave of the budget.
        """
        audible = [i for i in issues if not (i.rule in standings and standings[i.rule].silent)]
        spoken = [i for i in audible if not self._said_already(i, audible)]
        within = [i for i in spoken if i.severity is not Severity.ERROR]
        room = max(0, self.budget - shown)
        if not self.budget or len(within) <= room:
            return tuple(spoken)

        def certainty(issue: Issue) -> tuple[int, float]:
            known = standings.get(issue.rule)
            low = interval(known.accepted, known.judged)[0] if known and known.judged else 0.5
            return _RANK[issue.severity], -low

        kept = {id(issue) for issue in sorted(within, key=certainty)[:room]}
        return tuple(i for i in spoken if i.severity is Severity.ERROR or id(i) in kept)

    def _said_already(self, issue: Issue, issues: Sequence[Issue]) -> bool:
        """Whether a graver issue of a rule that `issue` gives way to quotes some of its words."""
        graver = self.gives_way.get(issue.rule, ())
        return bool(graver) and any(
            other.rule in graver
            and _RANK[other.severity] < _RANK[issue.severity]
            and (_meet(issue, other) or any(_meet(issue, each) for each in other.related))
            for other in issues
        )


def _meet(one: Issue, other: Issue | Span) -> bool:
    return one.section is other.section and one.start < other.end and other.start < one.end


def load_earning(config_dir: Path, rules: Collection[str] = ()) -> Earning:
    """Read ``rules/earning.toml``; a folder without it has the defaults.

    Parameters
    ----------
    rules
        Those that there are; where given, a name of none of them is a mistake, unless it has a
        colon: the rules of outside analysers are theirs to name.

    Raises
    ------
    ConfigError
        Naming file, line and key.
    """
    file = config_dir / "rules" / "earning.toml"
    if not file.exists():
        return Earning()
    earning = load(Earning, file)
    for key, named in (
        ("floors", earning.floors),
        ("never_silent", earning.never_silent),
        ("gives_way", [*earning.gives_way, *chain.from_iterable(earning.gives_way.values())]),
    ):
        for rule in named:
            if rules and rule not in rules and ":" not in rule:
                near = ", ".join(get_close_matches(rule, rules, 3)) or ", ".join(sorted(rules))
                text = f"{rule!r} is no rule of rules/report.toml; there are: {near}"
                raise ConfigError(str(file), key, text, line_of(str(file), key))
    return earning


def interval(right: int, judged: int) -> tuple[float, float]:
    """The 95 % confidence interval of a share (Wilson, without continuity correction).

    Examples
    --------
    >>> interval(0, 0)
    (0.0, 1.0)
    >>> [round(bound, 3) for bound in interval(9, 10)]
    [0.596, 0.982]
    """
    if not judged:
        return 0.0, 1.0
    share, weight = right / judged, _Z**2 / judged
    center = (share + weight / 2) / (1 + weight)
    half = _Z * math.sqrt(share * (1 - share) / judged + weight / (4 * judged)) / (1 + weight)
    return max(0.0, center - half), min(1.0, center + half)
