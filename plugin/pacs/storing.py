"""One object to one node over an open association (PS3.4 B.2)."""

from __future__ import annotations

import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from io import BytesIO

from pydicom.dataset import Dataset
from pydicom.uid import UID
from pynetdicom.association import Association
from pynetdicom.dimse_primitives import C_STORE

from plugin.domain.errors import DeliveryFailed
from plugin.pacs.node import PacsNode
from plugin.pacs.status import PeerSilent, settle_store


@dataclass(frozen=True, slots=True)
class Stored:
    """One object that the node has taken; `warning` is empty when it took it without one."""

    sop_instance_uid: str
    warning: str = ""


@dataclass(frozen=True, slots=True)
class EncodedObject:
    """An object as the bytes of its data set, which are sent as they are.

    pynetdicom reads and writes a data set anew before it sends it: for a CT of half a megabyte
    that costs more than the sending, and retired group lengths are lost on the way.
    """

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    data: bytes


def store_encoded(
    item: EncodedObject,
    node: PacsNode,
    association: Association,
    monotonic: Callable[[], float] = time.monotonic,
) -> Stored | None:
    """C-STORE one object byte for byte; ``None`` when the node does not take it in its transfer syntax.

    Raises
    ------
    DeliveryFailed
        The node answers with a failure, or not at all.
    """
    context = next(
        (
            each
            for each in association.accepted_contexts
            if each.abstract_syntax == item.sop_class_uid
            and each.transfer_syntax[0] == item.transfer_syntax_uid
        ),
        None,
    )
    if context is None or context.context_id is None:
        return None
    request = C_STORE()
    request.MessageID, request.Priority = 1, 2
    request.AffectedSOPClassUID, request.AffectedSOPInstanceUID = (
        UID(item.sop_class_uid),
        UID(item.sop_instance_uid),
    )
    request.DataSet = BytesIO(item.data)
    began = monotonic()
    status = _answer(association, request, context.context_id)
    if "Status" not in status and monotonic() - began < node.answer_timeout_s:
        raise PeerSilent(f"{node} broke off the association during the C-STORE of {item.sop_instance_uid}")
    return Stored(item.sop_instance_uid, settle_store(status, str(node), item.sop_instance_uid))


def _answer(association: Association, request: C_STORE, context_id: int) -> Dataset:
    """What ``Association.send_c_store`` does once it has encoded its data set (pynetdicom 3.0)."""
    if not association.is_established:
        raise RuntimeError("the association has gone")
    association._reactor_checkpoint.clear()
    while not association._is_paused:
        time.sleep(0.0001)
    association.dimse.send_msg(request, context_id)
    _, answer = association.dimse.get_msg(block=True)
    association._reactor_checkpoint.set()
    if answer is None:
        association._handle_no_response()
        return Dataset()
    return association._check_received_status(answer)


def store_one(
    ds: Dataset, node: PacsNode, association: Association, monotonic: Callable[[], float] = time.monotonic
) -> Stored:
    """C-STORE one object; decompressed, when the node does not take it as it is.

    Raises
    ------
    DeliveryFailed
        The node does not take its class, or answers with a failure, or not at all.
    """
    uid = str(ds.SOPInstanceUID)
    accepted = {
        str(syntax)
        for context in association.accepted_contexts
        if context.abstract_syntax == ds.SOPClassUID
        for syntax in context.transfer_syntax
    }
    syntax = ds.file_meta.TransferSyntaxUID
    if not accepted:
        raise DeliveryFailed(f"{node} does not take objects of class {UID(ds.SOPClassUID).name}", retry=False)
    if str(syntax) not in accepted and syntax.is_compressed:
        ds = deepcopy(ds)
        ds.decompress(generate_instance_uid=False)
    began = monotonic()
    status = association.send_c_store(ds)
    if "Status" not in status and monotonic() - began < node.answer_timeout_s:
        raise PeerSilent(f"{node} broke off the association during the C-STORE of {uid}")
    return Stored(uid, settle_store(status, str(node), uid))
