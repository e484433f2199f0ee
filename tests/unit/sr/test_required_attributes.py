"""Required attributes, by the tables that highdicom made from PS3.3."""

from __future__ import annotations

import pytest
from sr_samples import NOW, content

from plugin.sr import kos, pdf
from plugin.sr.content import Disclosure
from plugin.sr.qc_sr import build

tables = pytest.importorskip("highdicom._standard_utils")

OBJECTS = {
    "full": build(content()),
    "summary": build(content(disclosure=Disclosure.SUMMARY)),
    "report only": build(content(scored=content().scored[2:], evidence=())),
    "kos": kos.build(
        kos.KosContent(
            purpose=kos.Purpose.QUALITY_ISSUE,
            patient=content().patient,
            study=content().study,
            images=content().evidence,
            problem="motion",
            sop_instance_uid="2.25.7",
            series_instance_uid="2.25.8",
            created_at=NOW,
        )
    ),
    "pdf": pdf.build(content(), sop_instance_uid="2.25.5", series_instance_uid="2.25.6"),
}


@pytest.mark.parametrize("name", OBJECTS)
def test_every_required_attribute_is_there(name):
    ds = OBJECTS[name]
    iod = tables.get_sop_class_iod_map()[ds.SOPClassUID]
    checked = 0
    for module in tables.get_iod_module_map()[iod]:
        # The table of the content tree lists every value type's attributes as if all were required at once.
        if module["usage"] != "M" or module["key"] == "sr-document-content":
            continue
        for attribute in tables.get_module_attribute_map()[module["key"]]:
            checked += _check(ds, attribute)
    assert checked > 25


def _check(ds, attribute) -> int:
    """Types 1 and 2 at the top and inside sequences that are present; conditions are not judged."""
    *path, keyword = [*attribute["path"], attribute["keyword"]]
    if attribute["type"] not in ("1", "2") or "ContentSequence" in path:
        return 0
    items = [ds]
    for step in path:
        items = [inner for item in items for inner in item.get(step) or ()]
    for item in items:
        assert keyword in item, f"{'.'.join([*path, keyword])} is missing"
        if attribute["type"] == "1":
            assert not item[keyword].is_empty, f"{'.'.join([*path, keyword])} is empty"
    return len(items)
