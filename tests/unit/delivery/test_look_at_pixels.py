"""Pixels looked at beside the road: none is lost that fits, none stops the others, nothing waits for it."""

from __future__ import annotations

import threading
import time

from patience import until

from plugin.delivery.look_at_pixels import LookAtPixels
from plugin.domain.errors import InvalidInput
from plugin.domain.image import ImageFacts, PixelFigures

FIGURES = PixelFigures(lowest=0, highest=9, share_darkest=0.1, share_brightest=0.1)


def facts(number: int) -> ImageFacts:
    return ImageFacts(sop_instance_uid=str(number), series_instance_uid="1", accession_number="A1")


def wait_for(kept: list[ImageFacts], count: int) -> None:
    until(lambda: len(kept) >= count)


def test_every_image_gets_its_figures_and_a_broken_one_stops_nobody() -> None:
    kept: list[ImageFacts] = []

    def measure(part10: bytes) -> PixelFigures:
        if part10 == b"broken":
            raise InvalidInput("pixels", "cannot be decoded")
        if part10 == b"worse":
            raise MemoryError
        return FIGURES

    look = LookAtPixels(measure=measure, keep=kept.append, share=1.0)
    for number, part10 in enumerate((b"a", b"broken", b"worse", b"b")):
        look(facts(number), part10)
    wait_for(kept, 2)
    assert [(each.sop_instance_uid, each.pixels) for each in kept] == [("0", FIGURES), ("3", FIGURES)]
    look(facts(9), b"again")
    wait_for(kept, 3)
    assert kept[-1].sop_instance_uid == "9", "the thread comes back when there is work again"
    look.stop()


def test_what_would_need_too_much_memory_is_passed_over_and_nobody_waits() -> None:
    going, kept = threading.Event(), []

    def measure(_: bytes) -> PixelFigures:
        going.wait()
        return FIGURES

    look = LookAtPixels(measure=measure, keep=kept.append, most_bytes=100, share=1.0)
    for number in range(10):
        look(facts(number), bytes(40))
    assert kept == [], "nobody waited for a measure that is still under way"
    assert look.passed_over >= 7
    going.set()
    wait_for(kept, 10 - look.passed_over)
    assert len(kept) == 10 - look.passed_over
    look.stop()


def test_it_takes_only_its_share_of_the_time() -> None:
    kept: list[ImageFacts] = []

    def measure(_: bytes) -> PixelFigures:
        end = time.thread_time() + 0.02
        while time.thread_time() < end:
            pass
        return FIGURES

    look = LookAtPixels(measure=measure, keep=kept.append, share=0.25)
    started = time.monotonic()
    for number in range(5):
        look(facts(number), b"x")
    wait_for(kept, 5)
    assert time.monotonic() - started > 4 * 0.06
    look.stop()


def test_a_stop_leaves_what_waits() -> None:
    look = LookAtPixels(measure=lambda _: FIGURES, keep=lambda _: None, share=0.001)
    for number in range(5):
        look(facts(number), b"x")
    look.stop()
    look(facts(9), b"x")
    assert look.passed_over == 1
