"""Joins who may come in: passwords as this site wants them, accounts, the sign-in."""

from __future__ import annotations

from plugin.site.hospital import HospitalSettings
from plugin.workflow.accounts import Accounts
from plugin.workflow.passwords import Passwords
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import Store
from plugin.workflow.sign_in import SignIn


def build_people(hospital: HospitalSettings, store: Store, around: Surroundings) -> tuple[Accounts, SignIn]:
    """Join both over the same demands on passwords; a guess begins with the hospital's names."""
    passwords = Passwords(words=(hospital.name, *hospital.aliases))
    return (
        Accounts(store=store, around=around, passwords=passwords),
        SignIn(store=store, around=around, passwords=passwords),
    )
