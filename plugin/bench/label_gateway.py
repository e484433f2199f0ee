"""The ingest road beside no road: storescu → SignGate → storescp, and storescu → storescp, the same files.

The hospital has earned its mark for the images, so that each is decided on, marked and
forwarded.  The receiver is DCMTK's, one process for both sides.
"""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from plugin.bench.contest import Contest
from plugin.bench.servers import signgate, wait_until_open
from plugin.bootstrap.journeys import build_journeys
from plugin.bootstrap.surroundings import surroundings
from plugin.kit.free_ports import neighbouring_ports
from plugin.site.gate import load_gate
from plugin.site.settings import load_site
from plugin.store.store import open_store

RECEIVER = "BENCHSCP"
EVALUATION = ("E1", "chuanyu", "LOCAL", "全部", "", "合格", "2020-01-01", "2099-12-31")
HEADINGS = ("编号", "区域", "机构", "项目", "设备", "结论", "有效期自", "有效期至")


def contests(config_dir: Path, work_dir: Path, files: list[Path]) -> Iterator[Contest]:
    """Throughput with and without us; nothing where DCMTK is not installed.

    Parameters
    ----------
    files
        Images of one hospital's chest CT, ``测试医院`` in InstitutionName.
    """
    storescu, storescp = shutil.which("storescu"), shutil.which("storescp")
    if not storescu or not storescp:
        return
    with _receiver(storescp, work_dir) as port, _gateway(config_dir, work_dir, port) as door:

        def sent(ae_title: str, to: int) -> float:
            started = time.perf_counter()
            command = [storescu, "-aec", ae_title, "127.0.0.1", str(to), *map(str, files)]
            subprocess.run(command, check=True, capture_output=True)
            return len(files) / (time.perf_counter() - started)

        yield Contest(
            name=f"gateway, {len(files)} CT images",
            unit="images/s",
            larger_is_better=True,
            runs={
                "signgate": lambda: sent("SIGNGATE", door),
                "storescu → storescp alone": lambda: sent(RECEIVER, port),
            },
            goals={"storescu → storescp alone": 0.9},
        )


@contextmanager
def _receiver(program: str, work_dir: Path) -> Iterator[int]:
    folder = work_dir / "received"
    folder.mkdir()
    port = neighbouring_ports(1)
    command = [program, "--fork", "-aet", RECEIVER, "-od", str(folder), "+xa", "-pdu", "131072", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait_until_open(port)
            yield port
        finally:
            process.terminate()


@contextmanager
def _gateway(config_dir: Path, work_dir: Path, port: int) -> Iterator[int]:
    """Our DIMSE port: a hospital on the region's list, its results passed, its archive the receiver."""
    config, data = work_dir / "gateway-config", work_dir / "gateway-data"
    shutil.copytree(config_dir, config)
    data.mkdir()
    site_file = config / "site.toml"
    text = site_file.read_text("utf-8").replace("regions = []", 'regions = ["chuanyu"]')
    text = re.sub(
        r"(?s)\[pacs\.archive\].*?(?=\n\n)",
        f'[pacs.archive]\nae_title = "{RECEIVER}"\nport = {port}\ncommitment = "none"',
        text,
        count=1,
    )
    site_file.write_text(text, "utf-8")
    site = load_site(config)
    around = surroundings(site)
    keeper = build_journeys(site, load_gate(config), config, around).recognition
    table = io.StringIO()
    csv.writer(table).writerows([HEADINGS, EVALUATION])
    with open_store(site.store, data, around.clock) as store:
        store.write(lambda uow: keeper.take_evaluations(uow, table.getvalue().encode(), "bench"))
    with signgate(config, data) as running:
        yield running.port + 2
