"""The embedded PACS: enough of an archive for a demo and for a small site, on loopback.

C-ECHO, C-STORE, C-FIND, C-GET and C-MOVE in the study root model, and storage commitment.
An object is acknowledged after it is on disk and in the index; its bytes are kept as
they came.  Nothing is ever written outside its folder.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Lock

import structlog
from pydicom.dataset import Dataset
from pynetdicom import AE, AllStoragePresentationContexts, evt
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.dsutils import encode_file_meta
from pynetdicom.transport import ThreadedAssociationServer

from plugin.domain.errors import InvalidInput, StoreUnavailable
from plugin.embedded_pacs.committing import Committer
from plugin.embedded_pacs.index import LEVELS, Index
from plugin.embedded_pacs.retrieving import Retriever, key_text
from plugin.embedded_pacs.vault import UID_SHAPE, Vault, read_attributes
from plugin.pacs.association import TUNED, without_commentary
from plugin.pacs.classes import COMMITMENT, KEPT, PLAIN, STUDY_FIND, STUDY_GET, STUDY_MOVE, VERIFICATION

_log = structlog.get_logger()

SUCCESS, PENDING, CANCEL = 0x0000, 0xFF00, 0xFE00
OUT_OF_RESOURCES, MISMATCH, NOT_UNDERSTOOD, BAD_QUERY = 0xA700, 0xA900, 0xC000, 0xA900


class EmbeddedPacs:
    """An archive in `folder`.

    Parameters
    ----------
    folder
        Everything is kept below it; made when absent.
    port
        0 takes a free one; `port` tells which after `start`.
    peers
        AE title → (host, port): who is told the results of storage commitments.
    destinations
        AE title → (host, port): where C-MOVE may send to, besides `peers`.
    host
        Where to listen; loopback unless a site says otherwise.
    known_only
        Reject callers whose AE title is not among `peers`.
    """

    def __init__(
        self,
        folder: Path,
        ae_title: str = "SIGNGATEPACS",
        port: int = 11113,
        peers: Mapping[str, tuple[str, int]] | None = None,
        *,
        host: str = "127.0.0.1",
        destinations: Mapping[str, tuple[str, int]] | None = None,
        known_only: bool = False,
        max_associations: int = 32,
    ) -> None:
        self.folder, self.ae_title, self.host, self.port = folder, ae_title, host, port
        self.peers: dict[str, tuple[str, int]] = dict(peers or {})
        self._vault = Vault(folder / "objects")
        self._index = Index(folder / "index.sqlite3")
        self._writing = Lock()
        self._server: ThreadedAssociationServer | None = None
        self._committer = Committer(ae_title, self.peers, self.holds)
        self._retriever = Retriever(self._index, self._vault, {**self.peers, **(destinations or {})})
        ae = AE(ae_title=ae_title)
        ae.maximum_associations = max_associations
        ae.require_called_aet = True
        ae.require_calling_aet = list(self.peers) if known_only else []
        ae.network_timeout, ae.acse_timeout, ae.dimse_timeout = 60, 10, 30
        ae.add_supported_context(VERIFICATION, list(PLAIN))
        ae.add_supported_context(STUDY_FIND, list(PLAIN))
        ae.add_supported_context(STUDY_GET, list(PLAIN))
        ae.add_supported_context(STUDY_MOVE, list(PLAIN))
        ae.add_supported_context(COMMITMENT, list(PLAIN))
        for context in AllStoragePresentationContexts:
            uid = context.abstract_syntax
            if uid is not None:
                ae.add_supported_context(uid, [*PLAIN, *KEPT], scu_role=True, scp_role=True)
        self._ae = ae

    def start(self) -> None:
        """Listen; returns when connections are taken.

        Raises
        ------
        StoreUnavailable
            When the port is taken.
        """
        handlers = [
            *TUNED,
            (evt.EVT_C_ECHO, lambda _: SUCCESS),
            (evt.EVT_C_STORE, self._on_store),
            (evt.EVT_C_FIND, self._on_find),
            (evt.EVT_C_GET, self._retriever.on_get),
            (evt.EVT_C_MOVE, self._retriever.on_move),
            (evt.EVT_N_ACTION, self._committer.on_request),
        ]
        try:
            server = self._ae.start_server((self.host, self.port), block=False, evt_handlers=handlers)
        except OSError as error:
            raise StoreUnavailable(
                f"{self.host}:{self.port} cannot be listened on: {error.strerror}"
            ) from error
        if server is None:
            raise StoreUnavailable(f"{self.host}:{self.port} cannot be listened on")
        without_commentary(server)
        self._server = server
        self.port = server.server_address[1]
        self._committer.start()

    def stop(self) -> None:
        """Stop listening, break off what is open, close the index."""
        self._committer.stop()
        if self._server:
            self._server.shutdown()
            self._server = None
        self._ae.shutdown()
        self._index.close()

    def holds(self, sop_class_uid: str, sop_instance_uid: str) -> bool:
        """The instance is in the index and its file is there."""
        kept = self._index.get(sop_instance_uid)
        return bool(kept and kept.sop_class_uid == sop_class_uid and self._vault.path(kept.digest).is_file())

    def read(self, sop_instance_uid: str) -> Dataset | None:
        """One object as it was received, for pages that show it; ``None`` when it is not here."""
        kept = self._index.get(sop_instance_uid)
        return self._vault.read(kept.digest) if kept else None

    def instances(self, **keys: str) -> list[tuple[str, str]]:
        """``(sop_class_uid, sop_instance_uid)`` that match, e.g. ``StudyInstanceUID=…``, in reading order."""
        return [(kept.sop_class_uid, kept.sop_instance_uid) for kept in self._index.select(keys)]

    def _on_store(self, event: evt.Event) -> int:
        request = event.request
        if not isinstance(request, C_STORE) or request.DataSet is None:
            return NOT_UNDERSTOOD
        uid = str(request.AffectedSOPInstanceUID or "")
        if not UID_SHAPE.fullmatch(uid):
            return MISMATCH
        head = b"\0" * 128 + b"DICM" + encode_file_meta(event.file_meta)
        body = request.DataSet.getvalue()
        try:
            attributes = read_attributes(head + body)
            if attributes["SOPInstanceUID"] != uid:
                raise InvalidInput("SOPInstanceUID", "differs from the command's")
            if attributes["SOPClassUID"] != request.AffectedSOPClassUID:
                raise InvalidInput("SOPClassUID", "differs from the command's")
            with self._writing:
                digest = self._vault.write(uid, [head, body])
                self._index.add(attributes, str(event.context.transfer_syntax), digest)
        except InvalidInput as error:
            _log.warning("object refused", sop_instance_uid=uid, where=error.where, why=error.text)
            return NOT_UNDERSTOOD if error.where == "data set" else MISMATCH
        except StoreUnavailable as error:
            _log.error("object not kept", sop_instance_uid=uid, why=str(error))
            return OUT_OF_RESOURCES
        return SUCCESS

    def _on_find(self, event: evt.Event) -> Iterator[tuple[int, Dataset | None]]:
        try:
            identifier = event.identifier
            level = str(identifier.get("QueryRetrieveLevel", ""))
            keys = {element.keyword: key_text(element.value) for element in identifier if element.VR != "SQ"}
        except Exception as error:  # the peer's bytes; whatever they make pydicom raise is a bad query
            _log.warning("query refused", why=type(error).__name__)
            yield NOT_UNDERSTOOD, None
            return
        if level not in LEVELS:
            yield BAD_QUERY, None
            return
        for row in self._index.query(level, keys, keys):
            if event.is_cancelled:
                yield CANCEL, None
                return
            answer = Dataset()
            answer.SpecificCharacterSet = "ISO_IR 192"
            answer.QueryRetrieveLevel = level
            answer.RetrieveAETitle = self.ae_title
            for keyword in keys:
                if keyword not in ("SpecificCharacterSet", "QueryRetrieveLevel", "RetrieveAETitle", ""):
                    setattr(answer, keyword, row.get(keyword) or None)
            yield PENDING, answer
