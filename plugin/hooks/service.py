"""For machines that watch us: health, readiness, metrics, and the description of the API."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    json,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from werkzeug.wrappers import Response as BaseResponse

from plugin.delivery.jobs import JobStore
from plugin.domain.errors import NotAuthentic, StoreUnavailable

SCHEMAS = ("analysis_request", "analysis_answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceDesk:
    """What the watchers need; `open_pages` when only this machine can reach us (decisions 33).

    `more_metrics` is text in Prometheus' format that is put together when it is asked for.
    """

    probes: Mapping[str, Callable[[], str | None]]
    metrics: CollectorRegistry
    jobs: JobStore
    tokens: Mapping[str, str]
    open_pages: bool
    more_metrics: Callable[[], str] | None = None


def blueprint(desk: ServiceDesk) -> Blueprint:
    """``/healthz``, ``/readyz``, ``/metrics``, ``/openapi.json``, ``/schemas/…``, ``/docs``."""
    service = Blueprint("service", __name__)

    @service.get("/")
    def home() -> BaseResponse:
        return redirect(url_for("console.home"))

    @service.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="ok")

    @service.get("/readyz")
    def readyz() -> tuple[Response, int]:
        wrong = {name: text for name, probe in desk.probes.items() if (text := _tried(probe)) is not None}
        # What is wrong may name hosts and paths; beyond this machine only that it is wrong is told.
        checks = {
            name: (wrong[name] if desk.open_pages else "failed") if name in wrong else "ok"
            for name in desk.probes
        }
        return jsonify(status="failed" if wrong else "ok", checks=checks), 503 if wrong else 200

    @service.get("/metrics")
    def metrics() -> Response:
        _only_watchers(desk)
        lines = [generate_latest(desk.metrics).decode()]
        try:
            counts = desk.jobs.counts()
        except StoreUnavailable:
            lines.append("# the job counts cannot be read: the store is unavailable\n")
        else:
            lines.append("# HELP signgate_jobs Jobs in the outbox\n# TYPE signgate_jobs gauge\n")
            lines.extend(
                f'signgate_jobs{{state="{state}"}} {getattr(counts, state)}\n'
                for state in ("pending", "running", "parked")
            )
        if desk.more_metrics:
            lines.append(desk.more_metrics())
        return Response("".join(lines), content_type=CONTENT_TYPE_LATEST)

    @service.get("/openapi.json")
    def openapi() -> Response:
        _only_watchers(desk)
        return Response(_description(), content_type="application/json; charset=utf-8")

    @service.get("/schemas/<name>.json")
    def schema(name: str) -> Response:
        """What outside analysers are asked, and what they answer (JSON Schema)."""
        _only_watchers(desk)
        if name not in SCHEMAS:
            abort(404, f"there are {' and '.join(SCHEMAS)}")
        with current_app.open_resource(f"templates/{name}.schema.json", "r", encoding="utf-8") as file:
            return Response(file.read(), content_type="application/schema+json; charset=utf-8")

    @service.get("/docs")
    def docs() -> str:
        _only_watchers(desk)
        return render_template("api_docs.html", api=json.loads(_description()))

    return service


def bearer_name(tokens: Mapping[str, str]) -> str:
    """Name of the token that the current request bears.

    Raises
    ------
    NotAuthentic
        None, or one that is not configured.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    offered = hashlib.sha256(token.strip().encode("utf-8", "replace")).hexdigest()
    found = [name for name, digest in tokens.items() if hmac.compare_digest(offered, digest)]
    if scheme.lower() != "bearer" or not token.strip() or not found:
        raise NotAuthentic("a bearer token of [web.api_tokens] is needed: Authorization: Bearer …")
    return found[0]


def _only_watchers(desk: ServiceDesk) -> None:
    if not desk.open_pages:
        bearer_name(desk.tokens)


def _tried(probe: Callable[[], str | None]) -> str | None:
    try:
        return probe()
    except Exception as error:  # a probe that breaks is a probe that failed
        return type(error).__name__


def _description() -> str:
    with current_app.open_resource("templates/openapi.json", "r", encoding="utf-8") as file:
        return str(file.read())
