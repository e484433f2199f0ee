"""An embedded PACS on a free port, and a client that it knows."""

from __future__ import annotations

import pytest
from patience import PATIENCE_S

from plugin.embedded_pacs import EmbeddedPacs
from plugin.pacs.node import PacsNode
from plugin.pacs.scu import Scu


@pytest.fixture
def archive(tmp_path):
    pacs = EmbeddedPacs(tmp_path / "pacs", port=0)
    pacs.start()
    yield pacs
    pacs.stop()


@pytest.fixture
def scu(archive):
    node = PacsNode(ae_title=archive.ae_title, port=archive.port, answer_timeout_s=PATIENCE_S)
    with Scu(node) as client:
        yield client
