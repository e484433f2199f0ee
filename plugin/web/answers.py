"""The one place where errors are answered."""

from __future__ import annotations

from typing import Any

import structlog
from flask import Flask, Response, abort, jsonify, render_template, request
from werkzeug.exceptions import HTTPException, NotFound

from plugin.domain import errors
from plugin.kit.messages import Catalogue
from plugin.kit.where import where
from plugin.web.refusals import TOO_LONG

log = structlog.get_logger()

_STATUS: tuple[tuple[type[errors.PluginError], int, str], ...] = (
    (errors.InvalidInput, 400, "invalid-input"),
    (errors.NotAuthentic, 401, "not-authentic"),
    (errors.NotAllowed, 403, "not-allowed"),
    (errors.UnknownReport, 404, "unknown"),
    (errors.GateConflict, 409, "conflict"),
    (errors.DeliveryFailed, 502, "peer-failed"),
    (errors.StoreUnavailable, 503, "store-unavailable"),
    (errors.PluginError, 500, "failed"),
)


def answer_errors(app: Flask, catalogue: Catalogue) -> None:
    """Each error as its protocol has it: problem+json (RFC 9457) for machines, a page for people."""

    @app.before_request
    def only_what_was_taken() -> None:
        if request.environ.get(TOO_LONG):
            abort(413)

    @app.errorhandler(errors.PluginError)
    def ours(error: errors.PluginError) -> Response:
        status, kind = next((s, k) for t, s, k in _STATUS if isinstance(error, t))
        if status >= 500:
            log.error(
                "request failed", endpoint=request.endpoint, error=type(error).__name__, text=str(error)
            )
        return answer(status, kind, str(error), where=getattr(error, "where", None))

    @app.errorhandler(HTTPException)
    def theirs(error: HTTPException) -> Response:
        detail = error.description or ""
        if error.code == 413:
            detail = f"a body of at most {request.max_content_length} bytes is taken here; send less"
        elif detail == NotFound.description and not for_people():
            detail = "there is no such address; /docs lists every one"
        elif error.code == 405:
            detail = f"{request.method} is not taken here: {', '.join(sorted(allowed(error)))} is"
        response = answer(error.code or 500, error.name.lower().replace(" ", "-"), detail)
        for name, value in error.get_headers(request.environ):
            if name in {"Allow", "Retry-After"}:
                response.headers[name] = value
        return response

    def for_people() -> bool:
        place = request.path.startswith(("/qc", "/console", "/docs")) or request.path == "/"
        return place and request.accept_mimetypes.accept_html

    def allowed(error: HTTPException) -> set[str]:
        return set(getattr(error, "valid_methods", None) or ()) - {"HEAD", "OPTIONS"}

    @app.errorhandler(Exception)
    def bug(error: Exception) -> Response:
        log.error("request broke", endpoint=request.endpoint, error=type(error).__name__, where=where(error))
        return answer(500, "internal-error", "an error inside SignGate; its log names the place")

    def answer(status: int, kind: str, detail: str, where: str | None = None) -> Response:
        if for_people():
            page = render_template(
                "refused.html",
                t=catalogue.speak("zh_CN"),
                en=catalogue.speak("en"),
                status=status,
                in_popup=request.path.startswith("/qc"),
                detail=detail,
            )
            response = Response(page, status, content_type="text/html; charset=utf-8")
        else:
            body: dict[str, Any] = {
                "type": f"urn:signgate:problem:{kind}",
                "title": kind.replace("-", " "),
                "status": status,
                "detail": detail,
            }
            if where is not None:
                body["where"] = where
            response = jsonify(body)
            response.status_code = status
            response.content_type = "application/problem+json; charset=utf-8"
        if status == 503:
            response.headers["Retry-After"] = "5"
        return response
