"""The menu: every page stands once, and no role's menu is wider than its line."""

from __future__ import annotations

import pytest

from plugin.console.desk import RIGHTS, may
from plugin.console.menu import GROUPS, SIDE_BY_SIDE, menu_of
from plugin.domain.people import Role


def test_every_page_stands_in_one_group() -> None:
    named = [page for _, pages in GROUPS for page in pages]
    assert sorted(named) == sorted(RIGHTS)


@pytest.mark.parametrize("role", Role)
def test_a_role_finds_what_it_may_open_and_no_more(role: Role) -> None:
    menu = menu_of(role)
    assert sorted(page for group in menu for page in group.pages) == sorted(
        page for page in RIGHTS if may(role, page)
    )
    assert len(menu) <= SIDE_BY_SIDE
    assert all(group.name or len(group.pages) == 1 for group in menu)
