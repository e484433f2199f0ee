"""OBX-8: the sender's own flag alerts where no finding does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from plugin.domain.critical import AlertState
from plugin.domain.report import Report
from tests.unit.workflow.conftest import BLEEDING, SOUND, World


def codes(world: World) -> dict[str, str]:
    return {a.finding.code: a.state.value for a in world.store.read(lambda uow: uow.alerts.find("A1"))}


def flagged(report: Report, *flags: str) -> Report:
    return replace(report, abnormal_flags=flags)


@pytest.mark.parametrize(
    ("flag", "alerts"), [("AA", True), ("HH", True), ("LL", True), ("A", False), ("H", False)]
)
def test_critical_flags_alert_and_a_positive_one_does_not(world: World, flag: str, alerts: bool) -> None:
    world.report(flagged(SOUND, flag))
    assert codes(world) == ({"FLAGGED": AlertState.DETECTED.value} if alerts else {})
    assert ("send_notice" in world.jobs()) is alerts


def test_a_finding_covers_the_flag(world: World) -> None:
    world.report(flagged(BLEEDING, "AA"))
    found = codes(world)
    assert found and "FLAGGED" not in found


def test_a_sign_event_without_flags_leaves_the_alert_alone_and_a_corrected_flag_revokes_it(
    world: World,
) -> None:
    world.report(flagged(SOUND, "AA"))
    world.report(SOUND, source="sign")
    assert codes(world)["FLAGGED"] == "detected"
    world.report(SOUND)
    assert codes(world)["FLAGGED"] == "revoked"


def test_the_impression_is_what_is_read_back(world: World) -> None:
    world.report(flagged(SOUND, "AA"))
    (alert,) = world.store.read(lambda uow: uow.alerts.find("A1"))
    assert alert.finding.text == SOUND.impression
    assert alert.due_at is not None
