"""What every rule of the rulebook shares: its options' first three, and how it speaks."""

from __future__ import annotations

from collections.abc import Iterable

from plugin.domain.issue import Issue, Severity, Span
from plugin.kit.registry import Options
from plugin.text.lexicon import Lexicon
from plugin.text.vocabulary import Seeker


class RuleOptions(Options):
    """Options that every rule has.

    Parameters
    ----------
    enabled
        Off: the rule is not run.
    severity
        error (a person must look), warning or info.
    clause
        The standard's section that the rule speaks for.
    """

    enabled: bool = True
    severity: Severity
    clause: str

    def seekers(self, lexicon: Lexicon) -> Iterable[Seeker]:
        """Matchers of the rule's own, whose words the one pass over a text is to find."""
        return ()

    def unknown_names(self, lexicon: Lexicon) -> Iterable[tuple[str, str]]:
        """Keys whose names `lexicon` should hold and does not, each with the name."""
        return ()

    def issue(
        self,
        rule: str,
        place: Span,
        message: str,
        related: Iterable[Span] = (),
        severity: Severity | None = None,
    ) -> Issue:
        """Make an issue at `place`; `related` are the other places that take part."""
        return Issue(
            rule=rule,
            severity=severity or self.severity,
            section=place.section,
            start=place.start,
            end=place.end,
            text=place.text,
            message=message,
            clause=self.clause,
            related=tuple(related),
        )


class OrderRuleOptions(RuleOptions):
    """Options of a rule on the requisition, or on what it asks: not run for a report that has none."""


class TextRuleOptions(RuleOptions):
    """Options of a rule that looks at findings, impression and modality, and at nothing else.

    Its check is given the :class:`~plugin.rules.texts.Texts` alone, and its issues are kept with them.
    """
