"""Key Object Selections: found by viewers, refused without a person's word."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from dicom_tools import dciodvfy_errors, dsrdump
from sr_samples import IMAGES, NOW, content

from plugin.domain.errors import InvalidInput
from plugin.sr.kos import PROBLEMS, TITLES, KosContent, Purpose, build
from plugin.sr.read import read

SELECTION = KosContent(
    purpose=Purpose.QUALITY_ISSUE,
    patient=content().patient,
    study=content().study,
    images=content().evidence,
    problem="motion",
    sop_instance_uid="2.25.7",
    series_instance_uid="2.25.8",
    created_at=NOW,
    description="呼吸伪影，建议重新采集",
    observer_name="李四",
    institution_name="某某市第一人民医院",
)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_every_problem_is_valid_and_readable(problem, tmp_path):
    path = tmp_path / "kos.dcm"
    build(replace(SELECTION, problem=problem)).save_as(path)
    assert dciodvfy_errors(path) == []
    shown = dsrdump(path)
    assert "呼吸伪影" in shown
    assert PROBLEMS[problem].meaning in shown


def test_images_have_no_concept_name_and_are_evidence():
    ds = build(SELECTION)
    images = [item for item in ds.ContentSequence if item.ValueType == "IMAGE"]
    assert [item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID for item in images] == [
        u for _, u in IMAGES
    ]
    assert all("ConceptNameCodeSequence" not in item for item in images)
    series = ds.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence[0]
    assert len(series.ReferencedSOPSequence) == len(IMAGES)


def test_titles_are_in_english_and_without_versions():
    title = build(SELECTION).ConceptNameCodeSequence[0]
    assert (title.CodeValue, title.CodeMeaning) == ("113010", "Quality Issue")
    assert "CodingSchemeVersion" not in title


@pytest.mark.parametrize("purpose", [Purpose.REJECTED, Purpose.RESTORED])
def test_rejection_needs_the_switch_and_a_person(purpose, tmp_path):
    wanted = replace(SELECTION, purpose=purpose, confirmed_by="孙八")
    with pytest.raises(InvalidInput, match="switch is off"):
        build(wanted)
    with pytest.raises(InvalidInput, match="confirmation"):
        build(replace(wanted, confirmed_by=""), rejection_allowed=True)
    ds = build(wanted, rejection_allowed=True)
    assert ds.ConceptNameCodeSequence[0].CodeMeaning == TITLES[purpose].meaning
    assert any(str(item.get("PersonName", "")) == "孙八" for item in ds.ContentSequence)
    ds.save_as(tmp_path / "kos.dcm")
    assert dciodvfy_errors(tmp_path / "kos.dcm") == []


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"images": ()}, "images"),
        ({"problem": "ugly"}, "problem"),
        ({"sop_instance_uid": "x"}, "sop_instance_uid"),
        ({"created_at": NOW.replace(tzinfo=None)}, "created_at"),
    ],
)
def test_what_cannot_be_written_is_named(changes, where):
    with pytest.raises(InvalidInput) as refused:
        build(replace(SELECTION, **changes))
    assert refused.value.where == where


def test_the_reader_shows_it_as_a_tree():
    document = read(build(SELECTION))
    assert document.title == "Quality Issue"
    assert document.content is None
    assert not document.notes


def test_equal_to_what_highdicom_builds():
    peer = pytest.importorskip("plugin.bench.highdicom_sr")
    title, children = peer.key_objects(content(), TITLES[Purpose.QUALITY_ISSUE], SELECTION.description)
    ours = build(replace(SELECTION, observer_name=""))
    modifier, *rest = ours.ContentSequence  # highdicom has no argument for a title modifier
    assert modifier.ConceptNameCodeSequence[0].CodeValue == "113011"
    assert ours.ConceptNameCodeSequence[0] == title
    assert sorted(map(_plain, rest)) == sorted(map(_plain, children))


def _plain(item) -> str:
    return json.dumps(item.to_json_dict(), sort_keys=True)
