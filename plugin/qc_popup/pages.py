"""The popup's two pages: the form with what stands beside it, and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from flask import Response, jsonify, make_response, render_template, request
from markupsafe import Markup

from plugin.domain.critical import Alert
from plugin.domain.gate import GateState
from plugin.domain.issue import Section
from plugin.domain.scoring import ScoreSheet
from plugin.kit.messages import Catalogue
from plugin.qc_popup import form, raising
from plugin.qc_popup.desk import TOKEN_HEADER, VERDICTS, PopupDesk
from plugin.qc_popup.pictures import MOST_IMAGES, image_form, strip
from plugin.text.evidence import pieces, quoted
from plugin.workflow.frequent_reasons import frequent_reasons
from plugin.workflow.judge_issue import place, place_text
from plugin.workflow.open_form import OpenForm
from plugin.workflow.ports.unit_of_work import UnitOfWork
from plugin.workflow.submit_score import SubmitResult


@dataclass(frozen=True, slots=True, kw_only=True)
class _Aids:
    """What stands beside the form."""

    reasons: Mapping[str, tuple[str, ...]]
    laters: int
    said: Mapping[int, str]
    alerts: Sequence[Alert]


_ORDERED = ("clinical_diagnosis", "history", "purpose", "exam_item")
"""Fields of the requisition that are shown, in this order."""


def form_page(
    desk: PopupDesk, opened: OpenForm, filled: form.Filled | None = None, *, with_pictures: bool = False
) -> str:
    """The form, with the answers and complaints of `filled`; key images where they were asked for."""
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
        both=both_languages(desk.catalogue),
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
        ordered={
            name: quoted(getattr(opened.order, name), opened.issues) for name in _ORDERED if opened.order
        },
        comment=next((a.comment for a in filled.answers.values()), "") if filled else "",
        problems=len(filled.problems) if filled else 0,
        minutes_left=max(0, int((opened.expires_at - desk.clock()).total_seconds() // 60)),
        token_header=TOKEN_HEADER,
        origins=" ".join(desk.origins),
        reasons=aids.reasons,
        laters=aids.laters,
        said=aids.said,
        alerts=aids.alerts,
        raisable=raising.choices(desk.raise_by_hand) if desk.raise_by_hand else (),
        place_text=place_text,
        verdict_keys=[(name, key) for name, (_, _, key) in VERDICTS.items()] if desk.judge else [],
        has_images=desk.key_image is not None,
        strip=strip(desk.key_image, opened.gate.accession_number, numbers, known.images if known else ()),
        with_pictures=with_pictures,
        marking=scored is not None,
        marks_problem=filled.problems.get(form.MARKS, "") if filled else "",
    )


def _aids(desk: PopupDesk, opened: OpenForm) -> _Aids:
    def read(uow: UnitOfWork) -> _Aids:
        said = desk.judge.feedback(uow, opened.gate.accession_number, opened.user_id) if desk.judge else {}
        known = {n: said[place(i)] for n, i in enumerate(opened.issues, 1) if place(i) in said}
        return _Aids(
            reasons=frequent_reasons(uow, opened.forms),
            laters=desk.put_off.left(uow, opened.gate, opened.user_id) if desk.put_off else 0,
            said={n: each.reason or each.verdict.value for n, each in known.items()},
            alerts=raising.told(uow, opened) if desk.raise_by_hand else (),
        )

    return desk.store.read(read)


def done_page(
    desk: PopupDesk, result: SubmitResult, opened: OpenForm | None = None, *, later: bool = False
) -> Response:
    """What became of it: a page for people, JSON for the page's script."""
    titles = {blank.form_id: (blank.title, blank.title_en) for blank in opened.forms} if opened else {}
    released = result.gate.state is not GateState.HELD
    if wants_json():
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
            both=both_languages(desk.catalogue),
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


def wants_json() -> bool:
    """Whether a script asks."""
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


def both_languages(catalogue: Catalogue) -> Callable[..., Markup]:
    """Both languages of a text side by side; the page shows one and changes over without asking us."""

    def both(key: str, **values: object) -> Markup:
        return Markup('<span class="zh">{}</span><span class="en" lang="en">{}</span>').format(
            catalogue.text("zh_CN", key, **values), catalogue.text("en", key, **values)
        )

    return both
