"""Signed calls: who called, and the one answer that a call ID gets (decisions 7).

The answer is stored in the journey's own transaction, so a retry finds either both or
neither.  A call that was refused leaves no trace and may be sent again.  What identifies
a call is its method, path, query and body: a captured call that is sent to another path
under its old ID is not authentic, although the POST signature covers the body alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from plugin.domain.errors import NotAuthentic
from plugin.kit import signature
from plugin.workflow.ports.surroundings import Clock
from plugin.workflow.ports.unit_of_work import Store, UnitOfWork

log = structlog.get_logger()

Work = Callable[[UnitOfWork], Mapping[str, Any]]
"""A journey in its transaction; returns what is answered."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A journey that says beforehand what it will hold and read, so that nodes beside each other ask in one order."""

    work: Work
    foresee: Callable[[UnitOfWork], None]

    def __call__(self, uow: UnitOfWork) -> Mapping[str, Any]:
        return self.work(uow)


Prepare = Callable[[str], Work]
"""Reads the request, in its own thread, for the caller of this name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request as it came: header names in lower case, path and query as sent."""

    method: str
    path_and_query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedCalls:
    """Verifies calls and remembers their answers.

    Parameters
    ----------
    callers
        Name to secrets (decoded), the current one first; two during a rotation.
    """

    callers: Mapping[str, tuple[bytes, ...]]
    store: Store
    clock: Clock

    def verify(self, call: Call) -> tuple[str, str]:
        """(caller, call ID) of an authentic call.

        Raises
        ------
        NotAuthentic
            Missing or stale headers, or a signature that no caller's secret makes.
        """
        if not self.callers:
            raise NotAuthentic(
                "no caller is configured; name one with its secret under [callers] in site.toml"
            )
        body = signature.signed_body(call.method, call.path_and_query, call.body)
        refused = NotAuthentic("the signature does not match")
        for caller, secrets in self.callers.items():
            try:
                call_id, which = signature.verify(secrets, call.headers, body, self.clock().timestamp())
            except NotAuthentic as error:
                refused = error
                continue
            if which:
                log.warning("call signed with the old secret", caller=caller)
            return caller, call_id
        raise refused

    def answer(self, call: Call, prepare: Prepare) -> tuple[int, str]:
        """Do what the call asks once, or give the answer that it got before.

        Returns
        -------
        tuple
            HTTP status and JSON text, the same bytes at each repetition.

        Raises
        ------
        NotAuthentic
            Not signed rightly, or the ID was used for another call.
        """
        caller, call_id = self.verify(call)
        work = prepare(caller)
        content = f"{call.method} {call.path_and_query}\n".encode() + call.body
        digest = hashlib.sha256(content).hexdigest()

        def hold(uow: UnitOfWork) -> None:
            # The caller may ask another node when it has no answer yet.
            uow.hold(f"call {caller} {call_id}")

        def foresee(uow: UnitOfWork) -> None:
            hold(uow)
            uow.calls.find(caller, call_id)
            if isinstance(work, Foreseen):
                work.foresee(uow)

        def once(uow: UnitOfWork) -> tuple[int, str]:
            hold(uow)
            if (seen := uow.calls.find(caller, call_id)) is not None:
                if seen[0] != digest:
                    raise NotAuthentic("this webhook-id was used for another call")
                return seen[1], seen[2]
            text = json.dumps(work(uow), ensure_ascii=False, separators=(",", ":"))
            uow.calls.add(caller, call_id, digest, 200, text, self.clock())
            return 200, text

        return self.store.submit(once, foresee).result()
