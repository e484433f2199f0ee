"""What the popup is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from plugin.domain.feedback import Verdict
from plugin.kit.messages import Catalogue
from plugin.qc_popup.pictures import KeyImages
from plugin.workflow.judge_issue import JudgeIssue
from plugin.workflow.ports.surroundings import Clock
from plugin.workflow.ports.unit_of_work import Store
from plugin.workflow.put_off import PutOff
from plugin.workflow.raise_by_hand import RaiseByHand
from plugin.workflow.submit_score import SubmitScore


@dataclass(frozen=True, slots=True, kw_only=True)
class PopupDesk:
    """What the popup needs; `origins` may embed it and are told when it is done.

    Parameters
    ----------
    put_off, judge
        ``None`` leaves out the button, and the judging of issues.
    key_image
        ``None`` where no archive is configured.
    raise_by_hand
        ``None`` leaves out the button that raises a critical value.
    """

    store: Store
    submit_score: SubmitScore
    catalogue: Catalogue
    clock: Clock
    origins: tuple[str, ...] = ()
    put_off: PutOff | None = None
    judge: JudgeIssue | None = None
    key_image: KeyImages | None = None
    raise_by_hand: RaiseByHand | None = None


TOKEN_HEADER = "X-SignGate-Form"  # noqa: S105  the header's name, no secret

VERDICTS: Mapping[str, tuple[Verdict, str, str]] = {
    "accepted": (Verdict.ACCEPTED, "", "popup.issue_accepted"),
    "dismissed": (Verdict.DISMISSED, "", "popup.issue_dismissed"),
    "not_here": (Verdict.DISMISSED, "not_here", "popup.issue_not_here"),
    "style": (Verdict.DISMISSED, "style", "popup.issue_style"),
}
"""One click each: name in the form to verdict, reason, and the button's text."""
