"""The menu: pages side by side where they are few, by subject where they are many."""

from __future__ import annotations

from dataclasses import dataclass

from plugin.console.desk import RIGHTS, may
from plugin.domain.people import Role

GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("mine", ("held", "notices", "corrections", "teaching", "peer_learning")),
    ("exams", ("exams", "sr", "priors")),
    ("alerts", ("alerts", "register", "roster")),
    ("quality", ("review", "statistics", "data_quality", "department")),
    ("settings", ("policy", "rules", "recognition", "exam_codes", "staff", "switches")),
    ("operation", ("messages", "jobs", "people", "audit")),
)
"""Subject to its pages; every page of :data:`RIGHTS` stands in one."""

SIDE_BY_SIDE = 8
"""So many entries fit one line at 1366 pixels, beside the person's name."""


@dataclass(frozen=True, slots=True)
class Group:
    """Pages under one word; without a word they stand in the line themselves."""

    name: str
    pages: tuple[str, ...]


def menu_of(role: Role) -> list[Group]:
    """What this role may open."""
    mine = [page for page in RIGHTS if may(role, page)]
    if len(mine) <= SIDE_BY_SIDE:
        return [Group("", (page,)) for page in mine]
    found = [(name, tuple(page for page in pages if page in mine)) for name, pages in GROUPS]
    return [Group(name if len(pages) > 1 else "", pages) for name, pages in found if pages]
