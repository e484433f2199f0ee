"""Forms from ``config/scoring/`` and what answers to them come to (T/CSBME 附录A)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from plugin.domain.errors import ConfigError, InvalidInput
from plugin.domain.issue import Issue
from plugin.domain.scoring import (
    Criterion,
    Deduction,
    FormAnswers,
    FormKind,
    PointItem,
    ScoreResult,
    ScoringForm,
)
from plugin.kit.settings import load
from plugin.rules.scoring_file import FormFile, Item, Line

GRADES = {5: "优秀", 4: "良好", 3: "合格", 2: "不合格", 1: "不合格"}
"""Figure 7: 5分：优秀；4分：良好；3分：合格；2分、1分：不合格."""
_REPORTS = ("RPT", "RVW")
"""Objects of the forms that score a report's text."""


class Forms:
    """The forms of this site, by ID."""

    def __init__(self, forms: Mapping[str, ScoringForm]) -> None:
        self._forms = dict(forms)

    def __iter__(self) -> Iterator[ScoringForm]:
        return iter(self._forms.values())

    def __contains__(self, form_id: object) -> bool:
        return form_id in self._forms

    def get(self, form_id: str) -> ScoringForm:
        """The blank form.

        Raises
        ------
        InvalidInput
            When there is none of this ID; the message lists what there is.
        """
        try:
            return self._forms[form_id]
        except KeyError:
            known = ", ".join(sorted(self._forms))
            raise InvalidInput("form", f"unknown form {form_id!r}; known: {known}") from None


def load_forms(folder: Path, switched_on: Collection[str] = ()) -> Forms:
    """Read every form of ``config/scoring/``; the file's name is the form's ID.

    Parameters
    ----------
    switched_on
        IDs of optional lines that this site asks for (``IMG-C6``, 造影剂充盈度).

    Raises
    ------
    ConfigError
        A file is wrong, holds a score outside 1 to 5, a table that does not fit its
        conditions, an ID twice, or `switched_on` names no optional line.
    """
    forms: dict[str, ScoringForm] = {}
    optional: set[str] = set()
    seen: set[str] = set()
    for path in sorted(folder.glob("*.toml")):
        file = load(FormFile, path)
        lines: list[Line | Item] = [*file.fatal, *file.condition, *file.item, *file.category]
        for line in lines:
            if line.id in seen:
                raise ConfigError(str(path), line.id, "this ID stands twice; every line has its own")
            seen.add(line.id)
            if isinstance(line, Line) and line.optional:
                optional.add(line.id)
        forms[path.stem] = _form(path, file, switched_on)
    if not forms:
        raise ConfigError(str(folder), "", "holds no scoring form (*.toml)")
    if unknown := sorted(set(switched_on) - optional):
        raise ConfigError(str(folder), unknown[0], f"is no optional line; there are: {sorted(optional)}")
    return Forms(forms)


def _form(path: Path, file: FormFile, switched_on: Collection[str]) -> ScoringForm:
    fatal = _criteria(file.fatal, switched_on)
    conditions = _criteria(file.condition, switched_on)
    with_optional = any(c.optional for c in conditions)
    key = "score_by_met_with_optional" if with_optional else "score_by_met"
    table = file.score_by_met_with_optional if with_optional else file.score_by_met
    if file.kind is FormKind.CONFORMITY:
        if not fatal or conditions or table:
            raise ConfigError(str(path), "kind", "a conformity form has defects and nothing else")
    elif file.kind is FormKind.GRADED:
        if len(table) != len(conditions):
            raise ConfigError(str(path), key, f"needs a score for each of 1 … {len(conditions)} met")
        table = (file.none_met, *table)
        if any(not 1 <= score <= 5 for score in table) or list(table) != sorted(table):
            raise ConfigError(str(path), key, "scores are 1 to 5 and never fall as more conditions are met")
    return ScoringForm(
        form_id=path.stem,
        version=file.version,
        title=file.title,
        title_en=file.title_en,
        object=file.object,
        kind=file.kind,
        clause=file.clause,
        fatal=fatal,
        conditions=conditions,
        score_by_met=table,
        pass_score=file.pass_score,
        items=_items(path, file),
        pass_points=file.pass_points,
        categories=_categories(path, file),
    )


def _categories(path: Path, file: FormFile) -> tuple[Criterion, ...]:
    """What a form without a score offers; only such a form has them."""
    others = file.fatal or file.condition or file.item
    if bool(file.category) is not (file.kind is FormKind.CATEGORIES) or (file.category and others):
        raise ConfigError(
            str(path), "category", "categories, and nothing else, make a form of the kind 'categories'"
        )
    return _criteria(file.category, ())


def _items(path: Path, file: FormFile) -> tuple[PointItem, ...]:
    """The lines of a form that adds up points; only such a form has them."""
    if bool(file.item) is not (file.kind is FormKind.POINTS) or (
        file.item and (file.fatal or file.condition)
    ):
        raise ConfigError(str(path), "item", "items, and nothing else, make a form of the kind 'points'")
    if file.pass_points > sum(each.points for each in file.item):
        raise ConfigError(str(path), "pass_points", "is more than all items give")
    return tuple(PointItem(**each.model_dump()) for each in file.item)


def _criteria(lines: Iterable[Line], switched_on: Collection[str]) -> tuple[Criterion, ...]:
    return tuple(
        Criterion(id=n.id, text=n.text, text_en=n.text_en, optional=n.optional, rules=n.rules)
        for n in lines
        if not n.optional or n.id in switched_on
    )


def score(form: ScoringForm, answers: FormAnswers) -> ScoreResult:
    """Judge `answers` as the standard does.

    A fatal defect fixes the result (1 point, or 不合格) whatever the conditions are; unmet
    conditions are still listed, so that the person learns of them too.

    Raises
    ------
    InvalidInput
        An answer names a line that the form does not have, or says of one condition both
        that it is unmet and that it does not apply.
    """
    if form.kind is FormKind.POINTS:
        return _added_up(form, answers)
    if form.kind is FormKind.CATEGORIES:
        return _unscored(form, answers)
    _check(form, answers)
    deductions = tuple(
        Deduction(criterion_id=c.id, severe=severe, text=c.text, reason=answers.reasons.get(c.id, ""))
        for severe, lines, marked in (
            (True, form.fatal, answers.present),
            (False, form.conditions, answers.unmet),
        )
        for c in lines
        if c.id in marked
    )
    if form.kind is FormKind.CONFORMITY:
        passed = not answers.present
        return ScoreResult(
            score=None, grade="合格" if passed else "不合格", passed=passed, deductions=deductions
        )
    points = 1 if answers.present else form.score_by_met[len(form.conditions) - len(answers.unmet)]
    return ScoreResult(
        score=points, grade=GRADES[points], passed=points >= form.pass_score, deductions=deductions
    )


def _unscored(form: ScoringForm, answers: FormAnswers) -> ScoreResult:
    """Feedback is given, and nobody passes or fails: a result that says nothing."""
    if strange := sorted((answers.present | set(answers.reasons)) - {each.id for each in form.categories}):
        raise InvalidInput(form.form_id, f"{form.title} has no category {strange[0]!r}")
    if not answers.present:
        raise InvalidInput(form.form_id, "choose one category or more")
    return ScoreResult(score=None, grade="", passed=True)


def _added_up(form: ScoringForm, answers: FormAnswers) -> ScoreResult:
    """Sum the points; every item must be judged, and what falls short of the full number is a deduction."""
    if strange := sorted(set(answers.points) - {item.id for item in form.items}):
        raise InvalidInput(f"{form.form_id}.points", f"{form.title} has no line {strange[0]!r}")
    lost = []
    for item in form.items:
        given = answers.points.get(item.id)
        if given is None:
            raise InvalidInput(f"{form.form_id}.{item.id}", "has no points; every line is judged")
        if not item.least <= given <= item.points or (given - item.least) % item.step:
            raise InvalidInput(
                f"{form.form_id}.{item.id}",
                f"{given:g} is not between {item.least:g} and {item.points:g} in steps of {item.step:g}",
            )
        if given < item.points:
            reason = answers.reasons.get(item.id, "")
            lost.append(Deduction(criterion_id=item.id, severe=False, text=item.text, reason=reason))
    total = sum(answers.points.values())
    passed = total >= form.pass_points
    return ScoreResult(
        score=None,
        grade="合格" if passed else "不合格",
        passed=passed,
        deductions=tuple(lost),
        points=total,
    )


def suggest(form: ScoringForm, issues: Iterable[Issue]) -> FormAnswers:
    """Answers that the issues speak for; a person decides whether they stand."""
    found = tuple(issues)
    marked = {c.id: because for c in (*form.fatal, *form.conditions) if (because := c.suggested_by(found))}
    return FormAnswers(
        present=frozenset(c.id for c in form.fatal if c.id in marked),
        unmet=frozenset(c.id for c in form.conditions if c.id in marked),
        reasons={line: because[0].message for line, because in marked.items()},
    )


def suggested_scores(
    forms: Iterable[ScoringForm], issues: Iterable[Issue], *, ordered: bool = False, reported: bool = True
) -> dict[str, int | str]:
    """Form ID to the score (or 合格, 不合格) that the issues come to, for forms they can speak of.

    Of a requisition nothing is said unless one came (`ordered`), and of a report without a text
    (not `reported`) only what speaks against it.
    """
    found = tuple(issues)
    suggested: dict[str, int | str] = {}
    rules = {name for issue in found for name in (issue.rule, f"{issue.rule}@{issue.section.value}")}
    for form in forms:
        spoken_for = {rule for c in (*form.fatal, *form.conditions) for rule in c.rules}
        # Of what nobody has looked at there is nothing to suggest, not even that it is sound.
        unseen = form.object == "IMG" or (form.object in _REPORTS and not reported)
        silent = (unseen and not spoken_for & rules) or (form.object == "REQ" and not ordered)
        if spoken_for and not silent:
            result = score(form, suggest(form, found))
            suggested[form.form_id] = result.grade if result.score is None else result.score
    return suggested


def scores_again(
    forms: Collection[ScoringForm], issues: Iterable[Issue], before: Mapping[str, int | str]
) -> dict[str, int | str]:
    """Scores that other issues of the same case come to; what came with it is told by the scores `before`."""
    of = {form.object for form in forms if form.form_id in before}
    return suggested_scores(forms, issues, ordered="REQ" in of, reported=not of.isdisjoint(_REPORTS))


def _check(form: ScoringForm, answers: FormAnswers) -> None:
    fatal, conditions = {c.id for c in form.fatal}, {c.id for c in form.conditions}
    for name, marked, known in (
        ("present", answers.present, fatal),
        ("unmet", answers.unmet, conditions),
        ("not_applicable", answers.not_applicable, conditions),
    ):
        if strange := sorted(marked - known):
            raise InvalidInput(
                f"{form.form_id}.{name}", f"{form.title} has no line {strange[0]!r} of this kind"
            )
    if both := sorted(answers.unmet & answers.not_applicable):
        raise InvalidInput(f"{form.form_id}.unmet", f"{both[0]} is marked both unmet and not applicable")
