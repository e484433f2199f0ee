"""Merges of patients: followed, in chains and circles, and undone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from plugin.domain.errors import InvalidInput
from plugin.domain.patient import Patient, PatientMerge
from plugin.domain.report import Exam, Report
from plugin.store.link import Prepared
from plugin.store.store import SqlStore
from plugin.store.tables.exams import exams

NOW = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)


def merged(store: SqlStore, *pairs: str) -> list[int]:
    """Merges of patients by one letter each, ``AB``: A into B."""
    return [
        store.write(
            lambda u, pair=pair: u.patients.merge(
                PatientMerge(prior=of(pair[0]), surviving=of(pair[1])), None, NOW
            )
        )
        for pair in pairs
    ]


def of(letter: str) -> Patient:
    return Patient(patient_id=letter, assigning_authority="H1")


def filed(store: SqlStore, letter: str, accession_number: str) -> None:
    """A report that bears a patient's identifier, filed as its journey files it."""
    kept = Report(patient=of(letter), exam=Exam(accession_number=accession_number), findings="双肺纹理清晰。")
    store.write(lambda u: u.reports.save(kept, (), source="oru", at=NOW, rulebook="1"))
    store.write(lambda u: u.patients.follow_merge(of(letter), accession_number))


def files(store: SqlStore) -> dict[str, str]:
    where = Prepared(select(exams.c.accession_number, exams.c.patient_id))
    return dict(store.read(lambda u: u.link.rows(where, {})))


@pytest.mark.parametrize(
    ("pairs", "alive"),
    [
        (("AB", "BA"), "A"),
        (("AB", "BC", "CA"), "A"),
        (("AB", "BA", "AB"), "B"),
        (("AB", "BC"), "C"),
        (("BC", "AB"), "C"),
    ],
    ids=["taken back", "in a circle", "taken back and done again", "a chain", "a chain in the wrong order"],
)  # fmt: skip
def test_whoever_the_newest_merge_leaves_gets_what_came_before_and_after(
    store: SqlStore, pairs: tuple[str, ...], alive: str
) -> None:
    letters = sorted(set("".join(pairs)))
    for letter in letters:
        filed(store, letter, f"BEFORE-{letter}")
    merges = merged(store, *pairs)
    for letter in letters:
        filed(store, letter, f"AFTER-{letter}")
        assert store.read(lambda u, letter=letter: u.patients.surviving(of(letter))).patient_id == alive
    assert set(files(store).values()) == {alive}
    for merge_id in merges if pairs == ("BC", "AB") else reversed(merges):
        store.write(lambda u, merge_id=merge_id: u.patients.undo_merge(merge_id, NOW))
    assert files(store) == {name: name[-1] for name in files(store)}, "all undone: each with its own again"


def test_a_chain_that_came_in_the_wrong_order_is_undone_from_its_end(store: SqlStore) -> None:
    filed(store, "A", "A1")
    first, second = merged(store, "BC", "AB")
    with pytest.raises(InvalidInput, match=f"undo merge {first} first"):
        store.write(lambda u: u.patients.undo_merge(second, NOW))


def test_a_merge_that_a_later_one_has_built_on_is_not_undone_before_it(store: SqlStore) -> None:
    one, two, three = (Patient(patient_id=each, assigning_authority="H1") for each in ("P1", "P2", "P3"))
    kept = Report(patient=one, exam=Exam(accession_number="M1"), findings="双肺纹理清晰。")
    store.write(lambda u: u.reports.save(kept, (), source="oru", at=NOW, rulebook="1"))
    first = store.write(lambda u: u.patients.merge(PatientMerge(prior=one, surviving=two), None, NOW))
    second = store.write(lambda u: u.patients.merge(PatientMerge(prior=two, surviving=three), None, NOW))
    with pytest.raises(InvalidInput, match=f"undo merge {second} first"):
        store.write(lambda u: u.patients.undo_merge(first, NOW))
    assert store.write(lambda u: u.patients.undo_merge(second, NOW)) == 1
    assert store.write(lambda u: u.patients.undo_merge(first, NOW)) == 1


def test_the_same_merge_asked_for_again_is_one_merge_and_undone_once(store: SqlStore) -> None:
    filed(store, "A", "A1")
    first, again = merged(store, "AB", "AB")
    assert first == again
    filed(store, "A", "A2")
    assert store.write(lambda u: u.patients.undo_merge(first, NOW)) == 2
    assert files(store) == {"A1": "A", "A2": "A"}
    with pytest.raises(InvalidInput, match="it was undone before"):
        store.write(lambda u: u.patients.undo_merge(first, NOW))


def test_a_name_said_of_a_merged_identifier_stays_with_what_came_under_it(store: SqlStore) -> None:
    filed(store, "A", "A1")
    filed(store, "B", "B1")
    (merge,) = merged(store, "AB")
    filed(store, "A", "A2")
    assert store.write(lambda u: u.patients.rename(replace(of("A"), name="李四"))) == 2
    assert store.write(lambda u: u.patients.rename(replace(of("B"), name="王五"))) == 3
    assert store.write(lambda u: u.patients.rename(replace(of("A"), name="李四"))) == 2
    store.write(lambda u: u.patients.undo_merge(merge, NOW))
    where = Prepared(select(exams.c.accession_number, exams.c.patient_name))
    assert dict(store.read(lambda u: u.link.rows(where, {}))) == {"A1": "李四", "A2": "李四", "B1": "王五"}
