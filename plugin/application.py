"""A running SignGate: what listens and works, started and stopped in the right order."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from plugin.bootstrap.alerts import build_watch
from plugin.bootstrap.documents import build_carriers, build_document_handlers, build_viewer, pseudonym_key
from plugin.bootstrap.gate import first_policy
from plugin.bootstrap.handlers import build_handlers
from plugin.bootstrap.images import build_forwarding
from plugin.bootstrap.journeys import Journeys, build_journeys
from plugin.bootstrap.notices import build_tools
from plugin.bootstrap.outbound import build_outbound
from plugin.bootstrap.surroundings import RandomMinter, jitter, surroundings, utc_now
from plugin.console.setup_key import FILE, SetupKey
from plugin.delivery.view_documents import ViewDocuments
from plugin.delivery.view_images import ViewImages
from plugin.delivery.watch_alerts import WatchAlerts
from plugin.delivery.watch_feeds import WatchFeeds
from plugin.delivery.worker import Worker
from plugin.dimse.server import AnnouncedStudy, DimseServer, ReceivedObject
from plugin.domain.errors import PluginError, StoreUnavailable
from plugin.domain.exchange import case_from_json, critical_to_json, issue_to_json
from plugin.embedded_pacs.service import EmbeddedPacs
from plugin.hl7.dispatch import Dispatcher
from plugin.hl7.meaning import Journeys as Hl7Journeys
from plugin.hl7.mllp import Limits
from plugin.hl7.profile import load_profiles
from plugin.hl7.server import Endpoint, MllpServer
from plugin.hl7.session import SessionPolicy
from plugin.hl7.tls import server_context
from plugin.hl7.tree import tree
from plugin.kit.messages import load_catalogue
from plugin.pacs.scu import Scu
from plugin.site.callers import caller_secrets
from plugin.site.gate import GateSettings
from plugin.site.hl7 import Hl7Settings
from plugin.site.settings import Site
from plugin.store.feeds import SqlFeeds
from plugin.store.jobs import SqliteJobStore
from plugin.store.reading import SqlReading
from plugin.store.store import SqlStore, open_store
from plugin.web_server import WebServer
from plugin.webapp import WebParts, create_app
from plugin.workflow.accounts import Accounts
from plugin.workflow.ports.surroundings import Clock, Surroundings

log = structlog.get_logger()


class Application:
    """SignGate for one site.

    Parameters
    ----------
    site, gate
        Settings that were read and checked.
    config_dir
        Where rules, forms, regions, profiles and messages are.
    data_dir
        Database, embedded archive, secrets; made when absent, readable by its owner alone.
    """

    def __init__(
        self, site: Site, gate: GateSettings, config_dir: Path, data_dir: Path, clock: Clock = utc_now
    ) -> None:
        self.site, self.gate, self.config_dir, self.data_dir = site, gate, config_dir, data_dir
        self.around: Surroundings = surroundings(site, clock)
        self.journeys: Journeys = build_journeys(site, gate, config_dir, self.around)
        self._catalogue = load_catalogue(config_dir / "messages")
        self._stack = contextlib.ExitStack()
        self.hl7_address: tuple[str, int] = ("", 0)
        self.web_url = ""
        self.dimse_port = 0
        self.setup_key = SetupKey(data_dir / FILE)

    def start(self) -> None:
        """Open the store and listen; on an error everything that was opened is closed again.

        Raises
        ------
        ConfigError, StoreUnavailable
            Saying what, where, and what to do.
        """
        self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        # Closed in the reverse order: doors first, then what they hand on to, the store last.
        store = self._stack.enter_context(
            contextlib.closing(open_store(self.site.store, self.data_dir, self.around.clock))
        )
        self.store = store
        store.write(first_policy(self.gate, self.around.clock()))
        store.write(self.journeys.review_labels.schedule)
        secrets = {name: caller_secrets(each, self.data_dir) for name, each in self.site.callers.items()}
        if self.site.embedded_pacs.enabled:
            self._start_embedded_pacs()
        pacs = {name: Scu(node, self._on_commitment) for name, node in self.site.pacs.items()}
        for scu in pacs.values():
            self._stack.callback(scu.close)
        jobs = SqliteJobStore(store, self.around.clock)
        if not self.site.store.url:
            # One process has the folder for itself: what was at work when it died need not wait for its lease.
            jobs.resume()
        outbound = build_outbound(self.site, store, self.around)
        self._stack.callback(outbound.close)
        tools = build_tools(
            self.site, self._catalogue, self.data_dir, self._base_url(), self.around, store, outbound
        )
        carriers = build_carriers(self.site, pacs)
        documents = build_document_handlers(
            self.site,
            store,
            carriers,
            self.journeys.forms.get,
            pseudonym_key(self.data_dir),
            self.around,
        )
        handlers = build_handlers(
            self.site,
            self.config_dir,
            store,
            self.journeys,
            pacs,
            secrets,
            tools,
            outbound,
            documents,
            self.around,
        )
        worker = Worker(jobs, handlers, self.around.clock, jitter, self.site.delivery)
        self._stack.callback(worker.stop)
        worker.start()
        store.write(self.journeys.house.schedule)
        self._start_dimse(pacs[self.site.archive])
        self._dispatcher = build_dispatcher(self.site, self.config_dir, store, self.journeys, self.around)
        watch = build_watch(self.config_dir, tools, jobs, self.journeys.alerting, self.around)
        self._start_web(jobs, worker, pacs, secrets, watch, build_viewer(self.site, store, carriers))
        self._start_hl7()

    def stop(self) -> None:
        """Finish what was accepted, then close."""
        self._stack.close()

    def _base_url(self) -> str:
        web = self.site.web
        return web.base_url or f"http://{web.host}:{web.port}"

    def ready_line(self) -> str:
        """What ``signgate serve`` prints when all listen."""
        host, port = self.hl7_address
        dimse = self.site.dimse
        return f"ready hl7={host}:{port} web={self.web_url} dimse={dimse.ae_title}@{dimse.host}:{self.dimse_port}"

    def _start_embedded_pacs(self) -> None:
        settings, dimse = self.site.embedded_pacs, self.site.dimse
        archive = EmbeddedPacs(
            self.data_dir / "archive",
            settings.ae_title,
            settings.port,
            {dimse.ae_title: (dimse.host, dimse.port)},
        )
        self._stack.callback(archive.stop)
        archive.start()
        self.embedded_pacs = archive

    def _start_dimse(self, archive: Scu) -> None:
        forward = build_forwarding(self.site, self.store, self.journeys, archive)

        def received(item: ReceivedObject) -> None:
            forward(item.part10)

        def announced(study: AnnouncedStudy) -> None:
            self.store.write(
                lambda uow: self.journeys.availability(uow, study.study_instance_uid, study.instances)
            )

        server = DimseServer(
            self.site.dimse,
            self._on_commitment,
            received if self.site.labels.at_ingest else None,
            announced,
        )
        self._stack.callback(server.stop)
        server.start()
        self.dimse_port = server.port

    def _on_commitment(self, transaction_uid: str, kept: Any, failed: Any) -> None:
        self.store.write(lambda uow: self.journeys.commitment(uow, transaction_uid, kept, failed))

    def _start_web(
        self,
        jobs: SqliteJobStore,
        worker: Worker,
        pacs: Mapping[str, Scu],
        secrets: Mapping[str, tuple[str, ...]],
        watch: WatchAlerts,
        viewer: ViewDocuments,
    ) -> None:
        settings = self.site.web.model_copy(update={"callers": {**self.site.web.callers, **secrets}})
        self.accounts = Accounts(store=self.store, around=self.around)
        base_url = self._base_url()
        feeds = WatchFeeds(
            reading=SqlFeeds(self.store, self.around.clock),
            settings=self.site.feeds,
            clock=self.around.clock,
            started_at=self.around.clock(),
        )
        images = ViewImages(read=self.store.read, archive=pacs[self.site.archive])
        parts = WebParts(
            settings=settings,
            base_url=base_url,
            store=self.store,
            jobs=jobs,
            reading=SqlReading(self.store, jobs),
            decide_sign=self.journeys.decide_sign,
            submit_score=self.journeys.submit_score,
            alerts=self.journeys.alerts,
            modes=self.journeys.modes,
            by_hand=self.journeys.alerting.by_hand,
            watch=lambda: (*watch.faults(), *feeds.faults()),
            more_metrics=feeds.metrics,
            language=self.site.language,
            priors=self.journeys.priors,
            recognition=self.journeys.recognition,
            issuers=self.site.recognition.issuers,
            accounts=self.accounts,
            setup_key=self.setup_key,
            catalogue=self._catalogue,
            clock=self.around.clock,
            check=self._check,
            probes=self._probes(worker, pacs) | {"alerts": watch.probe},
            replay=lambda number: self._dispatcher.replay(number).value,
            message_tree=tree,
            sr_page=viewer.page_of_sheet,
            documents=viewer,
            issue=self.journeys.documents if self.site.images.rejection else None,
            put_off=self.journeys.put_off,
            judge=self.journeys.judge,
            key_image=images.thumbnail,
            label_image=images.labelled,
        )
        server = WebServer(create_app(parts), settings)
        self._stack.callback(server.stop)
        server.start()
        self.web_url = base_url
        if self.store.read(lambda uow: uow.people.count()) == 0:
            self.setup_key.ensure(RandomMinter().secret)

    def _probes(self, worker: Worker, pacs: Mapping[str, Scu]) -> dict[str, Callable[[], str | None]]:
        """What /readyz asks."""

        def database() -> None:
            self.store.read(lambda uow: uow.people.count())

        probes: dict[str, Callable[[], str | None]] = {
            "database": partial(_probe, database),
            "delivery": lambda: None if worker.alive() else "a delivery thread has ended",
        }
        return probes | {f"pacs {name}": partial(_probe, scu.echo) for name, scu in pacs.items()}

    def _check(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        case = case_from_json(data)
        inspection = self.journeys.rulebook.inspect(case)
        return {
            "id": data.get("id"),
            "issues": [issue_to_json(issue) for issue in inspection.issues],
            "critical": [critical_to_json(finding) for finding in inspection.critical],
            "suggested_scores": inspection.suggested_scores or {},
        }

    def _start_hl7(self) -> None:
        dispatcher = self._dispatcher
        server = MllpServer(
            list(_endpoints(self.site.hl7)),
            dispatcher,
            policy=_session_policy(self.site.hl7),
            on_violation=dispatcher.violation,
        )
        self._stack.callback(server.stop)
        self.hl7_address = server.start()[0]


def build_dispatcher(
    site: Site, config_dir: Path, store: SqlStore, journeys: Journeys, around: Surroundings
) -> Dispatcher:
    """What handles an HL7 message, from the wire or from the archive."""
    return Dispatcher(
        store=store,
        profiles=load_profiles(config_dir / "hl7"),
        journeys=Hl7Journeys(
            order=journeys.priors.receive_order,
            report=journeys.receive_report,
            gateway=journeys.pass_on,
        ),
        around=around,
        unknown_senders=site.hl7.unknown_senders,
    )


def _endpoints(settings: Hl7Settings) -> Iterator[Endpoint]:
    if settings.plain or settings.tls is None:
        yield Endpoint(host=settings.host, port=settings.port)
    if settings.tls is not None:
        tls = settings.tls
        try:
            context = server_context(tls.certificate, tls.key, tls.client_authority)
        except OSError as error:
            raise StoreUnavailable(f"site.toml: hl7.tls: certificates cannot be used: {error}") from error
        yield Endpoint(host=settings.host, port=tls.port, name="hl7-tls", tls=context)


def _session_policy(settings: Hl7Settings) -> SessionPolicy:
    return SessionPolicy(
        limits=Limits(frame_bytes=settings.max_message_bytes, tolerant=settings.tolerant),
        connections=settings.connections,
        connections_per_host=settings.connections_per_host,
        idle_s=settings.idle_s,
        frame_s=settings.frame_s,
        allowed=settings.allowed,
        certificates=settings.certificates,
    )


def _probe(act: Callable[[], object]) -> str | None:
    try:
        act()
    except PluginError as error:
        return str(error)
    return None
