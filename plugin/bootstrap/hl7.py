"""Joins what listens for HL7."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path

import structlog

from plugin.bootstrap.journeys import Journeys
from plugin.domain.errors import StoreUnavailable
from plugin.domain.turned_away import TurnedAway
from plugin.hl7.dispatch import Dispatcher
from plugin.hl7.doorkeeper import Doorkeeper
from plugin.hl7.meaning import Journeys as Hl7Journeys
from plugin.hl7.mllp import Limits
from plugin.hl7.profile import load_profiles
from plugin.hl7.server import Endpoint, MllpServer
from plugin.hl7.session import SessionPolicy
from plugin.hl7.tls import server_context
from plugin.site.hl7 import Hl7Settings
from plugin.site.settings import Site
from plugin.store.store import SqlStore
from plugin.workflow.ports.surroundings import Clock, Surroundings

log = structlog.get_logger(__name__)


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
            inspecting=journeys.receive_report,
            gateway=journeys.pass_on,
            attachments=journeys.attachments,
            foresee_order=journeys.priors.foresee_order,
            foresee_report=journeys.receive_report.foresee,
        ),
        around=around,
        unknown_senders=site.hl7.unknown_senders,
    )


def build_listener(
    settings: Hl7Settings, dispatcher: Dispatcher, store: SqlStore, clock: Clock
) -> MllpServer:
    """What takes messages from the wire, not listening yet."""
    return MllpServer(
        list(_endpoints(settings)),
        dispatcher,
        policy=_session_policy(settings),
        on_violation=dispatcher.violation,
        doorkeeper=Doorkeeper(partial(_remember, store), clock),
    )


def _remember(store: SqlStore, told: Sequence[TurnedAway]) -> None:
    """Keep who was not let in, for the page of messages; nobody waits for it."""

    def say(kept: Future[None]) -> None:
        if error := kept.exception():
            log.warning("hl7.refused_unkept", peers=len(told), error=type(error).__name__)

    store.submit(lambda uow: uow.turned_away.add(told)).add_done_callback(say)


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
