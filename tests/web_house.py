"""The whole web side over a real store, for tests: journeys and rules from config/, no listener."""

from __future__ import annotations

import asyncio
import atexit
import base64
import contextlib
import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from ports import free_port
from werkzeug.test import TestResponse

from plugin.bootstrap.hl7 import build_dispatcher
from plugin.bootstrap.journeys import Journeys, build_journeys
from plugin.bootstrap.surroundings import surroundings
from plugin.bootstrap.web import ArchiveViews, Watch, build_desks
from plugin.console.setup_key import SetupKey
from plugin.domain.analysis import AnalyserState
from plugin.domain.people import Account, Role
from plugin.domain.sampling import SamplingPolicy, SamplingRule
from plugin.hl7.dispatch import Dispatcher
from plugin.hl7.replay import Replayer
from plugin.hl7.session import Peer
from plugin.kit import signature
from plugin.kit.messages import load_catalogue
from plugin.qc_popup.pictures import KeyImages
from plugin.rules.sampling import draws
from plugin.site.gate import load_gate
from plugin.site.settings import load_site
from plugin.store.jobs import SqlJobStore
from plugin.store.settings import DATABASE_FILE, StoreSettings
from plugin.store.store import SqlStore, open_store
from plugin.web.app import create_app
from plugin.web.server import WebServer
from plugin.web.settings import WebSettings
from plugin.workflow.accounts import Accounts
from plugin.workflow.issue_documents import IssueDocuments
from plugin.workflow.passwords import Passwords
from plugin.workflow.ports.document_reading import DocumentReading
from plugin.workflow.ports.unit_of_work import UnitOfWork
from plugin.workflow.sign_in import SignIn

CONFIG = Path(__file__).parents[1] / "config"
BASE = "http://signgate.test"
SECRET = b"a secret of the test RIS, 32 b.."
OLD_SECRET = b"the secret that was before, 32 b"
TOKEN = "a token for the read API"
RIS = "https://ris.example"
PASSWORD = "correct horse battery"
FIRST_PASSWORD = "battery horse correct"

REPORT: dict[str, Any] = {
    "patient": {"patient_id": "P1", "name": "张三", "sex": "M", "age": "72Y"},
    "exam": {
        "modality": "CT",
        "exam_item": "胸部CT平扫",
        "performed_at": "2026-06-01 08:00:00",
        "technique": "螺旋扫描，层厚 5 mm。",
        "technician": "技师甲",
    },
    "report": {
        "department": "呼吸科",
        "clinical_diagnosis": "咳嗽",
        "author": "李四",
        "author_id": "D1",
        "verifier": "王五",
        "verifier_id": "D7",
        "reported_at": "2026-06-01 08:30:00",
        "status": "final",
    },
    "findings": "双肺纹理清晰，左肺上叶见一实性结节，直径约 8 mm，边界清楚。纵隔未见肿大淋巴结。",
    "impression": "左肺上叶结节，建议随访。",
}
WRONG_SIDE = {**REPORT, "impression": "右肺上叶结节，建议随访。"}


def event(number: int = 1, **changes: Any) -> dict[str, Any]:
    """Body of a sign event; `changes` replace its keys."""
    return {
        "event_id": f"click-{number}",
        "action": "verify",
        "accession_number": f"A{number}",
        "signer": {"id": "D7", "name": "王五", "role": "senior"},
        "report": REPORT,
        **changes,
    }


@dataclass
class WebHouse:
    """An app and what stands behind it."""

    app: Flask
    store: SqlStore
    jobs: SqlJobStore
    journeys: Journeys
    accounts: Accounts
    sign_in: SignIn
    setup_key: SetupKey
    clock: Any
    dispatcher: Dispatcher
    base_url: str = BASE
    secret: bytes = SECRET
    calls: int = field(default=0)

    def client(self) -> FlaskClient:
        return self.app.test_client()

    def call(
        self,
        method: str,
        path: str,
        data: Mapping[str, Any] | bytes = b"",
        *,
        call_id: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> TestResponse:
        """A signed call; `headers` replace those that were made for it."""
        body = data if isinstance(data, bytes) else json.dumps(data, ensure_ascii=False).encode()
        self.calls += 1
        sent = signature.headers(
            self.secret,
            call_id or f"call-{self.calls}",
            int(self.clock().timestamp()),
            signature.signed_body(method, path, body),
        )
        kind = {} if method == "GET" else {"content-type": "application/json"}
        return self.client().open(
            path, method=method, data=body, headers={**kind, **sent, **(headers or {})}, base_url=BASE
        )

    def receive(self, *messages: bytes) -> None:
        """As if they had come by MLLP."""

        async def all_of_them() -> None:
            for message in messages:
                await self.dispatcher(message, Peer("127.0.0.1", 1))

        asyncio.run(all_of_them())

    def hold(self, number: int = 1, **changes: Any) -> dict[str, Any]:
        """Sign, and be held; the answer."""
        answer = self.call("POST", "/hooks/report-sign", event(number, **changes))
        assert answer.status_code == 200, answer.text
        assert answer.json["decision"] == "hold", answer.json
        return dict(answer.json)

    def ask_for(self, forms: tuple[str, ...]) -> None:
        """Let a new version of the policy ask for these forms."""

        def work(uow: UnitOfWork) -> None:
            live = uow.policies.live(self.clock())
            _policy(uow, self.clock, 1.0, forms, live.version + 1 if live else 1)

        self.store.write(work)

    def ticket(self, number: int = 1, **changes: Any) -> str:
        """Path of the popup of a held report."""
        return str(self.hold(number, **changes)["popup_url"]).removeprefix(BASE)

    def person(self, login: str, role: Role, **changes: Any) -> Account:
        """An account that may sign in with :data:`PASSWORD`."""
        account = self.accounts.add("test", login, login.title(), role, FIRST_PASSWORD, **changes)
        self.accounts.change_password("test", login, PASSWORD, by_owner=True)
        return account

    def signed_in(self, login: str) -> FlaskClient:
        """A browser with a session of this person."""
        client = self.client()
        door = hidden(client.get("/console/sign-in", base_url=BASE).text, "door")
        answer = client.post(
            "/console/sign-in",
            data={"login": login, "password": PASSWORD, "door": door, "next": ""},
            base_url=BASE,
        )
        assert answer.status_code == 303, answer.text
        return client

    def csrf(self, client: FlaskClient, path: str = "/console/password") -> str:
        return hidden(client.get(path, base_url=BASE).text, "csrf")


def hidden(page: str, name: str) -> str:
    """Value of a hidden field."""
    return page.split(f'name="{name}" value="', 1)[1].split('"', 1)[0]


_clocks: list[Callable[[], datetime]] = []


@contextlib.contextmanager
def _hands_of(clock: Callable[[], datetime]) -> Iterator[None]:
    """The journeys, which all houses share, go by the clock of the house that was built last."""
    _clocks.append(clock)
    try:
        yield
    finally:
        _clocks.pop()


@cache
def _journeys() -> Journeys:
    """Rules, forms and regions take a while to read; no test changes them."""
    site, gate = load_site(CONFIG), load_gate(CONFIG)
    return build_journeys(site, gate, CONFIG, surroundings(site, lambda: _clocks[-1]()))


@cache
def _empty_database() -> Path:
    """A migrated database without a row, copied for each house."""
    folder = Path(tempfile.mkdtemp(prefix="signgate-test-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    open_store(StoreSettings(), folder, lambda: datetime(2026, 6, 1, tzinfo=UTC)).close()
    return folder / DATABASE_FILE


@contextlib.contextmanager
def web_house(
    folder: Path,
    clock: Callable[[], datetime],
    *,
    p: float = 1.0,
    base_url: str = BASE,
    old_secret: bool = True,
    probes: Mapping[str, Callable[[], str | None]] | None = None,
    key_image: KeyImages | None = None,
    documents: DocumentReading | None = None,
    issue: IssueDocuments | None = None,
    analysers: Callable[[], Sequence[AnalyserState]] = tuple,
    on_top: Callable[[str], str] | None = None,
    **settings: Any,
) -> Iterator[WebHouse]:
    """A house whose policy draws with probability `p`; `settings` are those of the web."""
    journeys = _journeys()
    around = surroundings(load_site(CONFIG), clock)
    folder.mkdir(exist_ok=True)
    shutil.copyfile(_empty_database(), folder / DATABASE_FILE)
    with _hands_of(clock), contextlib.closing(open_store(StoreSettings(), folder, clock)) as store:
        store.write(lambda uow: _policy(uow, clock, p))
        jobs = SqlJobStore(store, clock)
        passwords = Passwords(hasher=PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        accounts = Accounts(store=store, around=around, passwords=passwords)
        sign_in = SignIn(store=store, around=around, passwords=passwords)
        setup_key = SetupKey(folder / "first-administrator.key")
        secrets = tuple(
            "whsec_" + base64.b64encode(s).decode()
            for s in ((SECRET, OLD_SECRET) if old_secret else (SECRET,))
        )
        web = WebSettings(
            base_url=base_url,
            callers={"ris": secrets},
            api_tokens={"test": hashlib.sha256(TOKEN.encode()).hexdigest()},
            **{"frame_origins": (RIS,), **settings},
        )
        dispatcher = build_dispatcher(load_site(CONFIG), CONFIG, store, journeys, around)
        desks = build_desks(
            web,
            base_url,
            store=store,
            jobs=jobs,
            journeys=journeys,
            accounts=accounts,
            sign_in=sign_in,
            setup_key=setup_key,
            catalogue=load_catalogue(CONFIG / "messages"),
            around=around,
            on_top=on_top,
            watch=Watch(probes=probes or {}, analysers=analysers),
            views=ArchiveViews(key_image=key_image, documents=documents, issue=issue),
            replay=Replayer(store, dispatcher.interpreter),
        )
        app = create_app(desks, web)
        app.testing = False
        yield WebHouse(
            app=app,
            store=store,
            jobs=jobs,
            journeys=journeys,
            accounts=accounts,
            sign_in=sign_in,
            setup_key=setup_key,
            clock=clock,
            dispatcher=dispatcher,
            base_url=base_url,
        )


@contextlib.contextmanager
def served_house(folder: Path, **how: Any) -> Iterator[WebHouse]:
    """A house that goes by the real time and listens on a free port; `how` is that of :func:`web_house`."""
    port = free_port()
    with web_house(folder, lambda: datetime.now(UTC), base_url=f"http://127.0.0.1:{port}", **how) as built:
        server = WebServer(built.app, WebSettings(port=port))
        server.start()
        try:
            yield built
        finally:
            server.stop()


def _policy(
    uow: UnitOfWork, clock: Callable[[], datetime], p: float, forms: tuple[str, ...] = (), version: int = 1
) -> None:
    key = b"k" * 32
    uow.policies.add(
        SamplingPolicy(
            version=version,
            rules=(SamplingRule(name="all", p=p, forms=forms),),
            key=key,
            key_digest=draws.key_digest(key),
            live_from=clock(),
            author="test",
        )
    )
