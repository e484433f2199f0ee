"""The HTTP server: waitress, with limits that stand two hundred half-open requests."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from waitress.channel import HTTPChannel
from waitress.server import create_server
from waitress.wasyncore import dispatcher

from plugin.web.refusals import Channel
from plugin.web.settings import WebSettings


class WebServer:
    """waitress around the app: bound when made, serving after :meth:`start`.

    Its own defaults hang under 200 half-open requests; see :class:`plugin.web.settings.WebSettings`.
    """

    def __init__(self, app: Callable[..., Any], settings: WebSettings) -> None:
        self._server = create_server(
            app,
            host=settings.host,
            port=settings.port,
            threads=settings.threads,
            connection_limit=settings.connection_limit,
            channel_timeout=settings.channel_timeout_s,
            max_request_body_size=settings.max_body_kb * 1024 + 1,  # it refuses from here on
            max_request_header_size=32 * 1024,
            ident=None,
            clear_untrusted_proxy_headers=False,
        )
        self._server.channel_class = Channel
        self._thread = threading.Thread(target=self._server.run, name="web", daemon=True)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port that are bound."""
        return str(self._server.effective_host), int(self._server.effective_port)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        """Take no new connection, finish the requests at work, answer them, hang up.

        Sockets are closed by the thread that polls them, and the pipe that wakes it only when
        nobody is left to write into it: closed under them, its number may be another file's.
        """
        if not self._thread.is_alive():
            self._server.task_dispatcher.shutdown(timeout=0)
            self._server.close()
            return
        trigger, workers = self._server.trigger, self._server.task_dispatcher
        trigger.pull_trigger(lambda: dispatcher.close(self._server))
        workers.shutdown(timeout=timeout_s)
        trigger.pull_trigger(self._hang_up)
        self._thread.join(timeout=2)
        if not self._thread.is_alive() and not workers.threads:
            trigger.close()

    def _hang_up(self) -> None:
        """Close each connection when its answer is sent; the loop ends with the last of them."""
        for each in self._server._map.values():
            if isinstance(each, HTTPChannel):
                each.close_when_flushed = True
        self._server.trigger.del_channel()
