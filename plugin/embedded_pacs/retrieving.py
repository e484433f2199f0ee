"""C-GET and C-MOVE of the embedded PACS (PS3.4 C.4.2, C.4.3): what is asked for leaves as it was kept.

A study goes back on the association that asked, or to a destination that the site has named;
nobody can have it sent anywhere else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import structlog
from pydicom.dataset import Dataset
from pydicom.uid import UID
from pynetdicom import build_context, evt
from pynetdicom.association import Association
from pynetdicom.presentation import PresentationContext

from plugin.embedded_pacs.index import Index, Kept
from plugin.embedded_pacs.vault import Vault
from plugin.pacs.association import MAX_CONTEXTS, TUNED, without_commentary
from plugin.pacs.classes import PLAIN

_log = structlog.get_logger()

PENDING, CANCEL = 0xFF00, 0xFE00
BAD_QUERY, UNKNOWN_DESTINATION = 0xA900, 0xA801

_KEYS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
_DEPTH = {"STUDY": 1, "SERIES": 2, "IMAGE": 3}

Answer = tuple[int, Dataset | None]
Destination = tuple[str | None, int | None] | tuple[str, int, dict[str, Any]]


class Retriever:
    """Handlers of the two services.

    Parameters
    ----------
    destinations
        AE title → (host, port): where C-MOVE may send to.
    """

    def __init__(self, index: Index, vault: Vault, destinations: Mapping[str, tuple[str, int]]) -> None:
        self._index, self._vault = index, vault
        self._destinations = destinations

    def on_get(self, event: evt.Event) -> Iterator[int | Answer]:
        """Handler of C-GET: the number of objects, then the objects."""
        found = self._wanted(event)
        if found is None:
            yield 0
            yield BAD_QUERY, None
            return
        yield len(found)
        yield from self._objects(event, found, event.assoc)

    def on_move(self, event: evt.Event) -> Iterator[Destination | int | Answer]:
        """Handler of C-MOVE: whereto, the number of objects, then the objects."""
        name = str(event.move_destination or "").strip()
        address = self._destinations.get(name)
        if address is None:
            caller = str(event.assoc.requestor.ae_title).strip()
            _log.warning(
                "move refused", destination=name, caller=caller, why="not a destination of this site"
            )
            yield None, None  # answered 0xA801
            return
        found = self._wanted(event)
        sender = _Sender()
        yield *address, {"contexts": _contexts(found or ()), "evt_handlers": sender.handlers}
        if found is None:
            yield 1
            yield BAD_QUERY, None
            return
        yield len(found)
        yield from self._objects(event, found, sender.association)

    def _wanted(self, event: evt.Event) -> list[Kept] | None:
        """What the identifier names; ``None`` when it does not name it by the unique keys of its level."""
        try:
            identifier = event.identifier
            level = str(identifier.get("QueryRetrieveLevel", ""))
            keys = {name: key_text(identifier.get(name)) for name in _KEYS[: _DEPTH.get(level, 0)]}
        except Exception as error:  # the peer's bytes; whatever they make pydicom raise is a bad query
            _log.warning("retrieval refused", why=type(error).__name__)
            return None
        return self._index.select(keys) if keys and all(keys.values()) else None

    def _objects(
        self, event: evt.Event, found: Sequence[Kept], association: Association | None
    ) -> Iterator[Answer]:
        for kept in found:
            if event.is_cancelled:
                yield CANCEL, None
                return
            ds = self._vault.read(kept.digest)
            if ds.file_meta.TransferSyntaxUID.is_compressed and not _takes(association, kept):
                ds.decompress(generate_instance_uid=False)
            yield PENDING, ds


class _Sender:
    """Remembers the association that pynetdicom opens to a destination, to know what it has accepted."""

    def __init__(self) -> None:
        self.association: Association | None = None
        self.handlers = [*TUNED, (evt.EVT_ESTABLISHED, self._opened)]

    def _opened(self, event: evt.Event) -> None:
        self.association = event.assoc
        without_commentary(event.assoc)


def _contexts(found: Sequence[Kept]) -> list[PresentationContext]:
    """A plain context for each class, and one more for each compression that its objects have."""
    wanted: dict[tuple[str, tuple[str, ...]], None] = {}
    for kept in found:
        wanted[kept.sop_class_uid, PLAIN] = None
        if kept.transfer_syntax_uid not in PLAIN:
            wanted[kept.sop_class_uid, (kept.transfer_syntax_uid,)] = None
    if not wanted:  # an association needs one; nothing is sent over it
        wanted["1.2.840.10008.1.1", PLAIN] = None
    return [build_context(uid, list(syntaxes)) for uid, syntaxes in wanted][:MAX_CONTEXTS]


def _takes(association: Association | None, kept: Kept) -> bool:
    """The peer negotiated the object's own transfer syntax."""
    return association is not None and any(
        context.abstract_syntax == kept.sop_class_uid and kept.transfer_syntax_uid in context.transfer_syntax
        for context in association.accepted_contexts
    )


def key_text(value: object) -> str:
    """A key's value as the index compares it; several values stay separated by a backslash."""
    if value is None:
        return ""
    if isinstance(value, (UID, str)):
        return str(value)
    if isinstance(value, (list, tuple)) or type(value).__name__ == "MultiValue":
        return "\\".join(str(part) for part in value)  # type: ignore[attr-defined]  # MultiValue iterates
    return str(value)
