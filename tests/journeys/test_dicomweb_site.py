"""A running site that sends to a DICOMweb node and reads from it: Orthanc with its dicomweb plugin."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from orthanc import running_orthanc
from patience import PATIENCE_S, until
from running_site import Console, running_site, score

from plugin.pacs.dicomweb import DicomWeb, DicomWebNode
from plugin.sr.content import Disclosure
from plugin.sr.read import read


@pytest.mark.slow
def test_a_summary_goes_by_stow_is_proven_by_a_query_and_read_back_on_the_page(tmp_path: Path) -> None:
    folder = tmp_path / "orthanc"
    folder.mkdir()
    with running_orthanc(folder, {"SIGNGATE": ("127.0.0.1", 1)}) as orthanc:
        node = (
            f'[dicomweb.region]\nurl = "{orthanc.dicomweb}"\ndisclosure = "summary"\n'
            f'user = "{orthanc.user}"\npassword = "{orthanc.password}"\npdf_twin = true\n'
        )
        with running_site(tmp_path / "site", node, ("region",)) as gate:
            score(gate)
            console = Console(gate, "head")
            # The SR and its twin.
            until(lambda: console.text("/console/exams/A1").count("→ region 已存") == 2, pause_s=0.5)
            page = console.text("/console/sr?source=region&accession_number=A1")
            assert "报告质量" in page or "A1" in page, page
            reading = DicomWeb(
                DicomWebNode(url=orthanc.dicomweb, user=orthanc.user, password=orthanc.password)
            )
            [study] = reading.find_studies(AccessionNumber="A1")
            uid = str(study.StudyInstanceUID)
            found = [read(ds) for ds in reading.get(uid) if str(ds.SOPClassUID).endswith("88.22")]
            [document] = found
            assert document.content is not None
            assert document.content.disclosure is Disclosure.SUMMARY
            assert document.content.scored[0].sheet.scorer_name == ""
            shown = console.text(f"/console/sr/region/{uid}")
            assert "5 分" in shown, shown[:2000]
            assert "测试医师庚" not in shown
            account = {"SIGNGATE_DICOMWEB_USER": orthanc.user, "SIGNGATE_DICOMWEB_PASSWORD": orthanc.password}
            fetched = subprocess.run(
                [sys.executable, "-m", "plugin", "sr", "fetch", "--study", uid, "--from", orthanc.dicomweb],
                env={**os.environ, **account},
                capture_output=True,
                text=True,
                check=False,
                timeout=PATIENCE_S,
            )
            assert fetched.returncode == 0, fetched.stderr
            assert "报告质量" in fetched.stdout
            assert gate.terminate() == 0
