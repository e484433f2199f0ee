"""The ways to stamp, by name; a destination chooses one in its configuration.

Every writer is ``writer(datasets, mark, stamping) -> datasets`` once its options are bound:
it builds or copies, sends nothing, and leaves what it was given as it was.
"""

from __future__ import annotations

from pydicom.dataset import Dataset

from plugin.kit.registry import Entry, Registry
from plugin.labels import burned_in, gsps, institution, overlay
from plugin.labels.derived import DerivedOptions

WRITERS: Registry[list[Dataset]] = Registry(
    "label writer",
    [
        Entry("institution", institution.InstitutionOptions, institution.apply),
        Entry("gsps", gsps.GspsOptions, gsps.build),
        Entry("overlay", DerivedOptions, overlay.apply),
        Entry("burned-in", DerivedOptions, burned_in.apply),
    ],
    group="signgate.label_writers",
)
