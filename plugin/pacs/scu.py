"""What we ask of a PACS: echo, store, find, get, move, commit (PS3.4 B, C, J)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from types import TracebackType
from typing import Any, TypeVar

from pydicom.dataset import Dataset
from pydicom.uid import UID
from pynetdicom import build_role, evt
from pynetdicom.association import Association

from plugin.domain.errors import DeliveryFailed
from plugin.pacs.association import Associations, Context
from plugin.pacs.classes import (
    COMMITMENT,
    COMMITMENT_INSTANCE,
    DOCUMENT_CLASSES,
    IMAGE_CLASSES,
    PLAIN,
    STUDY_FIND,
    STUDY_GET,
    STUDY_MOVE,
    VERIFICATION,
)
from plugin.pacs.commitment import CommitmentHandler, answer_report, request_dataset
from plugin.pacs.contexts import batches, contexts_for, contexts_for_get
from plugin.pacs.node import PacsNode
from plugin.pacs.query import INSTANCE_KEYS, SERIES_KEYS, STUDY_KEYS, identifier
from plugin.pacs.status import PeerSilent, require_success
from plugin.pacs.storing import EncodedObject, Stored, store_encoded, store_one

T = TypeVar("T")


class Scu:
    """A node seen from our side; thread-safe, one operation at a time.

    Parameters
    ----------
    on_commitment
        Called when the node reports a commitment on the association that asked for it
        (PS3.4 J.3.3 lets it); most nodes report on one of their own to :mod:`plugin.dimse`.
    """

    def __init__(
        self,
        node: PacsNode,
        on_commitment: CommitmentHandler | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.node = node
        handlers: list[tuple[Any, ...]] = []
        if on_commitment:
            handlers.append((evt.EVT_N_EVENT_REPORT, answer_report, [on_commitment]))
        self._associations = Associations(node, handlers, monotonic)

    def __enter__(self) -> Scu:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the kept association."""
        self._associations.close()

    def echo(self) -> None:
        """C-ECHO.

        Raises
        ------
        DeliveryFailed
            The node cannot be reached or does not answer with success.
        """
        status = self._ask([(VERIFICATION, PLAIN)], lambda association: association.send_c_echo())
        require_success(status, f"C-ECHO to {self.node}")

    def store_encoded(self, item: EncodedObject) -> Stored | None:
        """C-STORE one object byte for byte; ``None`` when the node does not take it in its transfer syntax.

        Raises
        ------
        DeliveryFailed
            The object was not taken.
        """
        contexts: list[Context] = [(item.sop_class_uid, (item.transfer_syntax_uid,))]
        return self._ask(contexts, partial(store_encoded, item, self.node))

    def store(self, datasets: Iterable[Dataset]) -> tuple[Stored, ...]:
        """C-STORE each object, over one association where its contexts allow.

        An object whose compressed transfer syntax the node refuses is sent decompressed.

        Raises
        ------
        DeliveryFailed
            At the first object that was not taken; those before it are stored, and
            sending them again is harmless.
        InvalidInput
            When an object has no SOP Class or Instance UID or no transfer syntax.
        """
        stored: list[Stored] = []
        for batch in batches(datasets):
            contexts = list(dict.fromkeys(context for ds in batch for context in contexts_for(ds)))
            stored += [self._ask(contexts, partial(store_one, ds, self.node)) for ds in batch]
        return tuple(stored)

    def find(self, query: Dataset) -> list[Dataset]:
        """C-FIND in the study root model; `query` holds Query/Retrieve Level and keys.

        Raises
        ------
        DeliveryFailed
            The node refuses the model or answers with a failure.
        """
        model = STUDY_FIND
        query.SpecificCharacterSet = self.node.charset

        def ask(association: Association) -> list[Dataset]:
            self._require(association, model)
            found = []
            for status, answer in association.send_c_find(query, model):
                if status and status.Status in (0xFF00, 0xFF01) and answer is not None:
                    found.append(answer)
                else:
                    require_success(status, f"C-FIND at {self.node}")
            return found

        return self._ask([(model, PLAIN)], ask)

    def find_study(self, study_instance_uid: str) -> Dataset | None:
        """The study's attributes, ``None`` when the node does not know it."""
        found = self.find(identifier("STUDY", STUDY_KEYS, StudyInstanceUID=study_instance_uid))
        return found[0] if found else None

    def find_studies(self, **keys: str) -> list[Dataset]:
        """Studies that match, for instance ``AccessionNumber="A1"`` or ``PatientID="P1"``."""
        return self.find(identifier("STUDY", STUDY_KEYS, **keys))

    def find_series(self, study_instance_uid: str, *more: str) -> list[Dataset]:
        """All series of a study; `more` are keywords that are asked for besides."""
        return self.find(identifier("SERIES", (*SERIES_KEYS, *more), StudyInstanceUID=study_instance_uid))

    def find_instances(self, study_instance_uid: str, series_instance_uid: str) -> list[Dataset]:
        """All instances of a series."""
        return self.find(
            identifier(
                "IMAGE",
                INSTANCE_KEYS,
                StudyInstanceUID=study_instance_uid,
                SeriesInstanceUID=series_instance_uid,
            )
        )

    def get(
        self,
        study_instance_uid: str,
        series_instance_uid: str = "",
        sop_instance_uid: str = "",
        sop_classes: Sequence[str] = (),
    ) -> list[Dataset]:
        """C-GET a study, a series or an instance.

        Parameters
        ----------
        sop_classes
            What to expect; empty asks the node first (one context holds one transfer
            syntax in the end, so that not everything can be proposed at once).

        Raises
        ------
        DeliveryFailed
            The node refuses, or could not send some of the objects.
        """
        model = STUDY_GET
        keys = {"StudyInstanceUID": study_instance_uid}
        level = "STUDY"
        if series_instance_uid:
            level, keys["SeriesInstanceUID"] = "SERIES", series_instance_uid
        if sop_instance_uid:
            level, keys["SOPInstanceUID"] = "IMAGE", sop_instance_uid
        received: list[Dataset] = []

        def keep(event: evt.Event) -> int:
            ds = event.dataset
            ds.file_meta = event.file_meta
            received.append(ds)
            return 0x0000

        expected = tuple(sop_classes) or self._classes(study_instance_uid, series_instance_uid)
        contexts = contexts_for_get(expected)
        roles = [build_role(UID(uid), scp_role=True) for uid in dict.fromkeys(uid for uid, _ in contexts[1:])]
        association = self._associations.open(contexts, roles)
        association.bind(evt.EVT_C_STORE, keep)
        try:
            self._require(association, model)
            for status, _ in association.send_c_get(identifier(level, [], **keys), model):
                if not (status and status.Status == 0xFF00):
                    require_success(status, f"C-GET at {self.node}")
        finally:
            if association.is_established:
                association.release()
        return received

    def move(self, study_instance_uid: str, destination_ae_title: str) -> None:
        """C-MOVE a study to an AE title that the node knows.

        Raises
        ------
        DeliveryFailed
            The node refuses, or could not send some of the objects.
        """
        model = STUDY_MOVE
        query = identifier("STUDY", [], StudyInstanceUID=study_instance_uid)

        def ask(association: Association) -> None:
            self._require(association, model)
            for status, _ in association.send_c_move(query, destination_ae_title, model):
                if not (status and status.Status == 0xFF00):
                    require_success(status, f"C-MOVE at {self.node}")

        self._ask([(model, PLAIN)], ask)

    def request_commitment(self, transaction_uid: str, references: Iterable[tuple[str, str]]) -> None:
        """N-ACTION: ask the node to answer for ``(sop_class_uid, sop_instance_uid)``.

        The result comes later, as an N-EVENT-REPORT; every request has a transaction UID
        of its own, a repeated one too (R29).

        Raises
        ------
        DeliveryFailed
            The node refuses; then a later query is the only proof there is.
        """
        model = COMMITMENT
        action = request_dataset(transaction_uid, references)

        def ask(association: Association) -> None:
            self._require(association, model)
            status, _ = association.send_n_action(action, 1, model, COMMITMENT_INSTANCE)
            require_success(status, f"storage commitment request at {self.node}")

        self._ask([(model, PLAIN)], ask)

    def _classes(self, study_instance_uid: str, series_instance_uid: str) -> tuple[str, ...]:
        """The SOP classes that will come; a fair guess where the node does not tell."""
        series = (
            [series_instance_uid]
            if series_instance_uid
            else [str(ds.SeriesInstanceUID) for ds in self.find_series(study_instance_uid)]
        )
        found = {
            str(ds.get("SOPClassUID") or "")
            for uid in series
            for ds in self.find_instances(study_instance_uid, uid)
        }
        return (*DOCUMENT_CLASSES, *IMAGE_CLASSES) if "" in found else tuple(sorted(found))

    def _ask(self, contexts: Iterable[Context], ask: Callable[[Association], T]) -> T:
        """Use the kept association; when it proves dead without an answer, a new one, once."""
        contexts = list(contexts)
        reused = self._associations.is_open
        try:
            with self._associations.use(contexts) as association:
                return ask(association)
        except (PeerSilent, RuntimeError) as error:
            # RuntimeError is pynetdicom's word for an association that has gone since we looked.
            if not reused:
                raise _broken_off(self.node, error) from error
        try:
            with self._associations.use(contexts) as association:
                return ask(association)
        except RuntimeError as error:
            raise _broken_off(self.node, error) from error

    def _require(self, association: Association, model: str) -> None:
        if not any(context.abstract_syntax == model for context in association.accepted_contexts):
            raise DeliveryFailed(f"{self.node} does not offer {UID(model).name}", retry=False)


def _broken_off(node: PacsNode, error: Exception) -> DeliveryFailed:
    if isinstance(error, DeliveryFailed):
        return error
    return DeliveryFailed(f"{node} broke off the association", retry=True)
