"""Presentation contexts for what is sent and for what will come."""

from __future__ import annotations

from collections.abc import Iterable

from pydicom.dataset import Dataset

from plugin.domain.errors import InvalidInput
from plugin.pacs.association import MAX_CONTEXTS, Context
from plugin.pacs.classes import COMPRESSED, DOCUMENT_CLASSES, PLAIN, STUDY_GET


def contexts_for(ds: Dataset) -> list[Context]:
    """A context for the object as it is, and one for it decompressed."""
    syntax = ds.file_meta.TransferSyntaxUID
    plain: Context = (str(ds.SOPClassUID), PLAIN)
    return [(str(ds.SOPClassUID), (str(syntax),)), plain] if str(syntax) not in PLAIN else [plain]


def batches(datasets: Iterable[Dataset]) -> Iterable[list[Dataset]]:
    """Runs of objects that need no more contexts than an association has."""
    batch: list[Dataset] = []
    contexts: set[Context] = set()
    for ds in datasets:
        if "SOPClassUID" not in ds or "SOPInstanceUID" not in ds:
            raise InvalidInput("dataset", "has no SOP Class UID or no SOP Instance UID")
        if "TransferSyntaxUID" not in getattr(ds, "file_meta", ()):
            raise InvalidInput(str(ds.SOPInstanceUID), "has no transfer syntax in its file meta information")
        contexts.update(contexts_for(ds))
        if len(contexts) > MAX_CONTEXTS:
            yield batch
            batch, contexts = [], set(contexts_for(ds))
        batch.append(ds)
    if batch:
        yield batch


def contexts_for_get(sop_classes: Iterable[str]) -> list[Context]:
    """C-GET itself first, then each class plain and, for images, in each compression.

    One context holds one transfer syntax in the end, so that each needs its own.
    """
    contexts: list[Context] = [(STUDY_GET, PLAIN)]
    for uid in sop_classes:
        contexts.append((uid, PLAIN))
        if uid not in DOCUMENT_CLASSES:
            contexts += [(uid, (syntax,)) for syntax in COMPRESSED]
    return contexts[:MAX_CONTEXTS]
