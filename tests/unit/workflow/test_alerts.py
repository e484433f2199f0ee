"""A critical finding: told once, read back, declined, escalated, revoked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from plugin.domain.critical import Alert, AlertState
from plugin.domain.errors import GateConflict, InvalidInput
from plugin.domain.report import ReportStatus
from tests.unit.workflow.conftest import BLEEDING, SOUND, World


def raised(world: World) -> Alert:
    world.report(BLEEDING)
    alerts = world.store.read(lambda uow: list(uow.alerts.find("A1")))
    assert len(alerts) == 1
    return alerts[0]


def test_a_bleeding_alerts_once_whichever_way_it_comes(world: World) -> None:
    world.sign(report=BLEEDING)
    world.report(BLEEDING)
    alert = raised(world)
    assert (alert.finding.code, alert.finding.tier, alert.state) == ("ICH", "red", AlertState.DETECTED)
    assert alert.due_at == world.clock() + timedelta(minutes=10)
    assert world.jobs() == ["send_notice", "escalate_alert"]


def test_a_second_examination_is_told_again_only_when_it_has_grown(world: World) -> None:
    """The first report is found in the store; sizes decide where the text says nothing of a change."""

    def again(number: str, day: int, size: str) -> list[str]:
        exam = replace(BLEEDING.exam, accession_number=number, performed_at=f"2026-06-0{day} 08:00:00")
        findings = BLEEDING.findings.replace("4.2cm×3.1cm", size)
        world.report(replace(BLEEDING, exam=exam, findings=findings))
        alerts = world.store.read(lambda uow: list(uow.alerts.find(number)))
        return [alert.finding.code for alert in alerts]

    raised(world)
    assert again("A2", 2, "4.2cm×3.1cm") == []
    assert again("A3", 3, "5.6cm×4.0cm") == ["INFARCT_PROGRESS"]
    assert again("A4", 4, "5.6cm×4.0cm") == []


def test_a_sound_report_alerts_nobody(world: World) -> None:
    world.report(SOUND)
    assert world.jobs() == []


def test_the_read_back_must_name_the_finding(world: World) -> None:
    alert = raised(world)
    desk = world.journeys.alerts
    with pytest.raises(InvalidInput, match="does not match"):
        world.store.write(lambda uow: desk.acknowledge(uow, alert.alert_id, "N3", "气胸", "page"))
    done = world.store.write(
        lambda uow: desk.acknowledge(uow, alert.alert_id, "N3", f" {alert.finding.name} ", "page")
    )
    assert (done.state, done.acknowledged_by) == (AlertState.ACKNOWLEDGED, "N3")
    assert world.jobs() == ["send_notice"]


def test_the_second_click_of_the_same_person_and_the_click_of_another(world: World) -> None:
    alert = raised(world)
    desk = world.journeys.alerts
    for _ in range(2):
        world.store.write(lambda uow: desk.acknowledge(uow, alert.alert_id, "N3", "ICH", "page"))
    with pytest.raises(GateConflict):
        world.store.write(lambda uow: desk.acknowledge(uow, alert.alert_id, "N4", "ICH", "page"))


def test_a_correction_revokes_and_whoever_was_told_is_told(world: World) -> None:
    alert = raised(world)
    world.store.write(
        lambda uow: world.journeys.alerts.chase.note_sent(uow, alert.alert_id, "page", delivered=False)
    )
    world.report(
        replace(
            BLEEDING,
            status=ReportStatus.CORRECTED,
            reported_at="2026-06-01 09:00:00",
            findings=SOUND.findings,
            impression=SOUND.impression,
        )
    )
    after = world.store.read(lambda uow: uow.alerts.get(alert.alert_id))
    assert after is not None
    assert after.state is AlertState.REVOKED
    assert world.jobs().count("send_notice") == 2
    with pytest.raises(GateConflict, match="revoked"):
        world.store.write(
            lambda uow: world.journeys.alerts.acknowledge(uow, alert.alert_id, "N3", "ICH", "page")
        )


def test_an_unanswered_alert_climbs_and_an_answered_one_does_not(world: World) -> None:
    alert = raised(world)
    desk = world.journeys.alerts
    risen = world.store.write(lambda uow: desk.chase.escalate(uow, alert.alert_id, 0))
    assert (risen.state, risen.escalation_level) == (AlertState.ESCALATED, 1)
    # The same timer again (two nodes, or a restart) does not climb twice.
    assert world.store.write(lambda uow: desk.chase.escalate(uow, alert.alert_id, 0)) == risen
    world.store.write(lambda uow: desk.acknowledge(uow, alert.alert_id, "N3", "ICH", "page"))
    after = world.store.write(lambda uow: desk.chase.escalate(uow, alert.alert_id, 1))
    assert after.state is AlertState.ACKNOWLEDGED


def test_a_declined_alert_goes_to_the_next_at_once(world: World) -> None:
    alert = raised(world)
    desk = world.journeys.alerts
    with pytest.raises(InvalidInput, match="say why"):
        world.store.write(lambda uow: desk.decline(uow, alert.alert_id, "N3", ""))
    after = world.store.write(lambda uow: desk.decline(uow, alert.alert_id, "N3", "已转科"))
    assert (after.state, after.escalation_level) == (AlertState.ESCALATED, 1)
    states = [step.state for step in world.store.read(lambda uow: uow.alerts.trail(alert.alert_id))]
    assert states == [AlertState.DETECTED, AlertState.DECLINED, AlertState.ESCALATED]


@pytest.mark.parametrize("switches", [{"alerts": False}, {"shadow": True}])
def test_switched_off_it_is_written_down_and_nobody_is_called(
    world: World, switches: dict[str, bool]
) -> None:
    world.switch(**switches)
    assert raised(world).state is AlertState.DETECTED
    assert world.jobs() == []


@pytest.mark.parametrize(
    ("reported_at", "text"), [("", "颅内未见异常。"), ("2026-06-01 09:00", "颅内未见异常。"), ("", "")]
)
def test_a_draft_that_comes_after_its_final_report_takes_nothing_back(
    world: World, reported_at: str, text: str
) -> None:
    """Sent again out of an old queue, or processed again: only a later time says that the report was opened again."""
    final = replace(BLEEDING, reported_at=reported_at)
    world.report(final)
    before = raised(world)
    draft = replace(final, status=ReportStatus.PRELIMINARY)
    if text:
        draft = replace(draft, findings=text, impression=text)
    world.report(draft)
    assert raised(world) == before
    standing = world.store.read(lambda uow: uow.reports.latest("A1"))
    assert standing is not None and standing.status is ReportStatus.FINAL
    world.report(replace(draft, reported_at="2026-06-01 23:00"))
    standing = world.store.read(lambda uow: uow.reports.latest("A1"))
    assert standing is not None and standing.status is ReportStatus.PRELIMINARY


def test_a_preliminary_report_waits_for_the_radiologist(world: World) -> None:
    world.report(replace(BLEEDING, status=ReportStatus.PRELIMINARY))
    alert = world.store.read(lambda uow: uow.alerts.find("A1"))[0]
    assert world.jobs() == []
    world.store.write(lambda uow: world.journeys.alerts.confirm(uow, alert.alert_id, "D7"))
    assert world.jobs() == ["send_notice", "escalate_alert"]
