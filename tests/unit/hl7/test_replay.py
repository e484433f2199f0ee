"""Kept messages read anew: seen first, then done, each in a commit of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, StoppedClock
from fakes import CountingMinter
from stores import temporary_store

from plugin.domain.archive import ArchivedMessage, MessageState
from plugin.domain.errors import GateConflict, InvalidInput, UnknownReport
from plugin.domain.report import Report
from plugin.hl7.dispatch import Dispatcher
from plugin.hl7.meaning import Journeys
from plugin.hl7.profile import Profiles, parse_profile
from plugin.hl7.replay import Replayer
from plugin.hl7.session import Peer
from plugin.kit.settings import read_toml
from plugin.store.store import SqlStore
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import UnitOfWork
from plugin.workflow.receive_order import receive_order

ODD = (
    "MSH|^~\\&|ODD|H1|S|Q|20260601||ORU^R01|1|P|2.4||||||{charset}\rPID|1||P1||张三||19540315|M\r"
    "OBR|1|SQ1|CT1|1^头颅CT平扫|||20260601090000|||||||||||||||20260601||CT|F\r"
    "OBX|1|TX|RPT1^甲||双侧大脑半球对称。\rOBX|2|TX|RPT2^乙||未见明显异常。\r"
)
BASE = {key: value for key, value in read_toml(ROOT / "config/hl7/default.toml").items() if key != "match"}
OURS = {"sections": {"findings": {"codes": ["RPT1"]}, "impression": {"codes": ["RPT2"]}}}

SPLIT: dict[str, dict[str, Any]] = {
    "several": {"message": {"several_messages": "split"}},
    "both": {**OURS, "message": {"several_messages": "split"}},
}
"""Profiles that take several messages in a frame."""


class House:
    """A listener and a replayer on one store."""

    def __init__(self, store: SqlStore, profiles: Profiles, clock: StoppedClock) -> None:
        self.store, self.reports = store, list[Report]()

        def keep(uow: UnitOfWork, report: Report, *, source: str, **_numbers: str) -> None:
            report = replace(report, exam=replace(report.exam, accession_number="CT1"))
            uow.reports.save(report, (), source=source, at=clock(), rulebook="1")
            self.reports.append(report)

        self.dispatcher = Dispatcher(
            store=store,
            profiles=profiles,
            journeys=Journeys(order=receive_order, report=keep),
            around=Surroundings(clock=clock, mint=CountingMinter()),
        )
        self.replayer = Replayer(store, self.dispatcher.interpreter)

    def receive(self, raw: bytes, listener: str = "hl7") -> ArchivedMessage:
        asyncio.run(self.dispatcher(raw, Peer("192.0.2.7", 40000, listener)))
        return self.newest(raw)

    def newest(self, raw: bytes) -> ArchivedMessage:
        raw = raw[max(0, raw.find(b"MSH")) :]
        control_id = raw.split(b"|")[9].decode()
        sender = b"|".join(raw.split(b"|")[2:4]).decode()
        return self.store.read(lambda uow: uow.messages.find(sender, control_id))[0]


@pytest.fixture
def house(tmp_path: Path, profiles: Profiles, clock: StoppedClock) -> Iterator[House]:
    with temporary_store(tmp_path, clock) as store:
        others = [parse_profile(name, said, BASE) for name, said in (("ours", OURS), *SPLIT.items())]
        yield House(store, Profiles([profiles.default, *others]), clock)


def raw(charset: str = "UNICODE UTF-8", codec: str = "utf-8") -> bytes:
    return ODD.format(charset=charset).encode(codec)


def test_a_preview_shows_what_a_profile_takes_out_and_changes_nothing(house: House) -> None:
    kept = house.receive(raw())
    assert kept.state is MessageState.REJECTED
    now = house.replayer.preview(kept.message_id)
    assert now.facts == {} and "RPT1" in now.refused and now.profile == "default"
    chosen = house.replayer.preview(kept.message_id, profile="ours")
    assert (chosen.facts["findings"], chosen.facts["impression"]) == ("双侧大脑半球对称。", "未见明显异常。")
    assert (chosen.refused, chosen.profile, chosen.charset) == ("", "ours", "utf-8")
    assert house.newest(raw()) == kept and not house.reports


def test_a_preview_shows_what_a_charset_makes_of_the_bytes(house: House) -> None:
    kept = house.receive(raw("8859/1", "gb18030"))
    latin, chinese = (
        house.replayer.preview(kept.message_id, charset=name, profile="ours") for name in ("8859/1", "GBK")
    )
    assert (latin.charset, chinese.charset) == ("iso8859-1", "gb18030")
    assert latin.facts.get("patient.name") != chinese.facts["patient.name"] == "张三"
    wrong = house.replayer.preview(kept.message_id, charset="UTF-8", profile="ours")
    assert wrong.facts == {} and "MSH^1^18" in wrong.refused


def test_what_was_previewed_is_what_a_replay_does(house: House) -> None:
    kept = house.receive(raw())
    assert house.replayer.replay(kept.message_id, profile="ours") is MessageState.ACCEPTED
    (done,) = house.reports
    assert done.impression == "未见明显异常。"
    found = house.store.read(lambda uow: uow.messages.get(kept.message_id))
    assert found is not None and found[1].profile == "ours" and found[1].raw == raw()
    with pytest.raises(GateConflict, match="had its effect"):
        house.replayer.replay(kept.message_id, profile="ours")
    assert house.replayer.replay(kept.message_id, profile="ours", again=True) is MessageState.ACCEPTED


def test_a_refusal_again_keeps_the_new_reason(house: House) -> None:
    kept = house.receive(raw())
    assert house.replayer.replay(kept.message_id) is MessageState.REJECTED
    assert house.replayer.replay(kept.message_id, charset="ASCII") is MessageState.QUARANTINED
    assert house.newest(raw()).error != kept.error


def test_choices_that_do_not_exist_are_told_by_name(house: House) -> None:
    kept = house.receive(raw())
    with pytest.raises(InvalidInput, match="'none' is not one of both, default, ours, several"):
        house.replayer.preview(kept.message_id, profile="none")
    with pytest.raises(InvalidInput, match="'KLINGON' is not a character set"):
        house.replayer.preview(kept.message_id, charset="KLINGON")
    with pytest.raises(UnknownReport):
        house.replayer.preview(4711)
    assert house.replayer.profiles == ("both", "default", "ours", "several")


def test_a_message_of_a_profile_that_goes_by_listener_keeps_it(
    tmp_path: Path, profiles: Profiles, clock: StoppedClock
) -> None:
    by_port = parse_profile("by_port", {**OURS, "match": {"listener": ["second"]}}, BASE)
    with temporary_store(tmp_path, clock) as store:
        house = House(store, Profiles([profiles.default, by_port]), clock)
        kept = house.receive(raw(), "second")
        assert kept.state is MessageState.ACCEPTED
        assert house.replayer.preview(kept.message_id).profile == "by_port"


def test_orders_and_patients_are_shown_as_well(house: House, wire: Callable[[str], bytes]) -> None:
    order, update, merge = (
        house.replayer.preview(house.receive(wire(name)).message_id).facts
        for name in ("orm_o01__new", "adt_a08__update", "adt_a40__merge")
    )
    assert order["accession_number"] == "CT1001" and order["patient.name"] == "张三"
    assert update["patient_id"] == "P1001"
    assert (merge["surviving.patient_id"], merge["prior.patient_id"]) == ("P1001", "P0999")


def orders(house: House, *numbers: str) -> list[bool]:
    return [
        house.store.read(lambda uow, number=number: uow.exams.order(number)) is not None  # type: ignore[misc]
        for number in numbers
    ]


def test_a_frame_that_was_refused_whole_is_done_once_its_profile_takes_several(
    house: House, wire: Callable[[str], bytes]
) -> None:
    two = wire("batch__two_orders").split(b"\r", 2)[2].split(b"BTS|")[0]
    kept = house.receive(two)
    assert kept.state is MessageState.REJECTED and orders(house, "CT1001", "CT1002") == [False, False]
    assert house.replayer.replay(kept.message_id) is MessageState.REJECTED, "nothing was mended"
    preview = house.replayer.preview(kept.message_id, profile="several")
    assert (
        preview.facts["[1] accession_number"] == "CT1001"
        and preview.facts["[2] accession_number"] == "CT1002"
    )
    assert house.replayer.replay(kept.message_id, profile="several") is MessageState.ACCEPTED
    assert orders(house, "CT1001", "CT1002") == [True, True]
    alone = house.store.read(lambda uow: uow.messages.find("RIS|放射科", "B1-2"))
    assert [(each.state, each.accession_number) for each in alone] == [(MessageState.ACCEPTED, "CT1002")]
    with pytest.raises(GateConflict, match="had its effect"):
        house.replayer.replay(kept.message_id, profile="several", again=True)


def test_a_batch_that_was_cut_short_stays_refused(house: House, wire: Callable[[str], bytes]) -> None:
    kept = house.receive(wire("batch__two_orders").replace(b"BTS|2", b"BTS|3"))
    assert house.replayer.replay(kept.message_id, profile="several") is not MessageState.ACCEPTED
    assert orders(house, "CT1001", "CT1002") == [False, False]
    assert "BTS" in house.replayer.preview(kept.message_id).refused


def test_a_batch_is_accepted_when_each_of_its_messages_is(house: House, wire: Callable[[str], bytes]) -> None:
    two = wire("batch__two_orders").split(b"\r", 2)[2].split(b"BTS|")[0]
    first, second = two.split(b"MSH|")[1:]
    second = raw("ASCII", "gb18030").split(b"MSH|")[1].replace(b"|1|P|", b"|B1-2|P|")
    kept = house.receive(b"MSH|" + first + b"MSH|" + second)
    assert house.replayer.replay(kept.message_id, profile="several") is MessageState.REJECTED
    assert orders(house, "CT1001") == [True], "one that is refused holds back none"
    found = house.store.read(lambda uow: uow.messages.get(kept.message_id))
    assert found is not None and found[0].error.startswith("1/2: [2] ") and "RPT1" in found[0].error
    assert house.replayer.replay(kept.message_id, profile="both") is MessageState.ACCEPTED
    assert [one.findings for one in house.reports] == ["双侧大脑半球对称。"]
    (order,) = [
        each
        for each in house.store.read(lambda uow: uow.messages.find("RIS|放射科", "B1-1"))
        if each.message_id != kept.message_id
    ]
    assert order.duplicates == 1, "known by its bytes, and not done twice"
