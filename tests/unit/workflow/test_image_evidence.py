"""Images that have passed speak in the popup: as issues, and as lines suggested for 图像质量."""

from __future__ import annotations

from dataclasses import replace

from plugin.domain.image import ImageFacts
from plugin.rules.scoring import suggest
from tests.unit.workflow.conftest import PATIENT, SOUND, World

IMAGE = ImageFacts(
    sop_instance_uid="1.2.3",
    series_instance_uid="1.2",
    modality="CT",
    patient_id=PATIENT.patient_id,
    accession_number="A1",
)


def rules_of(world: World) -> set[str]:
    return {issue.rule for issue in world.store.read(lambda uow: uow.reports.issues("A1"))}


def test_an_image_of_another_patient_suggests_the_fatal_line(world: World) -> None:
    world.order()
    evidence = world.journeys.labels.evidence
    world.store.write(
        lambda uow: evidence.note(uow, replace(IMAGE, patient_id="P2", lossy=True), world.clock())
    )
    world.report(SOUND)
    assert {"image_identity", "lossy_compression"} <= rules_of(world)
    issues = world.store.read(lambda uow: uow.reports.issues("A1"))
    answers = suggest(world.journeys.forms.get("image"), issues)
    assert answers.present == {"IMG-F3"}
    assert answers.unmet == {"IMG-C4"}


def test_without_images_nothing_is_said_of_them(world: World) -> None:
    world.order()
    inspection = world.store.read(lambda uow: world.journeys.receive_report.inspect(uow, SOUND))
    assert "image" not in inspection.suggested_scores


def test_a_disease_pack_speaks_through_the_report(world: World) -> None:
    world.report(replace(SOUND, impression="考虑肺包虫病。"))
    assert "disease_pack" in rules_of(world)
