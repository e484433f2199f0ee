"""Joins what we send by HL7."""

from __future__ import annotations

from plugin.domain.errors import StoreUnavailable
from plugin.hl7.client import Destination, Late
from plugin.hl7.outbound import NoteLate, Outbound, Recall, Refused
from plugin.hl7.sent import keep, recalled
from plugin.hl7.tls import client_context
from plugin.site.hl7 import Hl7OutSettings
from plugin.site.settings import Site
from plugin.store.store import SqlStore
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.sent import note_late_answer


def build_outbound(site: Site, store: SqlStore, around: Surroundings) -> Outbound:
    """The site's HL7 receivers; what one of them refuses is archived with its answer.

    Raises
    ------
    StoreUnavailable
        When the certificates of a receiver cannot be used.
    """

    def refused(name: str, message: bytes, ack: bytes, reason: str) -> None:
        store.write(lambda uow: keep(uow, name, message, ack, around.clock(), error=reason))

    def late(name: str, said: Late) -> bool:
        answer = said.answer
        refused = "" if answer.accepted else answer.reason
        return store.write(
            lambda uow: note_late_answer(uow, said.sender, answer.control_id, answer.raw, refused, name)
        )

    return outbound_of(
        site, refused, late, lambda name: store.read(lambda uow: recalled(uow, name, around.clock()))
    )


def outbound_of(
    site: Site,
    refused: Refused | None = None,
    note_late: NoteLate | None = None,
    recall: Recall | None = None,
) -> Outbound:
    """The receivers alone, for who only asks whether they are there."""
    return Outbound(
        {name: (_destination(name, each), each.correspondent()) for name, each in site.hl7_out.items()},
        refused,
        note_late,
        recall,
    )


def _destination(name: str, settings: Hl7OutSettings) -> Destination:
    tls = settings.tls
    try:
        context = client_context(tls.authority, tls.certificate, tls.key) if tls else None
    except OSError as error:
        raise StoreUnavailable(
            f"site.toml: hl7_out.{name}.tls: certificates cannot be used: {error}"
        ) from error
    return Destination(
        host=settings.host,
        port=settings.port,
        tls=context,
        server_name=tls.server_name if tls else "",
        answer_s=settings.answer_s,
    )
