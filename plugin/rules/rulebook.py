"""The configured rules, and the one way to run them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from plugin.domain.case import Case
from plugin.domain.critical import CriticalFinding
from plugin.domain.errors import ConfigError
from plugin.domain.issue import Issue, Section, Severity
from plugin.kit.registry import Options
from plugin.kit.settings import line_of, read_toml, validate
from plugin.rules.case_reading import CaseReading
from plugin.rules.critical.catalogue import ROSTER_FILE
from plugin.rules.critical.detector import Detector
from plugin.rules.scoring import Forms, load_forms, suggested_scores
from plugin.rules.texts import Texts
from plugin.rules.validators import VALIDATORS
from plugin.rules.validators.base import OrderRuleOptions, RuleOptions, TextRuleOptions
from plugin.text.lexicon import Lexicon

Check = Callable[[CaseReading], Iterable[Issue]]

_MOST_SCORES = 10_000
"""Sets of issues whose scores are kept in memory."""
_RANK = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


@dataclass(frozen=True, slots=True)
class Inspection:
    """What an inspection of one case came to.

    Parameters
    ----------
    issues
        Errors first, then by place.
    critical
        Critical findings, whatever their state.
    suggested_scores
        ``request_form`` (合格, 不合格), ``report`` and ``reviewed_report`` (1 to 5), as far as
        rules can speak of a form.
    """

    issues: tuple[Issue, ...] = ()
    critical: tuple[CriticalFinding, ...] = ()
    suggested_scores: dict[str, int | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TextCheck:
    """A rule that hangs on the texts alone: what `judge` finds holds for all cases that have the same."""

    judge: Callable[[Texts], Iterable[Issue]]


@dataclass(frozen=True, slots=True)
class OrderCheck:
    """A rule that asks nothing of a report without a requisition."""

    judge: Check


AnyCheck = Check | TextCheck | OrderCheck


class Rulebook:
    """Rules in the order of ``config/rules/report.toml``, bound to their options.

    Parameters
    ----------
    lexicon
        The words reports are read by.
    checks
        Rule ID and function, in order.
    forms
        附录A: which rules speak for which line.
    detector
        Critical values, or ``None``.
    version
        Digest (first 16 hex digits of SHA-256) of everything the rules were configured by.
    """

    def __init__(
        self,
        lexicon: Lexicon,
        checks: tuple[tuple[str, AnyCheck], ...],
        forms: Forms,
        detector: Detector | None,
        version: str,
    ) -> None:
        self.lexicon = lexicon
        self.checks = checks
        self.forms = forms
        self.detector = detector
        self.version = version
        self._text_checks = [check.judge for _, check in checks if isinstance(check, TextCheck)]
        self._order_checks = [check.judge for _, check in checks if isinstance(check, OrderCheck)]
        self._case_checks = [check for _, check in checks if not isinstance(check, TextCheck | OrderCheck)]
        self._scores: dict[
            tuple[bool, bool, frozenset[tuple[str, Severity, Section]]], dict[str, int | str]
        ] = {}

    @classmethod
    def load(cls, config_dir: Path) -> Rulebook:
        """Read ``rules/``, ``critical/`` and ``scoring/`` below `config_dir`.

        Long options of a rule stand in ``rules/tables/<rule>.toml``; its table in ``rules/report.toml`` wins.

        Raises
        ------
        ConfigError
            Naming file, line and key: an unknown rule or option, a missing word list.
        """
        file = config_dir / "rules" / "report.toml"
        raw = read_toml(file)
        lexicon = _lexicon(config_dir / "rules" / "lexicon")
        tables = {part.stem: part for part in sorted((file.parent / "tables").glob("*.toml"))}
        digest = hashlib.sha256(file.read_bytes() + lexicon.digest.encode())
        for part in tables.values():
            digest.update(part.read_bytes())
        checks: list[tuple[str, AnyCheck]] = []
        for name, options in raw.items():
            if not isinstance(options, dict):
                raise ConfigError(str(file), name, "must be a table [rule] with severity and clause")
            entry = VALIDATORS.entry(name, str(file), name)
            bound = _bound(entry.options, options, tables.pop(name, None), file, name)
            if isinstance(bound, RuleOptions):
                for key, unknown in bound.unknown_names(lexicon):
                    dotted = f"{name}.{key}"
                    text = f"{unknown!r} is in no lexicon file"
                    raise ConfigError(str(file), dotted, text, line_of(str(file), dotted))
                lexicon.look_for(*bound.seekers(lexicon) if bound.enabled else ())
            if not isinstance(bound, RuleOptions) or bound.enabled:
                judge = partial(entry.function, bound)
                if isinstance(bound, TextRuleOptions):
                    checks.append((name, TextCheck(judge)))
                elif isinstance(bound, OrderRuleOptions):
                    checks.append((name, OrderCheck(judge)))
                else:
                    checks.append((name, judge))
        if tables:
            name, part = next(iter(tables.items()))
            raise ConfigError(str(part), "", f"{name!r} is no rule of {file.name}")
        critical = config_dir / "critical"
        for part in sorted(set(critical.glob("*.toml")) - {critical / ROSTER_FILE}):
            digest.update(part.read_bytes())
        detector = Detector.load(config_dir, lexicon)
        forms = load_forms(config_dir / "scoring")
        return cls(lexicon, tuple(checks), forms, detector, digest.hexdigest()[:16])

    def read(self, case: Case) -> CaseReading:
        """Read the texts of a case; the parts are worked out as rules ask for them."""
        return CaseReading(case, self.lexicon)

    def inspect(self, case: Case) -> Inspection:
        """Run every rule and the critical detector on a case; nothing in a text raises."""
        reading = self.read(case)
        issues = [issue for check in self._case_checks for issue in check(reading)]
        if reading.order is not None:
            issues += [issue for check in self._order_checks for issue in check(reading)]
        issues += reading.texts.kept_as("text rules", self._judge)
        issues.sort(key=lambda issue: (_RANK[issue.severity], issue.section, issue.start, issue.rule))
        critical = self.detector.detect(reading) if self.detector else ()
        ordered = bool(case.order and case.order_delivered)
        reported = bool(case.report.findings or case.report.impression)
        return Inspection(tuple(issues), critical, dict(self._scores_of(issues, ordered, reported)))

    def _judge(self, texts: Texts) -> list[Issue]:
        """Issues of the rules that hang on the texts alone."""
        return [issue for check in self._text_checks for issue in check(texts)]

    def _scores_of(self, issues: list[Issue], ordered: bool, reported: bool) -> dict[str, int | str]:
        """Scores that issues come to: they hang on rules, severities and sections alone, and few sets of these occur."""
        key = ordered, reported, frozenset([(issue.rule, issue.severity, issue.section) for issue in issues])
        known = self._scores.get(key)
        if known is None:
            known = suggested_scores(self.forms, issues, ordered=ordered, reported=reported)
            if len(self._scores) < _MOST_SCORES:
                self._scores[key] = known
        return known


def _bound(
    model: type[Options], said: Mapping[str, Any], table: Path | None, file: Path, name: str
) -> Options:
    """A rule's options: what its table in `file` says, and else what the file of its own says, if it has one."""
    known = read_toml(table) if table else {}
    try:
        return validate(model, {**known, **said}, str(file), name)
    except ConfigError as error:
        if not table:
            raise
        first, *others = (_where_said(each, table, known, said) for each in (error, *error.others))
        raise ConfigError(first.file, first.key, first.text, first.line, others) from None


def _where_said(
    error: ConfigError, table: Path, known: Mapping[str, Any], said: Mapping[str, Any]
) -> ConfigError:
    _, _, key = error.key.partition(".")
    option = key.partition(".")[0]
    if option not in known or option in said:
        return error
    return ConfigError(str(table), key, error.text, line_of(str(table), key))


def _lexicon(folder: Path) -> Lexicon:
    """Load the lexicon; what is wrong in a file is told with its line."""
    try:
        return Lexicon.load(folder)
    except ConfigError as error:
        line = line_of(error.file, error.key)
        raise ConfigError(error.file, error.key, error.text, line) from error
