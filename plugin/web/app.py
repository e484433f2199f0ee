"""The app, from the desks that stand behind its pages; nothing happens at import."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Blueprint, Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from plugin.console.desk import ConsoleDesk
from plugin.console.views import blueprint as console
from plugin.hooks.alerts import AlertHooks
from plugin.hooks.api import ApiDesk
from plugin.hooks.api import blueprint as api
from plugin.hooks.cds import CdsDesk
from plugin.hooks.cds import blueprint as cds
from plugin.hooks.feedback import FeedbackDesk
from plugin.hooks.feedback import blueprint as feedback
from plugin.hooks.recognition import OrderDesk
from plugin.hooks.recognition import blueprint as recognition
from plugin.hooks.service import ServiceDesk
from plugin.hooks.service import blueprint as service
from plugin.hooks.views import HookDesk
from plugin.hooks.views import blueprint as hooks
from plugin.qc_popup.desk import PopupDesk
from plugin.qc_popup.views import blueprint as popup
from plugin.web.answers import answer_errors
from plugin.web.guard import guard
from plugin.web.measure import measure
from plugin.web.settings import WebSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Desks:
    """Who serves which pages; each door declares what its own desk needs."""

    signing: HookDesk
    alerts: AlertHooks
    cards: CdsDesk
    orders: OrderDesk
    feedback: FeedbackDesk
    popup: PopupDesk
    api: ApiDesk
    service: ServiceDesk
    console: ConsoleDesk

    def blueprints(self) -> Iterator[Blueprint]:
        """The routes of each."""
        yield hooks(self.signing, self.alerts)
        yield cds(self.cards)
        yield recognition(self.orders)
        yield feedback(self.feedback)
        yield popup(self.popup)
        yield api(self.api)
        yield service(self.service)
        yield console(self.console)


def create_app(desks: Desks, settings: WebSettings) -> Flask:
    """Build the app; it listens nowhere yet."""
    app = Flask("plugin.web", static_folder=None, template_folder="templates")
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
    for blueprint in desks.blueprints():
        app.register_blueprint(blueprint)
    measure(app, desks.service.metrics)
    guard(app, settings)
    answer_errors(app, desks.console.catalogue)
    return app
