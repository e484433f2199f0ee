"""Processes that a process has started, as the system lists them."""

from __future__ import annotations

from pathlib import Path


def inspectors_of(parent: int) -> set[int]:
    """Process numbers of the inspectors that `parent` has started and that have not ended."""
    return {pid for pid in _numbers() if is_inspector(pid) and _parent(pid) == parent}


def is_inspector(pid: int) -> bool:
    """Whether an inspector goes by this number now; one that has ended has no command any more."""
    return b"plugin.rules.inspectors.inspector" in (_read(pid, "cmdline") or b"")


def _numbers() -> list[int]:
    return [int(place.name) for place in Path("/proc").iterdir() if place.name.isdigit()]


def _parent(pid: int) -> int:
    # Number, name in brackets that may hold anything, state, parent (proc(5)).
    told = (_read(pid, "stat") or b"").rpartition(b")")[2].split()
    return int(told[1]) if told else 0


def _read(pid: int, what: str) -> bytes | None:
    """``None`` for one that has ended since it was listed."""
    try:
        return Path(f"/proc/{pid}/{what}").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return None
