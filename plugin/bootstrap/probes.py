"""What /readyz asks: database, deliveries, archives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from plugin.delivery.worker import Worker
from plugin.domain.errors import PluginError
from plugin.domain.fault import Fault
from plugin.pacs.scu import Scu
from plugin.store.store import SqlStore

Probe = Callable[[], str | None]
"""``None`` when all is well, else what is wrong."""


def build_probes(store: SqlStore, worker: Worker | None, pacs: Mapping[str, Scu]) -> dict[str, Probe]:
    """By name; `worker` is ``None`` in a process that delivers nothing."""

    def database() -> None:
        store.read(lambda uow: uow.people.count())

    # A full disk lets everything be read: who balances the load must hear of what could not be written.
    probes: dict[str, Probe] = {"database": lambda: _trouble(database) or store.trouble()}
    if worker is not None:
        probes["delivery"] = lambda: None if worker.alive() else "a delivery thread has ended"
    return probes | {f"pacs {name}": partial(_trouble, scu.echo) for name, scu in pacs.items()}


def unwritten(store: SqlStore) -> tuple[Fault, ...]:
    """What the banner of every console page says while changes cannot be kept."""
    trouble = store.trouble()
    return (Fault("unwritten", {"reason": trouble}),) if trouble else ()


def _trouble(act: Callable[[], object]) -> str | None:
    try:
        act()
    except PluginError as error:
        return str(error)
    return None
