"""How far the rules and the people agree, line by line of a form (Cohen's kappa)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from plugin.domain.issue import Issue
from plugin.domain.scoring import FormAnswers, ScoringForm


@dataclass(frozen=True, slots=True, kw_only=True)
class LineAgreement:
    """Of one line: both said a defect, only the rules, only the person, neither."""

    form_id: str
    criterion_id: str
    text: str
    text_en: str
    both: int = 0
    machine_only: int = 0
    person_only: int = 0
    neither: int = 0

    @property
    def rated(self) -> int:
        return self.both + self.machine_only + self.person_only + self.neither

    @property
    def kappa(self) -> float | None:
        """Cohen's kappa; ``None`` where either gave one answer only: nothing can be said of agreement then."""
        n = self.rated
        machine, person = self.both + self.machine_only, self.both + self.person_only
        if machine in {0, n} or person in {0, n}:
            return None
        by_chance = (machine * person + (n - machine) * (n - person)) / n**2
        return ((self.both + self.neither) / n - by_chance) / (1 - by_chance)


def line_agreement(
    rated: Iterable[tuple[ScoringForm, FormAnswers, tuple[Issue, ...]]],
) -> tuple[LineAgreement, ...]:
    """Lines that rules speak for, over filled forms and the issues of the texts they were filled for."""
    counts: defaultdict[tuple[str, str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for form, answers, issues in rated:
        said = answers.present | answers.unmet
        for criterion in (*form.fatal, *form.conditions):
            if criterion.rules:
                machine, person = bool(criterion.suggested_by(issues)), criterion.id in said
                cell = (0 if person else 1) if machine else (2 if person else 3)
                counts[form.form_id, criterion.id, criterion.text, criterion.text_en][cell] += 1
    return tuple(
        LineAgreement(
            form_id=form_id,
            criterion_id=criterion_id,
            text=text,
            text_en=text_en,
            both=both,
            machine_only=machine_only,
            person_only=person_only,
            neither=neither,
        )
        for (form_id, criterion_id, text, text_en), (
            both,
            machine_only,
            person_only,
            neither,
        ) in counts.items()
    )
