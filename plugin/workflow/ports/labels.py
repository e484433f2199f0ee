"""Evaluations of QC centres and the labels that studies bear."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from plugin.domain.honour import LabelledStudy
from plugin.domain.recognition import Evaluation, Label


class LabelRepository(Protocol):
    """Evaluations of QC centres and the labels that studies bear."""

    def evaluations(self, institution_id: str) -> Sequence[Evaluation]:
        """Every result on record, expired ones too: a rule decides which stand on which day."""
        ...

    def add_evaluation(self, evaluation: Evaluation) -> None: ...

    def for_exam(self, accession_number: str) -> Sequence[Label]:
        """Newest first, withdrawn ones too."""
        ...

    def add(self, label: Label) -> None: ...

    def get(self, label_id: str) -> Label | None: ...

    def withdraw(self, label_id: str, reason: str, at: datetime) -> None: ...

    def mark_in_pacs(self, label_id: str, state: str, at: datetime) -> None: ...

    def standing(self, after: str = "", limit: int = 500) -> Sequence[str]:
        """Accession numbers beyond `after`, in their order, of examinations that bear a label."""
        ...

    def of_patient(self, patient_id: str, assigning_authority: str, but: str = "") -> Sequence[LabelledStudy]:
        """Examinations of one patient that bear a label, matched by identifier and issuer, newest first.

        `but` is the accession number of one that is left out.
        """
        ...

    def answers(self) -> Mapping[tuple[str, str], int]:
        """What administrators answered: (region, RIS item name) to item number, 0 for none."""
        ...

    def answer(self, region_id: str, exam_item: str, item_number: int, who: str, at: datetime) -> None:
        """Keep, or replace, an answer."""
        ...

    def exam_items(self) -> Sequence[tuple[str, str, int]]:
        """Every item name that a RIS has sent, its modality and how many examinations, most frequent first."""
        ...
