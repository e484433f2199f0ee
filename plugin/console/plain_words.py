"""Codes of the audit trail and of a trace, in the reader's language; the code stands beside its words.

What is stored stays a code: it is searched for, exported and compared, and means the same in
every language.  A code that has no words here (a site's own channel, a person's reason) is
shown as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from plugin.kit.messages import Catalogue, Translate

ACTIONS = (
    *("account.added", "account.disabled", "account.enabled", "account.first", "account.password"),
    *("account.role", "account.second_factor", "account.second_factor_dropped"),
    *("alert.drill", "alert.raised", "alerts.exported", "application.started", "application.stopped"),
    *("attachment.read", "card.accepted", "card.overridden", "clock.stepped", "correction.opened"),
    *("department_sheet.exported", "department_sheet.filled", "document.patient_differs"),
    *("document.read", "document.stored", "evaluation.kept", "exam.read", "gate.later", "gate.override"),
    *("gate.rescored", "gate.scored", "gate.taken_back", "images.rejected", "images.restored"),
    *("item.confirmed", "job.requeued", "merge_patients", "message.downloaded", "message.replayed"),
    *("message.set_aside", "messages.prune_asked", "messages.pruned", "messages.replayed", "page.refused"),
    *("peer_feedback.exported", "peer_feedback.given", "policy.live", "policy.proposed"),
    *("policy.withdrawn", "prior.accepted", "prior.refused", "refuse_sender", "roster.filled"),
    *("rule.restored", "rule.silenced", "score.objected", "session.opened", "session.planned"),
    *("session.refused", "sheet.read", "staff.imported", "staff.removed", "staff.saved"),
    *("statistics.exported", "teaching.cancelled", "teaching.planned", "teaching.recorded"),
    *("trace.exported", "undo_merge"),
)
"""What stands in the trail under a name of its own."""

FAMILIES: Mapping[str, str] = {
    "alert": "alert_state",
    "correction": "correction_state",
    "review": "purpose",
    "switch": "switch",
}
"""Actions that are one step of many: the part before the dot to the words of the part after it."""

_VALUES: Mapping[str, tuple[str, ...]] = {
    "action": ("action",),
    "by": ("source",),
    "from": ("switch",),
    "kind": ("document", "job"),
    "means": ("alert_means",),
    "mode": ("mode",),
    "owed": ("value",),
    "reason": ("gate_reason", "purpose"),
    "role": ("role", "staff_role"),
    "state": ("gate_state",),
    "to": ("switch",),
}
_STATES: Mapping[str, str] = {
    "message": "message_state",
    "report": "report_status",
    "draw": "trace_state",
    "gate": "decision",
    "score": "grade",
    "document": "document_state",
    "label": "trace_state",
    "alert": "alert_state",
    "job": "job_state",
}


@dataclass(frozen=True, slots=True)
class PlainWords:
    """The words of one request's language."""

    catalogue: Catalogue
    t: Translate
    form_title: Callable[[str], str]

    def action(self, code: str) -> str:
        """What was done; empty where there are no words for it."""
        if own := self._known("audit_action", code):
            return own
        family, _, step = code.partition(".")
        found = self._known(FAMILIES[family], step) if family in FAMILIES else ""
        return f"{self.t(f'audit_family.{family}')} · {found}" if found else ""

    def rule(self, rule_id: str) -> str:
        """What a rule of ours is about; empty for one of the site's or of an analyser's."""
        return self._known("rule_name", rule_id)

    def name(self, name: str) -> str:
        """Of one fact in the details."""
        return self._known("fact", name) or name

    def value(self, name: str, value: str) -> str:
        """A fact's value."""
        if name in {"form", "forms"}:
            return "、".join(self.form_title(form) for form in value.split())
        found = (self._known(family, value) for family in _VALUES.get(name, ()))
        return next((words for words in found if words), value)

    def state(self, stage: str, state: str) -> str:
        """Of a step of a trace."""
        return self._known(_STATES.get(stage, ""), state) or state

    def _known(self, family: str, code: str) -> str:
        key = f"{family}.{code}"
        return self.t(key) if key in self.catalogue else ""
