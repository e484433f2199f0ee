"""The matrix of role and form."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugin.domain.errors import ConfigError
from plugin.domain.people import Account, Role
from plugin.domain.staff import StaffMember, StaffRole
from plugin.rules.rights import Rights, role_of, role_of_account
from plugin.rules.scoring import load_forms

CONFIG = Path(__file__).parents[3] / "config"
FORMS = [form.form_id for form in load_forms(CONFIG / "scoring")]


def test_the_shipped_matrix() -> None:
    rights = Rights.read(CONFIG, FORMS)
    assert not rights.may_score(StaffRole.RESIDENT, "report")
    assert not rights.may_score(StaffRole.ATTENDING, "reviewed_report")
    assert rights.may_score(StaffRole.SENIOR, "reviewed_report")
    assert not rights.may_see(StaffRole.TECHNICIAN, "report")
    assert rights.own_work == frozenset()


def test_the_guide_prints_the_matrix() -> None:
    rights = Rights.read(CONFIG, FORMS)
    page = (CONFIG.parent / "docs" / "modes.md").read_text("utf-8")
    for role in StaffRole:
        cells = ["●" if rights.may_score(role, f) else "○" if rights.may_see(role, f) else "" for f in FORMS]
        assert f"| {role.value} | {' | '.join(cells)} |" in page


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text.replace('"film"', '"movie"', 1), "movie"),
        (lambda text: text.replace("[role.head]", "[role.boss]"), "boss"),
        (lambda text: text.split("[role.unknown]")[0], "missing"),
        (lambda text: text.replace("own_work = []", 'own_work = ["x"]'), "own_work"),
    ],
)
def test_a_wrong_matrix_is_named(tmp_path: Path, change: object, said: str) -> None:
    text = (CONFIG / "roles.toml").read_text("utf-8")
    (tmp_path / "roles.toml").write_text(change(text), "utf-8")  # type: ignore[operator]  # a lambda of the table
    with pytest.raises(ConfigError, match=said):
        Rights.read(tmp_path, FORMS)


def test_whose_word_on_a_role_stands() -> None:
    member = StaffMember(staff_id="D1", name="甲", role=StaffRole.RESIDENT)
    assert role_of(member, "senior") is StaffRole.RESIDENT
    assert role_of(None, "senior") is StaffRole.SENIOR
    assert role_of(None, "consultant") is StaffRole.UNKNOWN
    head = Account(login="h", name="h", role=Role.HEAD, password_hash="")
    assert role_of_account(head, member) is StaffRole.HEAD
    doctor = Account(login="d", name="d", role=Role.RADIOLOGIST, password_hash="")
    assert role_of_account(doctor, member) is StaffRole.RESIDENT
