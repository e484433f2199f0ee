"""One object to one node over an open association (PS3.4 B.2)."""

from __future__ import annotations

import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass

from pydicom.dataset import Dataset
from pydicom.uid import UID
from pynetdicom.association import Association

from plugin.domain.errors import DeliveryFailed
from plugin.pacs.node import PacsNode
from plugin.pacs.status import PeerSilent, settle_store


@dataclass(frozen=True, slots=True)
class Stored:
    """One object that the node has taken; `warning` is empty when it took it without one."""

    sop_instance_uid: str
    warning: str = ""


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
