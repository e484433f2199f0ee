"""Every public sample is understood, or refused with an ACK that says why; and is found in the archive."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from conftest import StoppedClock
from fakes import CountingMinter
from stores import temporary_store

from plugin.domain.archive import MessageState
from plugin.domain.report import Report
from plugin.hl7 import charset, header
from plugin.hl7.answer import read_answer
from plugin.hl7.dispatch import Dispatcher
from plugin.hl7.meaning import Journeys
from plugin.hl7.mllp import Block, Deframer, frame
from plugin.hl7.profile import Profiles
from plugin.hl7.session import Peer
from plugin.store.store import SqlStore
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import UnitOfWork
from plugin.workflow.receive_order import receive_order

pytestmark = pytest.mark.shared


def test_all_samples(shared: Path, tmp_path: Path, profiles: Profiles, clock: StoppedClock) -> None:
    folder = shared / "samples" / "hl7"
    entries = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert len(entries) == 123
    outcomes: dict[str, str] = {}

    def keep(
        uow: UnitOfWork, report: Report, *, source: str, placer_order_number: str, filler_order_number: str
    ) -> None:
        assert "\ufffd" not in report.findings + report.impression + report.patient.name
        assert report.findings or report.impression

    with temporary_store(tmp_path, clock) as store:
        dispatcher = Dispatcher(
            store=store,
            profiles=profiles,
            journeys=Journeys(order=receive_order, report=keep),
            around=Surroundings(clock=clock, mint=CountingMinter()),
        )
        for entry in entries:
            raw = (folder / entry["file"]).read_bytes()
            # The constructed samples share one control ID and MSH-7, which decisions 10 refuses.
            block = unframed(raw).replace(b"|RIS2024061200418|", b"|RIS%d|" % len(outcomes))
            # Of the others, some share their control IDs on different days.
            clock.advance(days=2)
            answer = asyncio.run(dispatcher(block, Peer("192.0.2.1", 1)))
            if answer is None:
                assert wants_no_answer(block), entry["file"]
                assert understood(store, len(outcomes) + 1), entry["file"]
                outcomes[entry["file"]] = "none"
            else:
                reply = read_answer(answer)
                outcomes[entry["file"]] = reply.code
                assert reply.accepted or (reply.text and reply.error), entry["file"]
            number = len(outcomes)
            kept = store.read(lambda uow, number=number: uow.messages.get(number))
            assert kept is not None and kept[1].raw == block, entry["file"]
            assert kept[0].error or kept[0].state is MessageState.ACCEPTED
    chinese = {name: code for name, code in outcomes.items() if name.startswith("zh/")}
    refused = {name[3:8] for name, code in chinese.items() if code not in ("AA", "CA")}
    # Measurements only, a document without text, two that are no report or order, a truncated frame.
    assert refused == {"zh_08", "zh_10", "zh_11", "zh_17", "zh_32"}, chinese
    taken = [name for name, code in outcomes.items() if code in ("AA", "CA", "none")]
    assert len(taken) >= 30, outcomes


def test_every_sample_is_decoded_to_the_text_it_was_written_as(shared: Path) -> None:
    folder = shared / "samples" / "hl7"
    for entry in json.loads((folder / "manifest.json").read_text(encoding="utf-8")):
        if "bytes_encoding" not in entry:
            continue
        block = unframed((folder / entry["file"]).read_bytes())
        decoded = charset.decode(block, header.read(block).codec)
        assert decoded.text == block.decode(entry["bytes_encoding"]).lstrip("\ufeff"), entry["file"]


def unframed(raw: bytes) -> bytes:
    """The message of a sample, some of which were saved with frame characters."""
    if not raw.startswith(b"\x0b"):
        return raw
    found = list(Deframer().feed(raw if b"\x1c" in raw else frame(raw[1:])))
    assert len(found) == 1
    (block,) = found
    assert isinstance(block, Block)
    return block.payload


def understood(store: SqlStore, number: int) -> bool:
    kept = store.read(lambda uow: uow.messages.get(number))
    return kept is not None and kept[0].state is MessageState.ACCEPTED


def wants_no_answer(block: bytes) -> bool:
    head = header.read(block)
    return (head.text(15), head.text(16)) == ("NE", "NE")
