"""The popup: ``GET /qc/<ticket>`` opens the form, ``POST /qc`` scores it.

No cookie: in an iframe of another site none would arrive.  The ticket in the link works
once; what it is exchanged for travels in a hidden field, or in a header when the page's
script posts (decisions 6).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, Response, jsonify, make_response, render_template, request
from markupsafe import Markup
from werkzeug.exceptions import UnsupportedMediaType

from plugin.domain.errors import NotAuthentic
from plugin.domain.gate import GateState
from plugin.domain.issue import Section
from plugin.domain.scoring import ScoreSheet
from plugin.kit.messages import Catalogue
from plugin.qc_popup import form
from plugin.text.evidence import pieces
from plugin.workflow.ports import Clock, Store
from plugin.workflow.submit_score import OpenForm, SubmitResult, SubmitScore

TOKEN_HEADER = "X-SignGate-Form"  # noqa: S105  the header's name, no secret

MAX_FORM_BYTES = 64 * 1024
"""All six forms with every reason are shorter; a hundred thousand fields would cost a second to take apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PopupDesk:
    """What the popup needs; `origins` may embed it and are told when it is done."""

    store: Store
    submit_score: SubmitScore
    catalogue: Catalogue
    clock: Clock
    origins: tuple[str, ...] = ()


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
        opened = desk.store.write(lambda uow: desk.submit_score.redeem(uow, ticket))
        if opened.sheets:
            return _done(desk, SubmitResult(gate=opened.gate, sheets=opened.sheets, repeated=True), opened)
        return _page(desk, opened)

    @popup.post("")
    def submit() -> Response | str | tuple[str, int]:
        if request.mimetype != "application/x-www-form-urlencoded":
            raise UnsupportedMediaType("the form is posted as application/x-www-form-urlencoded")
        request.max_content_length = MAX_FORM_BYTES
        posted = request.form.to_dict(flat=False)
        token = request.headers.get(TOKEN_HEADER) or request.form.get("form_token", "")
        if not token:
            raise NotAuthentic("the form token is missing; open the form from the RIS again")
        opened = desk.store.read(lambda uow: desk.submit_score.open(uow, token))
        blank = form.Filled(answers={})
        filled = blank if opened.sheets else form.read(opened.forms, opened.issues, posted)
        if filled.problems:
            return _page(desk, opened, filled), 422
        result = desk.store.write(
            lambda uow: desk.submit_score.submit(uow, token, filled.answers, filled.seconds)
        )
        return _done(desk, result, opened)

    return popup


def _page(desk: PopupDesk, opened: OpenForm, filled: form.Filled | None = None) -> str:
    report = opened.report
    texts = (
        (Section.TECHNIQUE, "popup.technique", report.exam.technique),
        (Section.FINDINGS, "popup.findings", report.findings),
        (Section.IMPRESSION, "popup.impression", report.impression),
    )
    views = form.views(opened.forms, opened.issues, filled)
    return render_template(
        "popup_form.html",
        both=_both(desk.catalogue),
        language=_language(desk),
        opened=opened,
        report=report,
        order=opened.order,
        views=views,
        crowded=sum(len(view.lines) for view in views) > 18,
        suggestions=sum(line.marked is None for view in views for line in view.lines),
        sections=[
            (section.value, key, pieces(text, section, opened.issues)) for section, key, text in texts if text
        ],
        comment=next((a.comment for a in filled.answers.values()), "") if filled else "",
        problems=len(filled.problems) if filled else 0,
        minutes_left=max(0, int((opened.expires_at - desk.clock()).total_seconds() // 60)),
        token_header=TOKEN_HEADER,
        origins=" ".join(desk.origins),
    )


def _done(desk: PopupDesk, result: SubmitResult, opened: OpenForm) -> Response:
    titles = {blank.form_id: (blank.title, blank.title_en) for blank in opened.forms}
    released = result.gate.state is not GateState.HELD
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        return jsonify(
            type="signgate.qc.completed",
            gate_id=result.gate.gate_id,
            released=released,
            repeated=result.repeated,
            sheets=[_sheet(sheet, titles) for sheet in result.sheets],
        )
    return make_response(
        render_template(
            "popup_done.html",
            both=_both(desk.catalogue),
            language=_language(desk),
            result=result,
            released=released,
            titles=titles,
            origins=" ".join(desk.origins),
        )
    )


def _sheet(sheet: ScoreSheet, titles: dict[str, tuple[str, str]]) -> dict[str, object]:
    title, title_en = titles.get(sheet.form_id, (sheet.form_id, sheet.form_id))
    return {
        "form": sheet.form_id,
        "title": title,
        "title_en": title_en,
        "score": sheet.result.score,
        "grade": sheet.result.grade,
    }


def _language(desk: PopupDesk) -> str:
    asked = request.values.get("lang") or request.accept_languages.best_match(["zh", "en"], "zh")
    return "en" if desk.catalogue.language(asked) == "en" else "zh_CN"


def _both(catalogue: Catalogue) -> Callable[..., Markup]:
    """Both languages of a text side by side; the page shows one and changes over without asking us."""

    def both(key: str, **values: object) -> Markup:
        return Markup('<span class="zh">{}</span><span class="en" lang="en">{}</span>').format(
            catalogue.text("zh_CN", key, **values), catalogue.text("en", key, **values)
        )

    return both
