"""Joins the DICOM doors: the archive of our own, and the server that others send to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from plugin.bootstrap.journeys import Journeys
from plugin.dimse.server import AnnouncedStudy, DimseServer, ReceivedObject
from plugin.embedded_pacs.service import EmbeddedPacs
from plugin.site.settings import Site
from plugin.store.store import SqlStore


def build_embedded_pacs(site: Site, data_dir: Path) -> EmbeddedPacs:
    """The archive in the data folder; it knows our own AE title, to answer commitment requests."""
    settings, dimse = site.embedded_pacs, site.dimse
    return EmbeddedPacs(
        data_dir / "archive",
        settings.ae_title,
        settings.port,
        {dimse.ae_title: (dimse.host, dimse.port)},
        destinations={name: (to.host, to.port) for name, to in settings.destinations.items()},
    )


def build_dimse_server(
    site: Site,
    store: SqlStore,
    journeys: Journeys,
    forward: Callable[[bytes], None],
    on_commitment: Callable[[str, Any, Any], None],
) -> DimseServer:
    """Takes commitment results and announced studies; images too where labels are put on at ingest."""

    def received(item: ReceivedObject) -> None:
        forward(item.part10)

    def announced(study: AnnouncedStudy) -> None:
        store.write(lambda uow: journeys.availability(uow, study.study_instance_uid, study.instances))

    return DimseServer(site.dimse, on_commitment, received if site.labels.at_ingest else None, announced)
