"""A SignGate whose hospital takes part in mutual recognition, for tests that run it whole."""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pydicom
from conftest import ROOT
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset

DAY = (datetime.now(ZoneInfo("Asia/Shanghai")) - timedelta(days=1)).strftime("%Y%m%d")
"""Yesterday by the hospital's clock: past, wherever this runs and whichever midnight comes meanwhile."""

TABLE = (
    "编号,区域,机构,项目,设备,结论,有效期自,有效期至\n"
    "E1,chuanyu,LOCAL,全部,,{verdict},2026-01-01,2099-12-31\n"
)


def configured(folder: Path) -> Path:
    """The shipped configuration, for a hospital on the region's list."""
    config = folder / "config"
    shutil.copytree(ROOT / "config", config)
    site = config / "site.toml"
    text = site.read_text("utf-8").replace(
        "regions = []", 'regions = ["chuanyu"]\naliases = ["TEST HOSPITAL"]'
    )
    site.write_text(text, "utf-8")
    return config


def evaluate(config: Path, data: Path, verdict: str) -> None:
    table = data.parent / "table.csv"
    table.write_text(TABLE.format(verdict=verdict), "utf-8")
    places = ["--config", str(config), "--data", str(data)]
    subprocess.run(
        [sys.executable, "-m", "plugin", "recognition", "evaluations", str(table), "--author", "qc", *places],
        check=True,
        capture_output=True,
    )


def chest() -> Dataset:
    """A chest CT of yesterday that the hospital may mark."""
    ds = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.AccessionNumber, ds.PatientID, ds.IssuerOfPatientID = "A1", "P1", "H001"
    ds.StudyDate, ds.StudyDescription, ds.InstitutionName = DAY, "胸部CT平扫", "Test Hospital"
    return ds
