"""Visitors of the demo: one account a role, the same password after a restart, readable by the owner alone."""

from __future__ import annotations

from pathlib import Path

from plugin.bootstrap.people import build_people
from plugin.demo.visitors import FILE, ROLES, invite
from plugin.site.hospital import HospitalSettings
from plugin.workflow.ports.surroundings import Surroundings
from tests.conftest import StoppedClock
from tests.fakes import CountingMinter
from tests.stores import temporary_store


def test_every_visitor_can_sign_in_at_once_and_again_after_a_restart(
    tmp_path: Path, clock: StoppedClock
) -> None:
    with temporary_store(tmp_path, clock) as store:
        accounts, sign_in = build_people(
            HospitalSettings(), store, Surroundings(clock=clock, mint=CountingMinter())
        )
        first = invite(accounts, tmp_path)
        assert invite(accounts, tmp_path) == first
        for login in first.logins:
            signed_in = sign_in.open(login, first.password, "127.0.0.1")
            assert signed_in.account.role is ROLES[login][1]
            assert not signed_in.account.must_change_password
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0
