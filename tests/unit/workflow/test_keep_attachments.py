"""What came beside the text is kept with the report, within a limit, and never stops it."""

from __future__ import annotations

from dataclasses import replace

from plugin.domain.attachment import Attachment, AttachmentFault
from plugin.workflow.keep_attachments import MOST
from tests.unit.workflow.conftest import SOUND, World

PDF = Attachment(code="ZMF", media_type="application/pdf", content=b"%PDF-1.4", size=8)


def kept(world: World) -> list[Attachment]:
    return [each.attachment for each in world.store.read(lambda uow: uow.attachments.for_exam("A1"))]


def test_it_is_found_by_the_number_the_report_is_kept_under(world: World) -> None:
    keep = world.journeys.attachments
    unnumbered = replace(SOUND, exam=replace(SOUND.exam, accession_number=""))
    world.store.write(lambda uow: keep(uow, 1, unnumbered, [PDF], filler_order_number="A1"))
    (one,) = kept(world)
    assert (one.code, one.size) == ("ZMF", 8)


def test_one_that_is_too_large_is_noted_by_its_size(world: World) -> None:
    keep = replace(world.journeys.attachments, most_bytes=7)
    world.store.write(lambda uow: keep(uow, 1, SOUND, [PDF]))
    assert [(one.fault, one.size) for one in kept(world)] == [(AttachmentFault.TOO_LARGE, 8)]


def test_a_report_has_no_end_of_attachments(world: World) -> None:
    many = [replace(PDF, code=str(number)) for number in range(MOST + 5)]
    world.store.write(lambda uow: world.journeys.attachments(uow, 1, SOUND, many))
    assert len(kept(world)) == MOST
