"""What I was told, newest first; reading the page marks nothing, a button does."""

from __future__ import annotations

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response as BaseResponse

from plugin.console.desk import ConsoleDesk
from plugin.console.gatekeeper import allow, signed_in
from plugin.console.pages import plain_words, show
from plugin.domain.person_notice import PersonOccasion

LEADS_TO: dict[PersonOccasion, str] = {
    PersonOccasion.FAILING_SCORE: "corrections",
    PersonOccasion.CORRECTION_ANSWERED: "corrections",
    PersonOccasion.CORRECTION_RETURNED: "corrections",
    PersonOccasion.CORRECTION_CLOSED: "corrections",
    PersonOccasion.CORRECTION_LATE: "corrections",
    PersonOccasion.ASSIGNED: "held",
    PersonOccasion.WORK_DUE: "held",
    PersonOccasion.TEACHING_PLANNED: "teaching",
    PersonOccasion.TEACHING_DUE: "teaching",
    PersonOccasion.PEER_FEEDBACK: "peer_learning",
    PersonOccasion.RULE_SILENCED: "rules",
}
"""The page on which something can be done about it."""


def routes(console: Blueprint, desk: ConsoleDesk) -> None:
    """Add the pages of this file."""

    @console.get("/notices")
    def notices() -> str:
        allow(desk, "notices")
        account = signed_in().account
        found = desk.store.read(lambda uow: uow.person_notices.of(account.staff_id, account.name))
        return show("console_notices.html", notices=found, leads_to=LEADS_TO, words=plain_words(desk))

    @console.post("/notices")
    def notices_post() -> BaseResponse:
        allow(desk, "notices")
        account, now = signed_in().account, desk.clock()
        desk.store.write(lambda uow: uow.person_notices.see_all(account.staff_id, account.name, now))
        return redirect(url_for("console.notices"), 303)
