"""What check-reports answers, at the command line and over HTTP: the same to the key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from plugin.bootstrap.journeys import Journeys
from plugin.domain.case import Case
from plugin.domain.exchange import case_from_json, critical_to_json, issue_to_json, span_to_json, unread
from plugin.rules.rulebook import Inspection
from plugin.rules.scoring import Forms
from plugin.rules.structured import is_structured
from plugin.rules.suggesting import suggested_lines
from plugin.store.store import SqlStore
from plugin.workflow.archived_case import filled_from_archive


@dataclass(frozen=True, slots=True)
class Checker:
    """Answers ``POST /api/v1/check-reports``; keeps nothing."""

    journeys: Journeys
    store: SqlStore

    def __call__(self, data: Mapping[str, Any], *, archive: bool = False) -> dict[str, Any]:
        """Check one object.

        Parameters
        ----------
        archive
            Take order and earlier examinations, where the caller names none, from what we know of
            the accession number and the patient.

        Raises
        ------
        InvalidInput
            Naming the JSON pointer that is wrong.
        """
        case = case_from_json(data)
        if archive:
            case = self.store.read(lambda uow: filled_from_archive(uow, case))
        inspectors = self.journeys.inspectors
        if inspected := inspectors.ahead(lambda _: (case,)):
            inspected.result()
        inspection = inspectors.inspect(case)
        heard = self.store.read(lambda uow: self.journeys.receive_report.heard(uow, inspection))
        return heading(data) | answer_to(case, heard, self.journeys.forms)


def heading(data: Mapping[str, Any]) -> dict[str, Any]:
    """Which report is answered, and the keys of it that nobody reads, if there are any."""
    strange = unread(data)
    return {"id": data.get("id"), **({"unread": strange} if strange else {})}


def answer_to(case: Case, inspection: Inspection, forms: Forms) -> dict[str, Any]:
    """What is told of one report; `suggestions` are the lines that `suggested_scores` come from."""
    ordered = bool(case.order and case.order_delivered)
    return {
        "issues": [issue_to_json(issue) for issue in inspection.issues],
        "critical": [critical_to_json(finding) for finding in inspection.critical],
        "suggested_scores": inspection.suggested_scores,
        "suggestions": [
            {
                "form": line.form_id,
                "line": line.criterion.id,
                "kind": "fatal" if line.fatal else "condition",
                "text": line.criterion.text,
                "text_en": line.criterion.text_en,
                "evidence": [{"rule": rule, **span_to_json(span)} for rule, span in line.places()],
            }
            for line in suggested_lines(forms, inspection.issues, ordered=ordered)
        ],
        "structured": is_structured(case.report.findings),
    }
