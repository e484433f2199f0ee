"""Joins what the notice channels need."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from plugin.domain.notice import Notice
from plugin.hl7.channel import Hl7Channel
from plugin.hl7.outbound import Outbound
from plugin.hl7.sent import keep
from plugin.kit.messages import Catalogue
from plugin.notify.channels import load_channels
from plugin.notify.messages import MessageWriter
from plugin.notify.person_words import PersonWriter
from plugin.notify.tools import HandOver, Tools
from plugin.site.private_files import kept_secrets
from plugin.site.settings import Site
from plugin.store.store import SqlStore
from plugin.workflow.ports.surroundings import Surroundings


def build_tools(
    site: Site,
    catalogue: Catalogue,
    data_dir: Path,
    base_url: str,
    around: Surroundings,
    store: SqlStore,
    outbound: Outbound,
    form_title: Callable[[str], str],
) -> Tools:
    """What the notice channels need."""

    def sent(name: str, message: bytes, ack: bytes, accession_number: str) -> None:
        store.write(
            lambda uow: keep(uow, name, message, ack, around.clock(), accession_number=accession_number)
        )

    def hl7(destination: str, notice: Notice) -> None:
        Hl7Channel(outbound, destination, sent=sent).send(notice)

    return _tools(site, catalogue, base_url, around, form_title, kept_secrets(data_dir), hl7)


def check_channels(
    site: Site,
    catalogue: Catalogue,
    config_dir: Path,
    around: Surroundings,
    form_title: Callable[[str], str],
) -> int:
    """How many channels ``notify.toml`` names; nothing is sent, and secrets are not asked for.

    Raises
    ------
    ConfigError
        Naming file, line and key of the first mistake.
    """

    def nobody(_destination: str, _notice: Notice) -> None:
        """Takes nothing: no channel is used here."""

    tools = _tools(site, catalogue, "", around, form_title, lambda name: name, nobody)
    return len(load_channels(config_dir / "notify.toml", tools))


def _tools(
    site: Site,
    catalogue: Catalogue,
    base_url: str,
    around: Surroundings,
    form_title: Callable[[str], str],
    secret: Callable[[str], str],
    hl7: HandOver,
) -> Tools:
    writer = MessageWriter(
        catalogue,
        language=site.language,
        hospital=site.hospital.name,
        link=lambda alert_id: f"{base_url}/console/alerts/{alert_id}",
        zone=site.zone,
    )
    people = PersonWriter(
        catalogue,
        language=site.language,
        hospital=site.hospital.name,
        link=f"{base_url}/console/notices",
        zone=site.zone,
        form_title=form_title,
    )
    return Tools(
        writer=writer,
        people=people,
        secret=secret,
        clock=around.clock,
        hl7=hl7 if site.hl7_out else None,
    )
