"""One Flask app: hooks, popup, console, read API, health, metrics; and the one place where errors are answered.

Everything it works with is handed in as :class:`WebParts`; nothing happens at import.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from flask import Flask, Response, g, jsonify, render_template, request
from prometheus_client import CollectorRegistry, Counter, Histogram
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from plugin.console.desk import ConsoleDesk
from plugin.console.setup_key import SetupKey
from plugin.console.views import blueprint as console
from plugin.delivery.jobs import JobStore
from plugin.domain import errors
from plugin.hooks.alerts import AlertHooks
from plugin.hooks.api import ApiDesk
from plugin.hooks.api import blueprint as api
from plugin.hooks.calls import SignedCalls
from plugin.hooks.cds import CdsDesk
from plugin.hooks.cds import blueprint as cds
from plugin.hooks.feedback import FeedbackDesk
from plugin.hooks.feedback import blueprint as feedback
from plugin.hooks.recognition import ORDER_SIGN, OrderDesk
from plugin.hooks.recognition import blueprint as recognition
from plugin.hooks.service import ServiceDesk
from plugin.hooks.service import blueprint as service
from plugin.hooks.views import HookDesk
from plugin.hooks.views import blueprint as hooks
from plugin.kit.messages import Catalogue
from plugin.kit.signature import decode_secret
from plugin.qc_popup.views import PopupDesk
from plugin.qc_popup.views import blueprint as popup
from plugin.web_settings import WebSettings, origin_of
from plugin.workflow.accounts import Accounts
from plugin.workflow.acknowledge_alert import AlertDesk
from plugin.workflow.decide_sign import DecideSign
from plugin.workflow.document_reading import DocumentReading
from plugin.workflow.issue_documents import IssueDocuments
from plugin.workflow.judge_issue import JudgeIssue
from plugin.workflow.keep_recognition import KeepRecognition
from plugin.workflow.modes import Modes
from plugin.workflow.offer_prior import OfferPrior
from plugin.workflow.ports.surroundings import Clock
from plugin.workflow.ports.unit_of_work import Store
from plugin.workflow.put_off import PutOff
from plugin.workflow.raise_by_hand import RaiseByHand
from plugin.workflow.reading import Reading
from plugin.workflow.submit_score import SubmitScore

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class WebParts:
    """What the app is made of.

    Parameters
    ----------
    base_url
        `settings.base_url`, or the address that was bound when that is empty.
    check
        Answers ``POST /api/v1/check-reports``: one object in, one out.
    probes
        Name to a function that returns ``None`` when all is well, else what is wrong (/readyz).
    language
        In which hooks answer what is meant for people.
    watch
        What is wrong with the chain of critical values now; nothing when it is whole.
    replay
        Sends an archived message through its journey again; returns the new state in words.
    message_tree
        Raw bytes and codec to segments with their named fields (``plugin.hl7.tree``).
    sr_page
        Sheet ID to a readable HTML page of its SR document, ``None`` when there is none.
    documents
        Reads documents out of archives; ``None`` leaves /console/sr out.
    issue
        Has images rejected and shown again; ``None`` where the site's switch is off.
    label_image
        Accession number to a PNG of one image with its label, ``None`` when there is none.
    key_image
        Accession number and a number from 0 to a PNG of a key image, ``None`` when there is none.
    priors
        Recognised results offered at ordering; ``None`` leaves order-sign and order-check out.
    recognition
        Evaluations and item names that an administrator keeps.
    issuers
        FHIR Identifier.system to the assigning authority of HL7.
    """

    settings: WebSettings
    base_url: str
    store: Store
    jobs: JobStore
    reading: Reading
    decide_sign: DecideSign
    submit_score: SubmitScore
    alerts: AlertDesk
    modes: Modes
    by_hand: RaiseByHand
    accounts: Accounts
    setup_key: SetupKey
    catalogue: Catalogue
    clock: Clock
    check: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    probes: Mapping[str, Callable[[], str | None]] = field(default_factory=dict)
    metrics: CollectorRegistry = field(default_factory=CollectorRegistry)
    watch: Callable[[], Sequence[str]] = tuple
    language: str = "zh_CN"
    more_metrics: Callable[[], str] | None = None
    replay: Callable[[int], str] | None = None
    message_tree: Callable[[bytes, str], Sequence[Any]] | None = None
    sr_page: Callable[[str], str | None] | None = None
    label_image: Callable[[str], bytes | None] | None = None
    documents: DocumentReading | None = None
    issue: IssueDocuments | None = None
    put_off: PutOff | None = None
    judge: JudgeIssue | None = None
    key_image: Callable[[str, int], bytes | None] | None = None
    priors: OfferPrior | None = None
    recognition: KeepRecognition | None = None
    issuers: Mapping[str, str] = field(default_factory=dict)


def create_app(parts: WebParts) -> Flask:
    """Build the app; it listens nowhere yet."""
    settings = parts.settings
    app = Flask("plugin.webapp", static_folder=None, template_folder="templates")
    app.config.update(
        MAX_CONTENT_LENGTH=settings.max_body_kb * 1024,
        MAX_FORM_MEMORY_SIZE=256 * 1024,
        MAX_FORM_PARTS=300,
        SEND_FILE_MAX_AGE_DEFAULT=3600,
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]  # DefaultJSONProvider has it
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    if settings.trusted_proxies:
        n = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=n, x_proto=n)  # type: ignore[method-assign]
    calls = SignedCalls(
        callers={name: tuple(map(decode_secret, secrets)) for name, secrets in settings.callers.items()},
        store=parts.store,
        clock=parts.clock,
    )
    app.register_blueprint(
        hooks(
            HookDesk(calls=calls, decide_sign=parts.decide_sign, modes=parts.modes, base_url=parts.base_url),
            AlertHooks(
                calls=calls,
                alerts=parts.alerts,
                by_hand=parts.by_hand,
                standing=parts.reading.standing_alerts,
                watch=parts.watch,
                say=parts.catalogue.speak(parts.language),
                zone=parts.accounts.around.zone,
            ),
        )
    )
    app.register_blueprint(
        cds(
            CdsDesk(
                calls=calls,
                decide_sign=parts.decide_sign,
                base_url=parts.base_url,
                clock=parts.clock,
                more_services=(ORDER_SIGN,) if parts.priors else (),
            )
        )
    )
    if parts.priors is not None:
        app.register_blueprint(
            recognition(
                OrderDesk(
                    calls=calls,
                    priors=parts.priors,
                    zone=parts.accounts.around.zone,
                    issuers=parts.issuers,
                )
            )
        )
    if parts.judge is not None:
        app.register_blueprint(feedback(FeedbackDesk(calls=calls, judge=parts.judge)))
    app.register_blueprint(
        popup(
            PopupDesk(
                store=parts.store,
                submit_score=parts.submit_score,
                catalogue=parts.catalogue,
                clock=parts.clock,
                origins=settings.frame_origins,
                put_off=parts.put_off,
                judge=parts.judge,
                key_image=parts.key_image,
            )
        )
    )
    app.register_blueprint(
        api(
            ApiDesk(
                store=parts.store,
                reading=parts.reading,
                tokens=settings.api_tokens,
                check=parts.check,
                clock=parts.clock,
                zone=parts.accounts.around.zone,
            )
        )
    )
    app.register_blueprint(
        service(
            ServiceDesk(
                probes=parts.probes,
                metrics=parts.metrics,
                jobs=parts.jobs,
                tokens=settings.api_tokens,
                open_pages=settings.loopback and not settings.trusted_proxies,
                more_metrics=parts.more_metrics,
            )
        )
    )
    app.register_blueprint(
        console(
            ConsoleDesk(
                store=parts.store,
                jobs=parts.jobs,
                reading=parts.reading,
                decide_sign=parts.decide_sign,
                alerts=parts.alerts,
                by_hand=parts.by_hand,
                watch=parts.watch,
                modes=parts.modes,
                accounts=parts.accounts,
                setup_key=parts.setup_key,
                catalogue=parts.catalogue,
                clock=parts.clock,
                secure_cookie=parts.base_url.startswith("https:"),
                origin=origin_of(parts.base_url),
                replay=parts.replay,
                message_tree=parts.message_tree,
                sr_page=parts.sr_page,
                documents=parts.documents,
                issue=parts.issue,
                label_image=parts.label_image,
                priors=parts.priors,
                recognition=parts.recognition,
                judge=parts.judge,
                forms=parts.submit_score.forms,
            )
        )
    )
    _watch(app, parts)
    _guard(app, settings)
    _answer_errors(app, parts.catalogue)
    return app


def _watch(app: Flask, parts: WebParts) -> None:
    """Count and time each request by its endpoint: a path may hold a ticket or a number of a patient."""
    requests = Counter(
        "signgate_http_requests", "Requests", ["endpoint", "method", "status"], registry=parts.metrics
    )
    seconds = Histogram("signgate_http_seconds", "Time to answer", ["endpoint"], registry=parts.metrics)

    @app.before_request
    def start() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def count(response: Response) -> Response:
        endpoint = request.endpoint or "none"
        took = time.perf_counter() - g.get("started", time.perf_counter())
        requests.labels(endpoint, request.method, response.status_code).inc()
        seconds.labels(endpoint).observe(took)
        log.debug(
            "http",
            endpoint=endpoint,
            method=request.method,
            status=response.status_code,
            took_s=round(took, 4),
        )
        return response


def _guard(app: Flask, settings: WebSettings) -> None:
    """Headers that every answer carries."""
    ancestors = " ".join(settings.frame_origins) or "'none'"

    @app.after_request
    def protect(response: Response) -> Response:
        in_popup = request.path == "/qc" or request.path.startswith("/qc/")
        policy = (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
            "connect-src 'self'; form-action 'self'; base-uri 'none'; "
            f"frame-ancestors {ancestors if in_popup else chr(39) + 'none' + chr(39)}"
        )
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer" if in_popup else "same-origin"
        # A RIS page of another origin loads the embedding script; nothing else is for it.
        embedding = request.endpoint == "qc_popup.static"
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin" if embedding else "same-origin"
        response.headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
        if request.endpoint is None or not request.endpoint.endswith(".static"):
            response.headers["Cache-Control"] = "no-store"
        if not in_popup:
            # For engines that know no CSP; the popup has an allow-list that this header cannot say.
            response.headers["X-Frame-Options"] = "DENY"
        kind = response.mimetype or ""
        textual = kind.startswith("text/") or kind.endswith("json")
        if textual and "charset" not in response.mimetype_params:
            response.content_type = f"{kind}; charset=utf-8"
        return response


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


def _answer_errors(app: Flask, catalogue: Catalogue) -> None:
    """Each error as its protocol has it: problem+json (RFC 9457) for machines, a page for people."""

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
        response = answer(error.code or 500, error.name.lower().replace(" ", "-"), error.description or "")
        for name, value in error.get_headers(request.environ):
            if name in {"Allow", "Retry-After"}:
                response.headers[name] = value
        return response

    @app.errorhandler(Exception)
    def bug(error: Exception) -> Response:
        # The message of a foreign exception may hold what a patient is called: only its place is logged.
        frame = error.__traceback__
        while frame and frame.tb_next:
            frame = frame.tb_next
        place = f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}" if frame else ""
        log.error("request broke", endpoint=request.endpoint, error=type(error).__name__, place=place)
        return answer(500, "internal-error", "an error inside SignGate; its log names the place")

    def answer(status: int, kind: str, detail: str, where: str | None = None) -> Response:
        for_people = request.path.startswith(("/qc", "/console", "/docs")) or request.path == "/"
        if for_people and request.accept_mimetypes.accept_html:
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
