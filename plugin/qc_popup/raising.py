"""A critical value raised by hand in the popup, by whoever has the report before him."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from plugin.domain.critical import Alert, Tier
from plugin.domain.errors import InvalidInput
from plugin.workflow.open_form import OpenForm
from plugin.workflow.ports.unit_of_work import UnitOfWork
from plugin.workflow.raise_by_hand import HandAlert, RaiseByHand

LONGEST = 500


def choices(by_hand: RaiseByHand) -> Sequence[tuple[str, str, Tier]]:
    """Code, name and tier of what may be raised, the most urgent first."""
    tiers = list(Tier)
    listed = [(code, name, tier) for code, (name, tier) in by_hand.names.items()]
    return sorted(listed, key=lambda each: (tiers.index(each[2]), each[0]))


def told(uow: UnitOfWork, opened: OpenForm) -> list[Alert]:
    """The examination's alerts, those of the follow-up list left out."""
    alerts = uow.alerts.find(opened.gate.accession_number)
    return [alert for alert in alerts if alert.finding.tier is not Tier.YELLOW]


def said_by(posted: Mapping[str, list[str]], opened: OpenForm) -> HandAlert:
    """What the small form says of the popup's examination.

    Raises
    ------
    InvalidInput
        A text is too long, or a tier does not exist.
    """
    code, text, tier = (posted.get(name, [""])[0].strip() for name in ("code", "text", "tier"))
    if len(text) > LONGEST:
        raise InvalidInput("text", f"at most {LONGEST} characters")
    if tier and tier not in set(Tier):
        raise InvalidInput("tier", f"is one of {', '.join(Tier)}")
    accession = opened.gate.accession_number
    return HandAlert(accession_number=accession, code=code, text=text, tier=Tier(tier) if tier else None)


def who_holds(opened: OpenForm) -> str:
    """The person as the hooks call him: vouched for by the caller who opened the form."""
    return f"{opened.user_id}@{opened.gate.caller}"
