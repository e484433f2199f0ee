"""Joins the honouring of earlier examinations."""

from __future__ import annotations

from plugin.domain.recognition import Institution
from plugin.pacs.neighbours import Neighbour, NeighbourArchives
from plugin.rules.recognition.eligibility import Regions
from plugin.site.settings import Site
from plugin.workflow.offer_prior import OfferPrior
from plugin.workflow.ports.surroundings import Surroundings


def build_priors(site: Site, regions: Regions, around: Surroundings) -> OfferPrior:
    """Honouring: our own records, and the neighbours that the site names."""
    settings = site.recognition
    neighbours = tuple(
        Neighbour(
            name=name,
            node=site.nodes[each.node],
            institution=Institution(institution_id=each.institution_id, name=each.name, level=each.level),
            assigning_authority=each.assigning_authority,
        )
        for name, each in settings.neighbours.items()
    )
    return OfferPrior(
        regions=regions,
        institution=site.hospital.institution(),
        around=around,
        alliances=settings.alliances,
        image_link=settings.image_link,
        neighbours=NeighbourArchives(neighbours=neighbours, timeout_s=settings.timeout_s),
    )
