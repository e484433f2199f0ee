"""Honouring: which earlier results are offered instead of a repeat, and how strongly (DB50 6.2, 6.5 to 6.7).

The doctor decides; nothing here refuses an order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from plugin.domain.recognition import CatalogueItem, Institution
from plugin.rules.recognition.eligibility import Regions
from plugin.rules.recognition.names import Contrast, ItemName, Side


class Acceptance(StrEnum):
    """DB50 6.2: how the asking hospital stands to the performing one."""

    MUTUAL = "mutual"
    ACCEPTED = "accepted"
    ALLIANCE = "alliance"
    OPTIONAL = "optional"


_WHY = {
    Acceptance.MUTUAL: "同级医疗机构间检查结果互认",
    Acceptance.ACCEPTED: "下级医疗机构对上级医疗机构检查结果予以认可",
    Acceptance.ALLIANCE: "医联体、医共体内检查结果互认",
    Acceptance.OPTIONAL: "供参考，由接诊医师决定",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledExam:
    """An earlier examination that bears a region's label which has not been withdrawn."""

    accession_number: str
    region_id: str
    item_number: int
    performed_on: date
    institution: Institution
    impression: str = ""
    image_link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An earlier examination to be shown to the doctor who orders again."""

    exam: LabelledExam
    item: CatalogueItem
    covers: bool
    acceptance: Acceptance
    text: str


def acceptance(
    asking: Institution, performing: Institution, alliances: Sequence[frozenset[str]]
) -> Acceptance:
    """How strongly a result counts.

    Parameters
    ----------
    alliances
        Institution IDs of each 医联体 or 医共体.
    """
    if any({asking.institution_id, performing.institution_id} <= members for members in alliances):
        return Acceptance.ALLIANCE
    if asking.level == performing.level:
        return Acceptance.MUTUAL
    return Acceptance.ACCEPTED if performing.level > asking.level else Acceptance.OPTIONAL


def offers(
    regions: Regions,
    ordered: tuple[str, str],
    earlier: Sequence[LabelledExam],
    asking: Institution,
    on: date,
    alliances: Sequence[frozenset[str]] = (),
) -> tuple[Offer, ...]:
    """Earlier examinations that meet an order, newest first.

    Parameters
    ----------
    ordered
        Name of the ordered item, and its modality.
    earlier
        Labelled examinations of the same patient, matched by identifiers with their issuer.
    """
    found = []
    for exam in earlier:
        region = regions.region(exam.region_id, exam.performed_on)
        listed = regions.mapper(exam.region_id, exam.performed_on)
        mapper = regions.mapper(exam.region_id, on)
        if region is None or listed is None or mapper is None or region.window_days is None:
            continue
        if not exam.performed_on <= on <= exam.performed_on + timedelta(days=region.window_days):
            continue
        wanted = mapper.map(*ordered).item
        item = next((each for each in region.items if each.number == exam.item_number), None)
        if wanted is None or item is None:
            continue
        # By name: the two lists may be of two versions, and the older may hold what the newer does not.
        done, asked = listed.name_of(item.number), mapper.name_of(wanted.number)
        if not _covers(done, asked):
            continue
        kind = acceptance(asking, exam.institution, alliances)
        found.append(Offer(exam=exam, item=item, covers=done != asked, acceptance=kind, text=_WHY[kind]))
    return tuple(sorted(found, key=lambda offer: offer.exam.performed_on, reverse=True))


def _covers(more: ItemName, less: ItemName) -> bool:
    """The same examination, or one of the same part that holds more: enhanced over plain, more views, both sides."""
    if (more.modality, more.parts, more.population) != (less.modality, less.parts, less.population):
        return False
    contrast = more.contrast is less.contrast or more.contrast is Contrast.ENHANCED
    side = more.side is less.side or (more.side is Side.BOTH and less.side in (Side.LEFT, Side.RIGHT))
    return contrast and side and less.views <= more.views
