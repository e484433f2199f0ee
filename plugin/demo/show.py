"""``signgate demo`` for people: the stage, the simulated RIS in the browser, and a ward that asks for alerts."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from contextlib import ExitStack

import requests

from plugin.demo.caller import CallRefused, HookCaller, MllpLine, ReadApi
from plugin.demo.desk import Desk
from plugin.demo.gallery import Gallery
from plugin.demo.ris import RisParts, create_app
from plugin.demo.stage import HOST, INSTITUTION, Stage, local_now
from plugin.domain.errors import DeliveryFailed
from plugin.web.server import WebServer
from plugin.web.settings import WebSettings

WARD_ASKS_EVERY_S = 1.5


def run(stage: Stage, stop: threading.Event, say: Callable[[str], None]) -> None:
    """Run until `stop` is set.

    Orders go out first, so that the work list stands; images follow in the background, for
    a modality takes its time as well.
    """
    with ExitStack() as stack:
        stack.callback(stage.stop)
        say(stage.start())
        hooks = HookCaller(stage.web_url, stage.secret)
        line = stack.enter_context(MllpLine(HOST, stage.ports.hl7))
        desk = Desk(stage.cases, stage.scene.seed, line, hooks, local_now, lambda: uuid.uuid4().hex)
        for accession_number in desk.exams:
            desk.send_order(accession_number)
        threads = [
            threading.Thread(target=_send_images, args=(stage, stop, say), name="modality"),
            threading.Thread(target=_ask_for_alerts, args=(stage, desk, stop), name="ward"),
        ]
        _serve_ris(stage, desk, hooks, stack)
        for thread in threads:
            thread.start()
            stack.callback(thread.join)
        stack.callback(stop.set)
        say(f"\n  模拟RIS Simulated RIS   {stage.ris_url}")
        say(f"  质控台 Console          {stage.web_url}/console/")
        if stage.visitors:
            logins = " ".join(stage.visitors.logins)
            say(f"    登录名 logins: {logins}    密码 password: {stage.visitors.password}")
        say("  影像正在入库，可先写报告 images are being stored meanwhile; Ctrl+C 停止 stops\n")
        stop.wait()


def _serve_ris(stage: Stage, desk: Desk, hooks: HookCaller, stack: ExitStack) -> None:
    parts = RisParts(
        desk=desk,
        gallery=Gallery(stage.pacs("DEMO_VIEWER")),
        verifier=hooks,
        signgate_url=stage.web_url,
        institution=INSTITUTION,
    )
    # SignGate's own server, because it stops while a browser is still looking.
    server = WebServer(create_app(parts), WebSettings(host=HOST, port=stage.ports.ris, threads=8))
    server.start()
    stack.callback(server.stop)


def _send_images(stage: Stage, stop: threading.Event, say: Callable[[str], None]) -> None:
    total = studies = 0
    try:
        for _, count in stage.series_of(stage.cases):
            total, studies = total + count, studies + 1
            if stop.is_set():
                return
    except DeliveryFailed as error:
        if not stop.is_set():
            say(f"影像未能全部入库 not all images could be stored: {error}")
        return
    say(f"  影像已入库 {total} images of {studies} examinations are in the PACS")


def _ask_for_alerts(stage: Stage, desk: Desk, stop: threading.Event) -> None:
    api = ReadApi(stage.web_url, stage.scene.ward_token)
    while not stop.wait(WARD_ASKS_EVERY_S):
        try:
            desk.hear(api.get("/alerts")["rows"])
        except (requests.RequestException, CallRefused):
            # SignGate is stopping or busy; the ward asks again in a moment.
            continue
