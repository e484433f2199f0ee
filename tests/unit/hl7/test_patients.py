"""ADT: updates and merges."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hl7_peers import opened

from plugin.domain.errors import MessageRejected
from plugin.hl7 import header as msh
from plugin.hl7.meaning import _merges, _update, reader_for
from plugin.hl7.patients import MERGES, UPDATES, read_merges, read_update
from plugin.hl7.profile import Profiles, parse_profile

HEAD = b"MSH|^~\\&|HIS|H1|S|Q|1||ADT^A40|1|P|2.4\r"


def test_an_update(wire: Callable[[str], bytes], profiles: Profiles) -> None:
    patient = read_update(opened(wire("adt_a08__update")), profiles.default)
    assert (patient.patient_id, patient.name, patient.age) == ("P1001", "张三", "")


def test_a_merge(wire: Callable[[str], bytes], profiles: Profiles) -> None:
    (merge,) = read_merges(opened(wire("adt_a40__merge")), profiles.default)
    assert (merge.surviving.patient_id, merge.prior.patient_id) == ("P1001", "P0999")
    assert merge.prior.assigning_authority == "HIS"


def test_several_merges_in_order(profiles: Profiles) -> None:
    body = b"PID|1||A\rMRG|B\rPID|2||C\rMRG|D^^^HIS\r"
    merges = read_merges(opened(HEAD + body), profiles.default)
    assert [(m.surviving.patient_id, m.prior.patient_id) for m in merges] == [("A", "B"), ("C", "D")]


@pytest.mark.parametrize("body", [b"", b"PID|1||A\r", b"MRG|B\r", b"PID|1||A\rMRG|\r", b"PID|1||\rMRG|B\r"])
def test_half_a_merge_is_refused(body: bytes, profiles: Profiles) -> None:
    with pytest.raises(MessageRejected, match="MRG"):
        read_merges(opened(HEAD + body), profiles.default)


def test_an_update_without_an_identifier_is_refused(profiles: Profiles) -> None:
    for body in (b"", b"PID|1||\r"):
        with pytest.raises(MessageRejected, match="PID"):
            read_update(opened(HEAD + body), profiles.default)


def test_the_prior_identifier_is_read_as_the_profile_reads_the_surviving_one() -> None:
    where = {"patient_id": ["PID-3[4.2=PATID].1"], "assigning_authority": []}
    profile = parse_profile("site", {"patient": where})
    body = b"PID|1||X1^^^&SFZH~P1^^^&PATID\rMRG|X2^^^&SFZH~P2^^^&PATID\rPID|2||P3^^^&PATID\rMRG|P4\r"
    merges = read_merges(opened(HEAD + body), profile)
    found = [
        (each.surviving.patient_id, each.prior.patient_id, each.prior.assigning_authority) for each in merges
    ]
    assert found == [("P1", "P2", ""), ("P3", "P4", "")]


@pytest.mark.parametrize("event", sorted(MERGES | UPDATES))
def test_every_event_has_its_reader(event: str) -> None:
    head = msh.read(HEAD.replace(b"A40", event.encode()))
    assert reader_for(head) is (_merges if event in MERGES else _update)


@pytest.mark.parametrize("event", ["A35", "A39", "A41", "A43", "A45"])
def test_what_moves_something_else_than_a_patient_is_no_merge(event: str) -> None:
    with pytest.raises(MessageRejected, match=f"event ADT {event} is not supported"):
        reader_for(msh.read(HEAD.replace(b"A40", event.encode())))
