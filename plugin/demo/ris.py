"""The simulated RIS in the browser: work list, report editor, 签发, the popup, images, and a ward.

A Flask app of its own on a port of its own, so that the popup is embedded across origins
as it will be in a hospital.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from flask import Flask, Response, abort, jsonify, render_template, request
from werkzeug.exceptions import HTTPException

from plugin.demo.caller import CallRefused
from plugin.demo.desk import Desk
from plugin.demo.gallery import Gallery
from plugin.demo.work_list import Exam
from plugin.domain.errors import DeliveryFailed, NotAuthentic
from plugin.sr.read import read
from plugin.sr.render import as_json

SIGNERS = (
    {"id": "D1001", "name": "赵一", "role": "resident", "title": "住院医师 Resident"},
    {"id": "D1002", "name": "钱二", "role": "attending", "title": "主治医师 Attending"},
    {"id": "D1003", "name": "孙七", "role": "senior", "title": "主任医师 Senior"},
)
_LOCAL = {"127.0.0.1", "localhost"}


class Verifier(Protocol):
    """Checks who called back."""

    def verify(self, headers: Mapping[str, str], body: bytes) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RisParts:
    """What the pages stand on.

    Parameters
    ----------
    signgate_url
        Where the popup comes from, and what may be embedded.
    """

    desk: Desk
    gallery: Gallery
    verifier: Verifier
    signgate_url: str
    institution: str


def create_app(parts: RisParts) -> Flask:
    """The RIS's web pages and its call-back."""
    app = Flask(__name__)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]  # DefaultJSONProvider has it
    app.config["MAX_CONTENT_LENGTH"] = 1 << 20
    _guard(app, parts)
    _pages(app, parts)
    _actions(app, parts)
    _doors(app, parts)
    return app


def _guard(app: Flask, parts: RisParts) -> None:
    @app.before_request
    def only_here() -> None:
        # A page of another site must not drive this one, by name (DNS rebinding) or by form.
        if urlsplit(f"//{request.host}").hostname not in _LOCAL:
            abort(403)
        if request.method == "POST" and request.mimetype != "application/json":
            abort(415)

    @app.after_request
    def harden(answer: Response) -> Response:
        answer.headers.setdefault(
            "Content-Security-Policy",
            f"default-src 'self'; script-src 'self' {parts.signgate_url}; frame-src {parts.signgate_url}; frame-ancestors 'none'",
        )
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Referrer-Policy"] = "no-referrer"
        return answer

    @app.errorhandler(CallRefused)
    def refused(error: CallRefused) -> tuple[Response, int]:
        return jsonify(error=error.text), 409

    @app.errorhandler(DeliveryFailed)
    def pacs_silent(error: DeliveryFailed) -> tuple[Response, int]:
        return jsonify(error=str(error)), 502

    @app.errorhandler(HTTPException)
    def plain(error: HTTPException) -> tuple[Response, int]:
        return jsonify(error=error.description), error.code or 500


def _pages(app: Flask, parts: RisParts) -> None:
    desk = parts.desk

    @app.get("/")
    def work_list() -> str:
        return render_template("ris.html", parts=parts, signers=SIGNERS)

    @app.get("/exams/<accession_number>/sr")
    def sr_page(accession_number: str) -> str:
        exam = _exam(desk, accession_number)
        documents = parts.gallery.documents(desk.study_uid(accession_number))
        pages = [as_json(read(ds)) for ds in documents]
        return render_template("sr.html", exam=exam, pages=pages, parts=parts)

    @app.get("/exams/<accession_number>/images.json")
    def images(accession_number: str) -> Response:
        _exam(desk, accession_number)
        views = parts.gallery.images(desk.study_uid(accession_number))
        return jsonify([asdict(view) for view in views])

    @app.get("/exams/<accession_number>/images/<int:number>.png")
    def image(accession_number: str, number: int) -> Response:
        _exam(desk, accession_number)
        png = parts.gallery.png(desk.study_uid(accession_number), number)
        if png is None:
            abort(404)
        return Response(png, mimetype="image/png", headers={"Cache-Control": "private, max-age=300"})

    @app.get("/api/state")
    def state() -> Response:
        return jsonify(
            exams=[_row(exam) for exam in desk.exams.values()],
            alerts=[asdict(alert) for alert in desk.alerts.values()],
        )

    @app.get("/api/exams/<accession_number>")
    def exam(accession_number: str) -> Response:
        return jsonify(_whole(_exam(desk, accession_number)))


def _actions(app: Flask, parts: RisParts) -> None:
    desk = parts.desk

    @app.post("/api/exams/<accession_number>/save")
    def save(accession_number: str) -> Response:
        exam = _exam(desk, accession_number)
        data = _json()
        desk.save(accession_number, _text(data, "findings"), _text(data, "impression"))
        return jsonify(_whole(exam))

    @app.post("/api/exams/<accession_number>/sign")
    def sign(accession_number: str) -> Response:
        exam = _exam(desk, accession_number)
        data = _json()
        signer = next((each for each in SIGNERS if each["id"] == data.get("signer")), None)
        if signer is None or data.get("action") not in {"submit", "verify"}:
            abort(400, "signer or action is unknown")
        who = {key: signer[key] for key in ("id", "name", "role")}
        desk.sign(
            accession_number, str(data["action"]), who, _text(data, "findings"), _text(data, "impression")
        )
        return jsonify(_whole(exam))

    @app.post("/api/exams/<accession_number>/form")
    def form(accession_number: str) -> Response:
        _exam(desk, accession_number)
        return jsonify(popup_url=desk.reopen_form(accession_number))

    @app.post("/api/exams/<accession_number>/override")
    def override(accession_number: str) -> Response:
        exam = _exam(desk, accession_number)
        desk.override(accession_number, _text(_json(), "reason"))
        return jsonify(_whole(exam))

    @app.post("/api/exams/<accession_number>/verdict")
    def verdict(accession_number: str) -> Response:
        exam, data = _exam(desk, accession_number), _json()
        issue = data.get("issue")
        if not isinstance(issue, dict):
            abort(400, "issue must be as it was answered")
        desk.judge(accession_number, issue, _text(data, "verdict"), _text(data, "reason"), _text(data, "who"))
        return jsonify(_whole(exam))

    @app.post("/api/exams/<accession_number>/alert")
    def raise_alert(accession_number: str) -> Response:
        exam, data = _exam(desk, accession_number), _json()
        desk.raise_alert(accession_number, _text(data, "text"), _text(data, "signer"))
        return jsonify(_whole(exam))

    @app.post("/api/alerts/<alert_id>/acknowledge")
    def acknowledge(alert_id: str) -> Response:
        if alert_id not in desk.alerts:
            abort(404)
        data = _json()
        return jsonify(asdict(desk.acknowledge(alert_id, _text(data, "who"), _text(data, "read_back"))))


def _doors(app: Flask, parts: RisParts) -> None:
    """What SignGate calls: signed, and perhaps more than once."""

    @app.post("/signgate/call-back")
    def call_back() -> Response:
        parts.desk.called_back(_signed(parts))
        return jsonify(taken=True)


def _signed(parts: RisParts) -> dict[str, Any]:
    body = request.get_data()
    try:
        parts.verifier.verify(dict(request.headers), body)
    except NotAuthentic as error:
        abort(401, str(error))
    return _json()


def _exam(desk: Desk, accession_number: str) -> Exam:
    if accession_number not in desk.exams:
        abort(404, f"no examination {accession_number}")
    return desk.exams[accession_number]


def _json() -> dict[str, Any]:
    try:
        data = json.loads(request.get_data())
    except ValueError:
        abort(400, "not JSON")
    if not isinstance(data, dict):
        abort(400, "not an object")
    return data


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    if not isinstance(value, str):
        abort(400, f"{key} must be text")
    return value.replace("\r\n", "\n")


def _row(exam: Exam) -> dict[str, Any]:
    case = exam.case
    return {
        "accession_number": case.accession_number,
        "patient": case.file.patient.model_dump(),
        "modality": case.file.order.modality,
        "exam_item": case.file.order.exam_item,
        "patient_class": case.file.order.patient_class,
        "performed_at": case.performed_at.strftime("%H:%M"),
        "status": exam.status,
        "title": case.file.title,
        "title_en": case.file.title_en,
        "version": len(exam.events),
    }


def _whole(exam: Exam) -> dict[str, Any]:
    case = exam.case
    return _row(exam) | {
        "order": case.file.order.model_dump(),
        "technique": case.file.exam.technique,
        "draft": case.file.report.model_dump(exclude={"findings", "impression"}),
        "performed_at_full": case.performed_at.strftime("%Y-%m-%d %H:%M:%S"),
        "findings": exam.findings,
        "impression": exam.impression,
        "corrected": {
            "findings": case.text("findings", corrected=True),
            "impression": case.text("impression", corrected=True),
        },
        "watch": case.file.watch,
        "watch_en": case.file.watch_en,
        "gate_id": exam.gate_id,
        "decision": exam.decision,
        "events": [
            {"at": event.at.strftime("%H:%M:%S"), "wire": event.wire, "text": event.text,
             "text_en": event.text_en, "good": event.good}
            for event in exam.events
        ],
    }  # fmt: skip
