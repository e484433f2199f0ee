"""How many requests, and how long they took."""

from __future__ import annotations

import time

import structlog
from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram

log = structlog.get_logger()


def measure(app: Flask, metrics: CollectorRegistry) -> None:
    """Count and time each request by its endpoint: a path may hold a ticket or a number of a patient."""
    requests = Counter(
        "signgate_http_requests", "Requests", ["endpoint", "method", "status"], registry=metrics
    )
    seconds = Histogram("signgate_http_seconds", "Time to answer", ["endpoint"], registry=metrics)

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
