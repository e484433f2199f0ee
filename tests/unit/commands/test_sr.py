"""``signgate sr``: read and fetch, as a downstream hospital would."""

from __future__ import annotations

import json

import pydicom
import pytest
from click.testing import CliRunner
from pydicom.data import get_testdata_file
from sr_samples import STUDY, content

from plugin.commands.sr import command
from plugin.domain.errors import DeliveryFailed, InvalidInput
from plugin.embedded_pacs import EmbeddedPacs
from plugin.pacs.node import PacsNode
from plugin.pacs.scu import Scu
from plugin.sr import kos
from plugin.sr.content import Disclosure
from plugin.sr.qc_sr import build
from plugin.sr.read import dataset_bytes


def run(*arguments: str):
    return CliRunner().invoke(command, list(arguments), catch_exceptions=True)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "sr.dcm"
    path.write_bytes(dataset_bytes(build(content(charset="GB18030"))))
    return path


@pytest.mark.parametrize(
    ("shape", "expected"), [("text", "分数: 4 分"), ("html", "<h2>报告质量"), ("json", '"score": 4')]
)
def test_read_a_file(file, shape, expected):
    done = run("read", str(file), "--format", shape)
    assert done.exit_code == 0, done.output
    assert expected in done.output
    assert "张三" in done.output


def test_read_a_folder_as_one_document_a_line(file):
    (file.parent / "second.dcm").write_bytes(file.read_bytes())
    done = run("read", str(file.parent), "--format", "json")
    assert [json.loads(line)["source"] for line in done.output.splitlines()] == ["second.dcm", "sr.dcm"]


def test_a_folder_is_one_page(file):
    (file.parent / "second.dcm").write_bytes(file.read_bytes())
    page = run("read", str(file.parent), "--format", "html").output
    assert page.count("<html") == page.count("</html>") == 1
    assert page.count("<h1>") == 2
    assert page.endswith("</main></body></html>\n")


def test_what_is_no_dicom_file_is_exit_status_1(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("no DICOM")
    assert run("read", str(path)).exit_code == 1
    assert isinstance(run("read", str(tmp_path)).exception, InvalidInput)


def test_an_absent_file_is_wrong_use(tmp_path):
    assert run("read", str(tmp_path / "none.dcm")).exit_code == 2


@pytest.fixture
def archive(tmp_path):
    pacs = EmbeddedPacs(tmp_path / "pacs", port=0)
    pacs.start()
    summary = content(disclosure=Disclosure.SUMMARY)
    issue = kos.KosContent(
        purpose=kos.Purpose.QUALITY_ISSUE,
        patient=summary.patient,
        study=summary.study,
        images=summary.evidence,
        problem="motion",
        sop_instance_uid="2.25.70",
        series_instance_uid="2.25.71",
        created_at=summary.created_at,
    )
    with Scu(PacsNode(ae_title=pacs.ae_title, port=pacs.port)) as scu:
        scu.store([build(summary), kos.build(issue)])
    yield pacs
    pacs.stop()


def test_fetch_finds_the_result_and_the_label_of_a_study(archive, tmp_path):
    source = f"{archive.ae_title}@127.0.0.1:{archive.port}"
    done = run(
        "fetch", "--study", STUDY, "--from", source, "--format", "json", "--out", str(tmp_path / "kept")
    )
    assert done.exit_code == 0, done.output
    [document] = [json.loads(line) for line in done.output.splitlines()]
    assert document["qc"]["disclosure"] == "summary"
    assert [o["score"] for o in document["qc"]["objects"]] == [None, 3, 4]
    assert document["qc"]["label"]["mark"] == "川渝 HR"
    assert sorted(p.name for p in (tmp_path / "kept").iterdir()) == ["2.25.1001.dcm", "2.25.70.dcm"]
    everything = run("fetch", "--study", STUDY, "--from", source, "--format", "json", "--all")
    assert len(everything.output.splitlines()) == 2


def test_fetch_shows_the_label_behind_the_institutions_name(archive):
    image = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
    image.StudyInstanceUID, image.InstitutionName = STUDY, "某某医院 川渝 HR"
    image.SpecificCharacterSet = "ISO_IR 192"
    with Scu(PacsNode(ae_title=archive.ae_title, port=archive.port)) as scu:
        scu.store([image])
    source = f"{archive.ae_title}@127.0.0.1:{archive.port}"
    assert "某某医院 川渝 HR" in run("fetch", "--study", STUDY, "--from", source).output
    told = run("fetch", "--study", STUDY, "--from", source, "--format", "json").output.splitlines()
    assert json.loads(told[-1]) == {"institution_names": ["某某医院 川渝 HR"]}


def test_fetch_says_when_there_is_none(archive):
    source = f"{archive.ae_title}@127.0.0.1:{archive.port}"
    done = run("fetch", "--study", "2.25.404", "--from", source)
    assert isinstance(done.exception, DeliveryFailed)
    assert "no QC result" in str(done.exception)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--study", "../x", "--from", "A@127.0.0.1:1"),
        ("--study", "1.2", "--from", "nonsense"),
        ("--study", "1.2", "--from", "http://user:secret@127.0.0.1/"),
        ("--from", "A@127.0.0.1:1"),
    ],
)
def test_wrong_use_is_exit_status_2(arguments):
    done = run("fetch", *arguments)
    assert done.exit_code == 2
    assert "secret" not in done.output
