"""The popup: ``GET /qc/<ticket>`` opens the form, ``POST /qc`` scores it.

No cookie: in an iframe of another site none would arrive.  The ticket in the link works
once; what it is exchanged for travels in a hidden field, or in a header when the page's
script posts (decisions 6).  The same token lets its holder put the popup off, take the
posted form back, judge an issue, and see the key images.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Blueprint, Response, abort, jsonify, make_response, render_template, request
from markupsafe import Markup
from werkzeug.exceptions import UnsupportedMediaType

from plugin.domain.errors import InvalidInput, NotAuthentic
from plugin.domain.feedback import Verdict
from plugin.domain.gate import GateState
from plugin.domain.issue import Section
from plugin.domain.scoring import ScoreSheet
from plugin.kit.messages import Catalogue
from plugin.qc_popup import form
from plugin.qc_popup.pictures import MOST_IMAGES, KeyImages, image_form, strip
from plugin.text.evidence import pieces
from plugin.workflow.frequent_reasons import frequent_reasons
from plugin.workflow.judge_issue import JudgeIssue, place
from plugin.workflow.open_form import OpenForm
from plugin.workflow.ports.surroundings import Clock
from plugin.workflow.ports.unit_of_work import Store, UnitOfWork
from plugin.workflow.put_off import PutOff
from plugin.workflow.submit_score import SubmitResult, SubmitScore

TOKEN_HEADER = "X-SignGate-Form"  # noqa: S105  the header's name, no secret

MAX_FORM_BYTES = 64 * 1024
"""All six forms with every reason are shorter; a hundred thousand fields would cost a second to take apart."""

VERDICTS: Mapping[str, tuple[Verdict, str, str]] = {
    "accepted": (Verdict.ACCEPTED, "", "popup.issue_accepted"),
    "dismissed": (Verdict.DISMISSED, "", "popup.issue_dismissed"),
    "not_here": (Verdict.DISMISSED, "not_here", "popup.issue_not_here"),
    "style": (Verdict.DISMISSED, "style", "popup.issue_style"),
}
"""One click each: name in the form to verdict, reason, and the button's text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PopupDesk:
    """What the popup needs; `origins` may embed it and are told when it is done.

    Parameters
    ----------
    put_off, judge
        ``None`` leaves out the button, and the judging of issues.
    key_image
        ``None`` where no archive is configured.
    """

    store: Store
    submit_score: SubmitScore
    catalogue: Catalogue
    clock: Clock
    origins: tuple[str, ...] = ()
    put_off: PutOff | None = None
    judge: JudgeIssue | None = None
    key_image: KeyImages | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Aids:
    """What stands beside the form."""

    reasons: Mapping[str, tuple[str, ...]]
    laters: int
    said: Mapping[int, str]


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
            return _done(desk, SubmitResult(gate=opened.gate, sheets=opened.sheets, repeated=True), opened)
        return _page(desk, opened)

    @popup.post("")
    def submit() -> Response | str | tuple[str, int]:
        posted, token = _posted(), _token()
        opened = desk.store.read(lambda uow: desk.submit_score.opening.open(uow, token))
        filled_before = opened.sheets and not opened.takes_back
        blank = form.Filled(answers={})
        filled = blank if filled_before else form.read(opened.forms, opened.issues, posted)
        if filled.problems:
            return _page(desk, opened, filled), 422
        result = desk.store.write(
            lambda uow: desk.submit_score.submit(uow, token, filled.answers, filled.seconds)
        )
        return _done(desk, result, opened)

    @popup.post("/later")
    def later() -> Response:
        _posted()
        token = _token()
        if desk.put_off is None:
            abort(404)
        put_off = desk.put_off
        gate = desk.store.write(lambda uow: put_off(uow, token))
        return _done(desk, SubmitResult(gate=gate, sheets=(), repeated=False), later=True)

    @popup.post("/take-back")
    def take_back() -> str:
        _posted()
        token = _token()
        opened = desk.store.write(lambda uow: desk.submit_score.take_back(uow, token))
        return _page(desk, opened, form.filled_by(opened.sheets, opened.forms))

    @popup.post("/issues")
    def judge() -> Response | str:
        posted, token = _posted(), _token()
        opened = desk.store.read(lambda uow: desk.submit_score.opening.open(uow, token))
        number, name = _verdict(posted.pop("verdict", []), len(opened.issues))
        if desk.judge is None:
            abort(404)
        verdict, reason, _ = VERDICTS[name]
        judging, issue = desk.judge, opened.issues[number - 1]
        desk.store.write(
            lambda uow: judging(uow, opened.gate.accession_number, issue, verdict, opened.user_id, reason)
        )
        if _wants_json():
            return jsonify(issue=number, verdict=name)
        return _page(desk, opened, form.read(opened.forms, opened.issues, posted).without_complaint())

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
            return _page(desk, opened, filled, with_pictures=True)
        number = _number(wanted[0], MOST_IMAGES + 1)  # one more, where a script learns that there are no more
        found = strip(desk.key_image, opened.gate.accession_number, [number], ()).pictures
        if not found:
            return Response(status=204)
        return render_template(
            "popup_picture.html",
            both=_both(desk.catalogue),
            shown=found[0],
            marking=image_form(opened.forms) is not None,
        )

    return popup


def _posted() -> dict[str, list[str]]:
    if request.mimetype != "application/x-www-form-urlencoded":
        raise UnsupportedMediaType("the form is posted as application/x-www-form-urlencoded")
    request.max_content_length = MAX_FORM_BYTES
    return request.form.to_dict(flat=False)


def _token() -> str:
    token = request.headers.get(TOKEN_HEADER) or request.form.get("form_token", "")
    if not token:
        raise NotAuthentic("the form token is missing; open the form from the RIS again")
    return token


def _verdict(values: list[str], issues: int) -> tuple[int, str]:
    number, _, name = values[0].partition(".") if len(values) == 1 else ("", "", "")
    if name not in VERDICTS:
        raise InvalidInput("verdict", f"is a number, a dot, and one of {', '.join(VERDICTS)}")
    return _number(number, issues + 1), name


def _number(text: str, end: int) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 4 or int(text) >= end:
        raise InvalidInput("number", "is not on this page")
    return int(text)


def _aids(desk: PopupDesk, opened: OpenForm) -> _Aids:
    def read(uow: UnitOfWork) -> _Aids:
        said = desk.judge.feedback(uow, opened.gate.accession_number, opened.user_id) if desk.judge else {}
        known = {n: said[place(i)] for n, i in enumerate(opened.issues, 1) if place(i) in said}
        return _Aids(
            reasons=frequent_reasons(uow, opened.forms),
            laters=desk.put_off.left(uow, opened.gate, opened.user_id) if desk.put_off else 0,
            said={n: each.reason or each.verdict.value for n, each in known.items()},
        )

    return desk.store.read(read)


def _page(
    desk: PopupDesk, opened: OpenForm, filled: form.Filled | None = None, *, with_pictures: bool = False
) -> str:
    report = opened.report
    texts = (
        (Section.TECHNIQUE, "popup.technique", report.exam.technique),
        (Section.FINDINGS, "popup.findings", report.findings),
        (Section.IMPRESSION, "popup.impression", report.impression),
    )
    views = form.views(opened.forms, opened.issues, filled)
    aids = _aids(desk, opened)
    scored = image_form(opened.forms)
    known = filled.answers.get(scored.form_id) if scored and filled else None
    numbers = range(MOST_IMAGES if with_pictures else 0)
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
        reasons=aids.reasons,
        laters=aids.laters,
        said=aids.said,
        verdict_keys=[(name, key) for name, (_, _, key) in VERDICTS.items()] if desk.judge else [],
        has_images=desk.key_image is not None,
        strip=strip(desk.key_image, opened.gate.accession_number, numbers, known.images if known else ()),
        with_pictures=with_pictures,
        marking=scored is not None,
        marks_problem=filled.problems.get(form.MARKS, "") if filled else "",
    )


def _done(
    desk: PopupDesk, result: SubmitResult, opened: OpenForm | None = None, *, later: bool = False
) -> Response:
    titles = {blank.form_id: (blank.title, blank.title_en) for blank in opened.forms} if opened else {}
    released = result.gate.state is not GateState.HELD
    if _wants_json():
        return jsonify(
            type="signgate.qc.completed",
            gate_id=result.gate.gate_id,
            released=released,
            repeated=result.repeated,
            sheets=[_sheet(sheet, titles) for sheet in result.sheets],
        )
    left = (result.undo_until - desk.clock()).total_seconds() if result.undo_until else 0
    return make_response(
        render_template(
            "popup_done.html",
            both=_both(desk.catalogue),
            language=_language(desk),
            result=result,
            released=released,
            later=later,
            titles=titles,
            form_token=opened.form_token if opened and left > 0 else "",
            undo_seconds=int(left),
            origins=" ".join(desk.origins),
        )
    )


def _wants_json() -> bool:
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return best == "application/json"


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
