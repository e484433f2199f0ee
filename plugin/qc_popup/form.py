"""Scoring form → what the page shows; what was posted → answers.

A tick always says "here is something wrong".  A line that the rules suggest has no tick
but two choices and no default: it can be neither accepted nor brushed aside silently.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from plugin.domain.errors import InvalidInput
from plugin.domain.issue import Issue
from plugin.domain.scoring import Criterion, FormAnswers, ScoreSheet, ScoringForm
from plugin.qc_popup.pictures import image_form, take_marks

_LETTERS = "abcdefghijkmopqrstuvwxz"
KEYS = (*"123456789", *_LETTERS, *(f"shift+{letter}" for letter in _LETTERS))
"""Keyboard keys of the lines, in order; y, n and l are taken by choices and the language."""

MAX_REASON = 200

MARKS = "images"
"""Where a complaint about marks on images stands among those about lines."""

_OTHER_FIELDS = frozenset({"form_token", "seconds", "comment", "lang"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a form on the page.

    Parameters
    ----------
    evidence
        Numbers (from 1) of the issues that suggest it, as they stand in the report's text.
    marked
        The person says that it is wrong; ``None`` for a suggestion nobody has decided on.
    """

    key: str
    criterion: Criterion
    fatal: bool
    evidence: tuple[int, ...] = ()
    marked: bool | None = False
    reason: str = ""
    problem: str = ""

    @property
    def suggested(self) -> bool:
        return bool(self.evidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class FormView:
    """A form on the page: its fatal lines, then its conditions."""

    form: ScoringForm
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What was posted, as far as it could be understood.

    Parameters
    ----------
    problems
        Criterion ID, or `MARKS`, to message key: an undecided suggestion, a deduction without a reason,
        an image marked without a defect.
    """

    answers: Mapping[str, FormAnswers]
    decided: frozenset[str] = frozenset()
    problems: Mapping[str, str] = field(default_factory=dict)
    seconds: float | None = None

    def without_complaint(self) -> Filled:
        """As it was typed so far: nobody has asked to submit it yet."""
        return replace(self, problems={})


def filled_by(sheets: Iterable[ScoreSheet], forms: Iterable[ScoringForm]) -> Filled:
    """The answers of filled sheets, to start from when they are taken back."""
    decided = (c.id for form in forms for c in (*form.fatal, *form.conditions))
    return Filled(answers={sheet.form_id: sheet.answers for sheet in sheets}, decided=frozenset(decided))


def views(
    forms: Iterable[ScoringForm], issues: Sequence[Issue], filled: Filled | None = None
) -> tuple[FormView, ...]:
    """The forms as the page shows them, blank or as they were filled."""
    keys = iter(KEYS)
    numbers = {id(issue): number for number, issue in enumerate(issues, 1)}
    made = []
    for form in forms:
        answers = filled.answers.get(form.form_id, FormAnswers()) if filled else FormAnswers()
        lines = []
        for criterion in (*form.fatal, *form.conditions):
            evidence = tuple(numbers[id(issue)] for issue in criterion.suggested_by(issues))
            undecided = bool(evidence) and not (filled and criterion.id in filled.decided)
            proposed = issues[evidence[0] - 1].message if evidence else ""
            lines.append(
                Line(
                    key=next(keys, ""),
                    criterion=criterion,
                    fatal=criterion in form.fatal,
                    evidence=evidence,
                    marked=None if undecided else criterion.id in (answers.present | answers.unmet),
                    reason=answers.reasons.get(criterion.id, "" if filled else proposed[:MAX_REASON]),
                    problem=filled.problems.get(criterion.id, "") if filled else "",
                )
            )
        made.append(FormView(form=form, lines=tuple(lines)))
    return tuple(made)


def read(forms: Sequence[ScoringForm], issues: Sequence[Issue], posted: Mapping[str, list[str]]) -> Filled:
    """Read what was posted.

    Fields: ``m.<line>`` ticked, ``s.<line>`` = ``yes`` or ``no`` for a suggestion,
    ``r.<line>`` the reason, ``comment``, ``seconds``.

    A page may be older than `issues`: a rule has fallen silent since, or an earlier examination
    has come.  What a person said of a line stands, by whichever field his page had; a line
    that only now is suggested, and that he said nothing of, is asked about.

    Raises
    ------
    InvalidInput
        A field that the form does not have, twice, or with a value it cannot have; two answers to one line.
    """
    fields = _single(posted)
    about_images = image_form(forms)
    marks = take_marks(fields) if about_images else ()
    known = set(_OTHER_FIELDS)
    decided: set[str] = set()
    problems: dict[str, str] = {}
    answers = {}
    for form in forms:
        marked: dict[bool, set[str]] = {True: set(), False: set()}
        reasons = {}
        for criterion in (*form.fatal, *form.conditions):
            names = {prefix: f"{prefix}.{criterion.id}" for prefix in "msr"}
            known.update(names.values())
            choice = _choice(fields, names["m"], names["s"])
            if choice is not None:
                decided.add(criterion.id)
            elif criterion.suggested_by(issues):
                problems[criterion.id] = "popup.decide_first"
            reason = _reason(fields.get(names["r"], ""), names["r"])
            if choice in {"1", "yes"}:
                marked[criterion in form.fatal].add(criterion.id)
                if reason:
                    reasons[criterion.id] = reason
                else:
                    problems[criterion.id] = "popup.reason_first"
        answers[form.form_id] = FormAnswers(
            present=frozenset(marked[True]),
            unmet=frozenset(marked[False]),
            reasons=reasons,
            comment=_reason(fields.get("comment", ""), "comment"),
            images=marks if form is about_images else (),
        )
    if about_images and marks and not _defects(answers[about_images.form_id]):
        problems[MARKS] = "popup.mark_says_what"
    if strange := sorted(set(fields) - known):
        raise InvalidInput(strange[0][:60], "is no field of this form")
    return Filled(
        answers=answers,
        decided=frozenset(decided),
        problems=problems,
        seconds=_seconds(fields.get("seconds", "")),
    )


def _choice(fields: Mapping[str, str], tick: str, suggestion: str) -> str | None:
    """What a person said of a line: ``1`` by a tick, ``yes`` or ``no`` to a suggestion, or nothing."""
    allowed = ((tick, {"1"}), (suggestion, {"yes", "no"}))
    given = [(name, fields[name], values) for name, values in allowed if name in fields]
    if len(given) > 1:
        raise InvalidInput(tick, "is answered twice")
    for name, value, values in given:
        if value not in values:
            raise InvalidInput(name, "has a value that it cannot have")
        return value
    return None


def _defects(answers: FormAnswers) -> frozenset[str]:
    return answers.present | answers.unmet


def _single(posted: Mapping[str, list[str]]) -> dict[str, str]:
    for name, values in posted.items():
        if len(values) != 1:
            raise InvalidInput(name[:60], "is given more than once")
    return {name: values[0] for name, values in posted.items()}


def _reason(text: str, where: str) -> str:
    text = " ".join(text.split())
    if len(text) > MAX_REASON:
        raise InvalidInput(where, f"is longer than {MAX_REASON} characters")
    if "\x00" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise InvalidInput(where, "holds a character that cannot be stored")
    return text


def _seconds(text: str) -> float | None:
    """Time to fill as the browser measured it; what cannot be one is not known."""
    if not text.isascii() or not text.isdigit() or len(text) > 8:
        return None
    return min(int(text) / 1000, 86_400.0)
