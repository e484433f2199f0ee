"""A person at the console of a whole SignGate in a process of its own, over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import requests
from stores import temporary_store, utc_now

from plugin.bootstrap.surroundings import surroundings
from plugin.domain.people import Role
from plugin.site.settings import load_site
from plugin.workflow.accounts import Accounts
from plugin.workflow.passwords import Passwords
from tests.conftest import ROOT
from tests.patience import PATIENCE_S
from tests.web_house import FIRST_PASSWORD, PASSWORD, hidden


def add_person(data: Path, login: str, role: Role) -> None:
    """Make an account in the database, before the process that will own it starts."""
    data.mkdir(exist_ok=True)
    with temporary_store(data) as store:
        around = surroundings(load_site(ROOT / "config"), utc_now)
        accounts = Accounts(store=store, around=around, passwords=Passwords())
        accounts.add("test", login, login.title(), role, FIRST_PASSWORD)
        accounts.change_password("test", login, PASSWORD, by_owner=True)


class ConsolePerson:
    """Signed in; reads pages and presses their buttons."""

    def __init__(self, web: str, login: str) -> None:
        self.web, self._browser = web, requests.Session()
        door = hidden(self._browser.get(f"{web}/console/sign-in", timeout=PATIENCE_S).text, "door")
        self._browser.post(
            f"{web}/console/sign-in",
            data={"login": login, "password": PASSWORD, "door": door, "next": ""},
            timeout=PATIENCE_S,
            allow_redirects=False,
        ).raise_for_status()
        self._csrf = hidden(self.page("/console/password"), "csrf")

    def page(self, path: str) -> str:
        answer = self._browser.get(self.web + path, timeout=PATIENCE_S)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:500])
        return answer.text

    def follow(self, path: str) -> Iterator[str]:
        """The lines of a stream, as they come."""
        answer = self._browser.get(self.web + path, timeout=PATIENCE_S, stream=True)
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.iter_lines(chunk_size=1, decode_unicode=True)

    def press(self, path: str, **data: str) -> str:
        """Post a form; the page that it leads to."""
        answer = self._browser.post(self.web + path, data={"csrf": self._csrf, **data}, timeout=PATIENCE_S)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:500])
        return answer.text
