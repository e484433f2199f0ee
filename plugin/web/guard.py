"""What browsers are told, so that a page of ours is not misused."""

from __future__ import annotations

from flask import Flask, Response, request

from plugin.web.settings import WebSettings


def guard(app: Flask, settings: WebSettings) -> None:
    """Headers that every answer carries."""
    # Our own desktop page shows the popup as well.
    ancestors = " ".join(("'self'", *settings.frame_origins))

    @app.after_request
    def protect(response: Response) -> Response:
        in_popup = request.path == "/qc" or request.path.startswith("/qc/")
        policy = (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
            "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
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
