"""Two rulebooks on the same case: what would appear and what would disappear."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from plugin.domain.case import Case
from plugin.domain.issue import Issue
from plugin.rules.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Difference:
    """Issues of one case that only one of two rulebooks raises, in the order they were raised.

    An issue is the same when rule, severity and place are, and of several without words what
    they say; a rule whose severity changes disappears in the one and appears in the other.
    """

    appears: tuple[Issue, ...] = ()
    disappears: tuple[Issue, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.appears or self.disappears)


@dataclass(slots=True)
class Tally:
    """How many issues each rule raised before and after, and how many came and went."""

    reports: int = 0
    changed: int = 0
    before: Counter[str] = field(default_factory=Counter)
    after: Counter[str] = field(default_factory=Counter)
    appear: Counter[str] = field(default_factory=Counter)
    disappear: Counter[str] = field(default_factory=Counter)

    def rules(self) -> list[str]:
        """Rules that spoke in either, by name."""
        return sorted(self.before.keys() | self.after.keys())


class BackTest:
    """Holds changed rules against those that run.

    Parameters
    ----------
    before, after
        The rules that run, and those that may.
    """

    def __init__(self, before: Rulebook, after: Rulebook) -> None:
        self._before, self._after = before, after
        self.tally = Tally()

    def compare(self, case: Case) -> Difference:
        """Inspect the case by both, and count."""
        old, new = self._before.inspect(case).issues, self._after.inspect(case).issues
        difference = Difference(_lacking(new, old), _lacking(old, new))
        tally = self.tally
        tally.reports += 1
        tally.changed += bool(difference)
        for counter, issues in (
            (tally.before, old),
            (tally.after, new),
            (tally.appear, difference.appears),
            (tally.disappear, difference.disappears),
        ):
            counter.update(issue.rule for issue in issues)
        return difference


def _lacking(some: Iterable[Issue], others: Iterable[Issue]) -> tuple[Issue, ...]:
    known = {_key(issue) for issue in others}
    return tuple(issue for issue in some if _key(issue) not in known)


def _key(issue: Issue) -> tuple[object, ...]:
    return issue.rule, issue.severity, issue.section, issue.start, issue.end, issue.about
