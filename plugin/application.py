"""A running SignGate: what listens and works, started and stopped in the right order."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from plugin.bootstrap.alerts import build_watch
from plugin.bootstrap.analysers import panel_of
from plugin.bootstrap.atna import start_audit_follower
from plugin.bootstrap.clock import build_clock_watch
from plugin.bootstrap.desktops import build_desktops
from plugin.bootstrap.dicom import build_dimse_server, build_embedded_pacs
from plugin.bootstrap.documents import build_carriers, build_viewer, pseudonym_key
from plugin.bootstrap.gate import first_policy
from plugin.bootstrap.handlers import build_handlers
from plugin.bootstrap.hl7 import build_dispatcher, build_listener
from plugin.bootstrap.images import build_forwarding, build_looking
from plugin.bootstrap.journeys import Journeys, build_journeys
from plugin.bootstrap.notices import build_tools
from plugin.bootstrap.outbound import build_outbound
from plugin.bootstrap.parts import Parts
from plugin.bootstrap.people import build_people
from plugin.bootstrap.probes import build_probes, unwritten
from plugin.bootstrap.surroundings import RandomMinter, jitter, surroundings, utc_now
from plugin.bootstrap.web import ArchiveViews, Watch, build_desks
from plugin.console.setup_key import FILE, SetupKey
from plugin.delivery.view_images import ViewImages
from plugin.delivery.watch_alerts import WatchAlerts
from plugin.delivery.watch_feeds import WatchFeeds
from plugin.delivery.worker import Worker
from plugin.domain.errors import ConfigError, GateConflict, StoreUnavailable
from plugin.hl7.replay import Replayer
from plugin.kit.messages import load_catalogue
from plugin.pacs.scu import Scu
from plugin.site.callers import caller_secrets
from plugin.site.gate import GateSettings
from plugin.site.settings import Site
from plugin.store.feeds import SqlFeeds
from plugin.store.jobs import SqlJobStore
from plugin.store.store import SqlStore, open_store
from plugin.web.app import create_app
from plugin.web.server import WebServer
from plugin.workflow.ports.surroundings import Clock, Surroundings

Role = Literal["hl7", "web", "dimse", "delivery"]
"""What a process does: one door, or the deliveries."""


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
    only
        The one role that this process has beside others on the same database; ``None``: all of them.

    Raises
    ------
    ConfigError
        When a role is asked for on SQLite, which belongs to one process.
    """

    def __init__(
        self,
        site: Site,
        gate: GateSettings,
        config_dir: Path,
        data_dir: Path,
        clock: Clock = utc_now,
        only: Role | None = None,
    ) -> None:
        if only and not site.store.url:
            raise ConfigError(
                str(config_dir / "site.toml"),
                "store.url",
                f"--only {only} needs PostgreSQL; on SQLite one process does it all",
            )
        self._only = only
        self.site, self.gate, self.config_dir, self.data_dir = site, gate, config_dir, data_dir
        self.around: Surroundings = surroundings(site, clock)
        self.journeys: Journeys = build_journeys(site, gate, config_dir, self.around)
        self._catalogue = load_catalogue(config_dir / "messages")
        self._stack = contextlib.ExitStack()
        self._audit_faults: Callable[[], tuple[str, ...]] = tuple
        self._counters: list[Callable[[], str]] = [self.journeys.inspectors.metrics]
        self.hl7_addresses: dict[str, tuple[str, int]] = {}
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
        store = self._stack.enter_context(open_store(self.site.store, self.data_dir, self.around.clock))
        self.store = store
        with contextlib.suppress(GateConflict):
            # Another node that was started with this one has just taken the policy over.
            store.write(first_policy(self.gate, self.around.clock()))
        store.write(self.journeys.review_labels.schedule)
        if self.site.embedded_pacs.enabled and self._has("dimse"):
            self._start_embedded_pacs()
        parts = self._open_parts(store)
        if not self.site.store.url:
            # One process has the folder for itself: what was at work when it died need not wait for its lease.
            parts.jobs.resume()
            clock = build_clock_watch(store, self.around.clock)
            self._stack.callback(clock.stop)
            clock.start()
        handlers = build_handlers(self.site, self.config_dir, self.journeys, parts, self.around)
        worker = Worker(parts.jobs, handlers, self.around.clock, jitter, self.site.delivery)
        self._stack.callback(worker.stop)
        if self._has("web") or self._has("hl7"):
            self._stack.callback(self.journeys.inspectors.close)
            self.journeys.inspectors.start(store.waiting, store.read_together)
        if self._has("delivery"):
            store.ring(worker.wake)
            worker.start()
            self._audit_faults = start_audit_follower(
                self.site, store, self.data_dir, self.around.clock, self._stack
            )
        store.write(self.journeys.house.schedule)
        store.write(self.journeys.reminders.schedule)
        if self._has("dimse"):
            self._start_dimse(parts.pacs[self.site.archive])
        self._dispatcher = build_dispatcher(self.site, self.config_dir, store, self.journeys, self.around)
        watch = build_watch(self.config_dir, parts.tools, parts.jobs, self.journeys.alerting, self.around)
        if self._has("web"):
            desktops = build_desktops(self.site, self.config_dir, parts.tools, self.around)
            if desktops is not None:
                self._stack.callback(desktops.close)
            self._start_web(parts, worker, watch, desktops.top if desktops else None)
        if self._has("hl7"):
            self._start_hl7()

    def _open_parts(self, store: SqlStore) -> Parts:
        site = self.site
        pacs = {name: Scu(node, self._on_commitment) for name, node in site.pacs.items()}
        for scu in pacs.values():
            self._stack.callback(scu.close)
        outbound = build_outbound(site, store, self.around)
        self._stack.callback(outbound.close)
        return Parts(
            store=store,
            jobs=SqlJobStore(store, self.around.clock),
            secrets={name: caller_secrets(each, self.data_dir) for name, each in site.callers.items()},
            pacs=pacs,
            carriers=build_carriers(site, pacs),
            outbound=outbound,
            tools=build_tools(
                site,
                self._catalogue,
                self.data_dir,
                self._base_url(),
                self.around,
                store,
                outbound,
                lambda form_id: self.journeys.forms.get(form_id).title,
            ),
            panel=panel_of(self.journeys.declared_analysers, self.data_dir, self.around),
            pseudonym_key=pseudonym_key(self.data_dir),
        )

    def _has(self, role: Role) -> bool:
        return self._only in (None, role)

    def stop(self) -> None:
        """Finish what was accepted, then close."""
        self._stack.close()

    def _base_url(self) -> str:
        web = self.site.web
        return web.base_url or f"http://{web.host}:{web.port}"

    def ready_line(self) -> str:
        """What ``signgate serve`` prints when all listen that shall: ``ready`` and the addresses of each door."""
        dimse = self.site.dimse
        doors: dict[Role, str] = {
            "hl7": " ".join(f"{name}={host}:{port}" for name, (host, port) in self.hl7_addresses.items()),
            "web": f"web={self.web_url}",
            "dimse": f"dimse={dimse.ae_title}@{dimse.host}:{self.dimse_port}",
        }
        shown = [address for role, address in doors.items() if self._has(role)]
        return " ".join(["ready", *(shown or ["delivery"])])

    def _start_embedded_pacs(self) -> None:
        archive = build_embedded_pacs(self.site, self.data_dir)
        self._stack.callback(archive.stop)
        archive.start()
        self.embedded_pacs = archive

    def _start_dimse(self, archive: Scu) -> None:
        look = build_looking(self.store, self.journeys)
        self._stack.callback(look.stop)
        forward = build_forwarding(self.site, self.store, self.journeys, archive, look)
        server = build_dimse_server(self.site, self.store, self.journeys, forward, self._on_commitment)
        self._stack.callback(server.stop)
        server.start()
        self.dimse_port = server.port

    def _on_commitment(self, transaction_uid: str, kept: Any, failed: Any) -> None:
        self.store.write(lambda uow: self.journeys.commitment(uow, transaction_uid, kept, failed))

    def _start_web(
        self, parts: Parts, worker: Worker, watch: WatchAlerts, on_top: Callable[[str], str] | None
    ) -> None:
        settings = self.site.web.model_copy(update={"callers": {**self.site.web.callers, **parts.secrets}})
        viewer, panel = build_viewer(self.site, self.store, parts.carriers, self.journeys.forms), parts.panel
        self.accounts, sign_in = build_people(self.site.hospital, self.store, self.around)
        base_url = self._base_url()
        feeds = WatchFeeds(
            reading=SqlFeeds(self.store, self.around.clock),
            settings=self.site.feeds,
            clock=self.around.clock,
            started_at=self.around.clock(),
        )
        images = ViewImages(read=self.store.read, archive=parts.pacs[self.site.archive])
        desks = build_desks(
            settings,
            base_url,
            store=self.store,
            jobs=parts.jobs,
            journeys=self.journeys,
            accounts=self.accounts,
            sign_in=sign_in,
            setup_key=self.setup_key,
            catalogue=self._catalogue,
            around=self.around,
            watch=Watch(
                probes=build_probes(self.store, worker if self._has("delivery") else None, parts.pacs)
                | {"alerts": watch.probe},
                faults=watch.faults,
                running=lambda: (*feeds.faults(), *self._audit_faults(), *unwritten(self.store)),
                more_metrics=lambda: "".join(
                    part() for part in (feeds.metrics, panel.metrics, *self._counters)
                ),
                analysers=panel.states if self._has("delivery") else panel.states_elsewhere,
            ),
            views=ArchiveViews(
                documents=viewer,
                sr_page=viewer.page_of_sheet,
                issue=self.journeys.documents if self.site.images.rejection else None,
                label_image=images.labelled,
                key_image=images.thumbnail,
            ),
            language=self.site.language,
            issuers=self.site.recognition.issuers,
            on_top=on_top,
            replay=Replayer(self.store, self._dispatcher.interpreter),
        )
        server = WebServer(create_app(desks, settings), settings)
        self._stack.callback(server.stop)
        self._stack.callback(desks.console.streams.end)
        server.start()
        self.web_url = base_url
        if self.store.read(lambda uow: uow.people.count()) == 0:
            self.setup_key.ensure(RandomMinter().secret)

    def _start_hl7(self) -> None:
        server = build_listener(self.site.hl7, self._dispatcher, self.store, self.around.clock)
        self._counters += [server.metrics, self._dispatcher.metrics]
        self._stack.callback(server.stop)
        try:
            addresses = server.start()
        except OSError as error:
            raise StoreUnavailable(f"site.toml: hl7: cannot listen: {error.strerror or error}") from error
        # Who looks for hl7= finds it where TLS alone is spoken, too.
        self.hl7_addresses = {"hl7": addresses[0]}
        self.hl7_addresses |= zip((each.name for each in server.endpoints), addresses, strict=True)
