"""``/console/``: the people's side.  One blueprint, its pages in the files beside."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from plugin.console import (
    alert_page,
    alert_stream,
    alerts,
    attachments,
    corrections,
    data_quality,
    department,
    documents,
    exam_codes,
    exams,
    gatekeeper,
    held,
    messages,
    notices,
    operation,
    peer_learning,
    people,
    policy,
    priors,
    recognition,
    register,
    review,
    roster,
    rules,
    staff,
    statistics,
    teaching,
    trace,
)
from plugin.console.desk import RIGHTS, ConsoleDesk, may


def blueprint(desk: ConsoleDesk) -> Blueprint:
    """The routes under ``/console``."""
    console = Blueprint(
        "console",
        __name__,
        url_prefix="/console",
        template_folder="templates",
        static_folder="static",
        static_url_path="/static",
    )
    console.before_request(lambda: gatekeeper.check_in(desk))

    @console.get("/")
    def home() -> Response:
        role = gatekeeper.signed_in().account.role
        first = next(page for page in RIGHTS if may(role, page))
        return redirect(url_for(f"console.{first}"))

    @console.get("/language/<code>")
    def language(code: str) -> Response:
        back = gatekeeper.local_path(request.args.get("next", ""), url_for("console.home"))
        response = redirect(back)
        response.set_cookie(
            gatekeeper.LANGUAGE_COOKIE,
            desk.catalogue.language(code),
            path="/console",
            secure=desk.secure_cookie,
            httponly=True,
            samesite="Lax",
        )
        return response

    for part in (
        people,
        held,
        notices,
        trace,
        exams,
        documents,
        attachments,
        alerts,
        alert_page,
        alert_stream,
        register,
        roster,
        statistics,
        data_quality,
        exam_codes,
        rules,
        priors,
        recognition,
        operation,
        messages,
    ):
        part.routes(console, desk)
    for mode in (review, corrections, department, peer_learning, teaching, policy, staff):
        mode.routes(console, desk)
    return console
