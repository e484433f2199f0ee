"""An answer is believed only where it can be checked, and otherwise not at all.

The standard of a stranger's answer is the text itself: the words it quotes must stand at the
places it names.  One mistake refuses the whole answer, because who errs in one place cannot be
trusted with the next.  What is said of a refused answer holds none of the report's text.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from plugin.domain.analysis import AnalyserFailed, AnalyserFault, Analysis, AnalysisRequest
from plugin.domain.issue import Issue, Section, Severity, Span

_RANK = {Severity.INFO: 0, Severity.WARNING: 1, Severity.ERROR: 2}


def _plain(text: str) -> str:
    """Refuse what could hide or turn round other text on a page."""
    if any(unicodedata.category(character) in {"Cc", "Cf", "Co", "Cs"} for character in text):
        raise ValueError("holds a control or formatting character")
    return text


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class AnswerPlace(_Strict):
    """Characters `start` to `end` (exclusive) of a section, and the words that stand there."""

    section: Literal["findings", "impression", "technique"]
    start: int = Field(ge=0, description="First character, counted from 0 in Unicode code points.")
    end: int = Field(ge=1, description="The character behind the last.")
    text: str = Field(min_length=1, max_length=2000, description="The words at this place, to the letter.")


class AnswerIssue(AnswerPlace):
    """One thing a person should look at."""

    rule: str = Field(
        pattern=r"^[a-z][a-z0-9_]{0,38}$", description="Kind of remark; precision is kept for each kind."
    )
    severity: Literal["error", "warning", "info"] = Field(
        description="error: a person must look; lowered to what the site allows."
    )
    message: Annotated[str, AfterValidator(_plain)] = Field(
        min_length=1,
        max_length=200,
        description="In Chinese: what contradicts what, and what to do; no control characters.",
    )
    related: list[AnswerPlace] = Field(
        default=[], max_length=4, description="The other places, such as the other side of a contradiction."
    )


class Answer(_Strict):
    """The whole answer."""

    version: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9.+_-]{0,39}$", description="Of the model; shown beside each issue."
    )
    issues: list[AnswerIssue] = Field(max_length=20, description="Empty when there is nothing to say.")


def read_answer(name: str, request: AnalysisRequest, raw: object, highest: Severity) -> Analysis:
    """Check an answer, whatever it is, against the question.

    Parameters
    ----------
    name
        Of the analyser: its rules become ``<name>:<rule>``, so that none can pass for ours.
    highest
        A graver severity is lowered to this.

    Raises
    ------
    AnalyserFailed
        Saying what is wrong and where.
    """
    try:
        answer = Answer.model_validate(dict(raw) if isinstance(raw, Mapping) else raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part)[:40] for part in first["loc"])
        what = "unknown key" if first["type"] == "extra_forbidden" else first["msg"]
        raise AnalyserFailed(f"the answer is refused: {where}: {what}"[:300], AnalyserFault.REFUSED) from None
    issues = tuple(
        _issue(name, answer.version, f"issues.{number}", each, request, highest)
        for number, each in enumerate(answer.issues)
    )
    places = [(issue.rule, issue.section, issue.start, issue.end) for issue in issues]
    if len(set(places)) < len(places):
        raise AnalyserFailed("the answer is refused: one rule names one place twice", AnalyserFault.REFUSED)
    return Analysis(analyser=name, version=answer.version, issues=issues)


def _issue(
    name: str, version: str, where: str, each: AnswerIssue, request: AnalysisRequest, highest: Severity
) -> Issue:
    severity = Severity(each.severity)
    here = _span(where, each, request)
    return Issue(
        rule=f"{name}:{each.rule}",
        severity=severity if _RANK[severity] <= _RANK[highest] else highest,
        section=here.section,
        start=here.start,
        end=here.end,
        text=here.text,
        message=each.message,
        clause="",
        related=tuple(
            _span(f"{where}.related.{number}", place, request) for number, place in enumerate(each.related)
        ),
        analyser=name,
        analyser_version=version,
    )


def _span(where: str, place: AnswerPlace, request: AnalysisRequest) -> Span:
    text: str = getattr(request, place.section)
    if not place.start < place.end <= len(text):
        raise AnalyserFailed(
            f"the answer is refused: {where}: {place.section} {place.start}-{place.end} is no place "
            f"in a text of {len(text)} characters",
            AnalyserFault.REFUSED,
        )
    if text[place.start : place.end] != place.text:
        raise AnalyserFailed(
            f"the answer is refused: {where}: other words stand at {place.section} "
            f"{place.start}-{place.end}; places count characters, not bytes or UTF-16 units",
            AnalyserFault.REFUSED,
        )
    return Span(section=Section(place.section), start=place.start, end=place.end, text=place.text)
