"""The popup: ``GET /qc/<ticket>`` opens the form, ``POST /qc`` scores it.

No cookie: in an iframe of another site none would arrive.  The ticket in the link works
once; what it is exchanged for travels in a hidden field, or in a header when the page's
script posts (decisions 6).  The same token lets its holder put the popup off, take the
posted form back, judge an issue, and see the key images.
"""

from __future__ import annotations

from flask import Blueprint, Response, abort, jsonify, render_template, request
from werkzeug.exceptions import UnsupportedMediaType

from plugin.domain.errors import InvalidInput, NotAllowed, NotAuthentic
from plugin.qc_popup import form, raising
from plugin.qc_popup.desk import TOKEN_HEADER, VERDICTS, PopupDesk
from plugin.qc_popup.pages import both_languages, done_page, form_page, wants_json
from plugin.qc_popup.pictures import MOST_IMAGES, image_form, strip
from plugin.workflow.judge_issue import Place, place, read_place
from plugin.workflow.ports.unit_of_work import UnitOfWork
from plugin.workflow.submit_score import SubmitResult

MAX_FORM_BYTES = 64 * 1024
"""All six forms with every reason are shorter; a hundred thousand fields would cost a second to take apart."""


def blueprint(desk: PopupDesk) -> Blueprint:
    """The routes under ``/qc``."""
    popup = Blueprint(
        "qc_popup",
        __name__,
        url_prefix="/qc",
        template_folder="templates",
        static_folder="static",
        static_url_path="/static",
    )

    @popup.get("/<ticket>")
    def open_form(ticket: str) -> Response | str:
        if request.method == "HEAD":
            return ""  # a link scanner may look, but does not use the ticket up
        opened = desk.store.write(lambda uow: desk.submit_score.opening.redeem(uow, ticket))
        if opened.sheets:
            return done_page(
                desk, SubmitResult(gate=opened.gate, sheets=opened.sheets, repeated=True), opened
            )
        return form_page(desk, opened)

    @popup.post("")
    def submit() -> Response | str | tuple[str, int]:
        posted, token = _posted(), _token()
        opened = desk.store.read(lambda uow: desk.submit_score.opening.open(uow, token))
        filled_before = opened.sheets and not opened.takes_back
        blank = form.Filled(answers={})
        filled = blank if filled_before else form.read(opened.forms, opened.issues, posted)
        if filled.problems:
            return form_page(desk, opened, filled), 422
        result = desk.store.write(
            lambda uow: desk.submit_score.submit(uow, token, filled.answers, filled.seconds)
        )
        return done_page(desk, result, opened)

    @popup.post("/later")
    def later() -> Response:
        _posted()
        token = _token()
        if desk.put_off is None:
            abort(404)
        put_off = desk.put_off
        gate = desk.store.write(lambda uow: put_off(uow, token))
        return done_page(desk, SubmitResult(gate=gate, sheets=(), repeated=False), later=True)

    @popup.post("/take-back")
    def take_back() -> str:
        _posted()
        token = _token()
        opened = desk.store.write(lambda uow: desk.submit_score.take_back(uow, token))
        return form_page(desk, opened, form.filled_by(opened.sheets, opened.forms))

    @popup.post("/issues")
    def judge() -> Response | str:
        posted, token = _posted(), _token()
        opened = desk.store.read(lambda uow: desk.submit_score.opening.open(uow, token))
        name, where = _verdict(posted.pop("verdict", []))
        if desk.judge is None:
            abort(404)
        verdict, reason, _ = VERDICTS[name]
        judging, number = desk.judge, opened.gate.accession_number

        def keep(uow: UnitOfWork) -> None:
            # What the page showed may be silent by now, or have moved in the list: its place tells.
            shown = next((each for each in opened.issues if place(each) == where), None)
            judging(uow, number, shown or judging.find(uow, number, where), verdict, opened.user_id, reason)

        desk.store.write(keep)
        if wants_json():
            return jsonify(verdict=name)
        return form_page(desk, opened, form.read(opened.forms, opened.issues, posted).without_complaint())

    @popup.post("/alert")
    def raise_alert() -> Response | str:
        posted, token = _posted(), _token()
        opened = desk.store.read(lambda uow: desk.submit_score.opening.open(uow, token))
        if desk.raise_by_hand is None:
            abort(404)
        by_hand, said, who = desk.raise_by_hand, raising.said_by(posted, opened), raising.who_holds(opened)
        alert = desk.store.write(lambda uow: by_hand(uow, said, who, "popup"))
        if wants_json():
            return jsonify(alert_id=alert.alert_id, name=alert.finding.name, tier=alert.finding.tier.value)
        return form_page(desk, opened)

    @popup.post("/images")
    def images() -> Response | str:
        """The form again, with the key images beside it; or the one that a script asks for by its number."""
        posted, token = _posted(), _token()
        opened = desk.store.read(lambda uow: desk.submit_score.opening.open(uow, token))
        if desk.key_image is None:
            abort(404)
        wanted = posted.pop("number", [])
        if not wanted:
            filled = form.read(opened.forms, opened.issues, posted).without_complaint()
            return form_page(desk, opened, filled, with_pictures=True)
        number = _number(wanted[0], MOST_IMAGES + 1)  # one more, where a script learns that there are no more
        found = strip(desk.key_image, opened.gate.accession_number, [number], ()).pictures
        if not found:
            return Response(status=204)
        return render_template(
            "popup_picture.html",
            both=both_languages(desk.catalogue),
            shown=found[0],
            marking=image_form(opened.forms) is not None,
        )

    return popup


def _posted() -> dict[str, list[str]]:
    if request.mimetype != "application/x-www-form-urlencoded":
        raise UnsupportedMediaType("the form is posted as application/x-www-form-urlencoded")
    # Also in a frame of another site our page posts to its own origin; who else has a token has stolen it.
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        raise NotAllowed("the form came from another site")
    request.max_content_length = MAX_FORM_BYTES
    return request.form.to_dict(flat=False)


def _token() -> str:
    token = request.headers.get(TOKEN_HEADER) or request.form.get("form_token", "")
    if not token:
        raise NotAuthentic("the form token is missing; open the form from the RIS again")
    return token


def _verdict(values: list[str]) -> tuple[str, Place]:
    """What is said, and of which issue, as a button of the page has it."""
    name, _, where = values[0].partition(" ") if len(values) == 1 else ("", "", "")
    if name not in VERDICTS:
        raise InvalidInput("verdict", f"is one of {', '.join(VERDICTS)}, and the place of an issue")
    return name, read_place(where)


def _number(text: str, end: int) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 4 or int(text) >= end:
        raise InvalidInput("number", "is not on this page")
    return int(text)
