"""Joins the audit trail with the audit repository."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from plugin.delivery.follow_audit import FollowAudit
from plugin.domain.errors import ConfigError
from plugin.domain.listing import AuditRow
from plugin.notify import atna
from plugin.notify.syslog import SyslogTls, line
from plugin.pacs.node import tls_context
from plugin.site.settings import Site
from plugin.store.store import SqlStore
from plugin.workflow.ports.surroundings import Clock

POSITION = "audit-repository.position"


def start_audit_follower(
    site: Site, store: SqlStore, data_dir: Path, clock: Clock, stack: ExitStack
) -> Callable[[], tuple[str, ...]]:
    """Tell the repository, where the site names one, from now until `stack` closes.

    Returns
    -------
    callable
        Why the repository is behind, for the console's banner; nothing when it is not.

    Raises
    ------
    ConfigError
        A repository without TLS, or certificates that cannot be used.
    """
    settings = site.atna
    if not settings.host:
        return tuple
    if settings.tls is None:
        raise ConfigError("site.toml", "atna.tls", "is missing; audit messages are sent over TLS alone")
    receiver = SyslogTls(host=settings.host, port=settings.port, tls=tls_context(settings.tls, "atna.tls"))
    source = atna.Source(site=site.hospital.institution_id, name="SignGate", ae_title=site.dimse.ae_title)
    host = "".join(c for c in socket.gethostname() if c.isascii() and c.isprintable() and c != " ")

    def tell(rows: Sequence[AuditRow]) -> None:
        lines = []
        for row in rows:
            body = atna.message(
                atna.Entry(
                    at=row.at, actor=row.actor, action=row.action, subject=row.subject, detail=row.detail
                ),
                source,
            )
            if body is not None:
                lines.append(line(row.at, host, os.getpid(), body))
        if lines:
            receiver.send(lines)

    def note(action: str) -> None:
        now = clock()
        store.write(lambda uow: uow.audit.append(now, "signgate", action, "signgate", {}))

    follower = FollowAudit(store.read, tell, data_dir / POSITION, settings.poll_s)
    follower.start()
    stack.callback(follower.stop)
    stack.callback(note, "application.stopped")  # noted first, and told before the follower ends
    note("application.started")
    return follower.faults
