"""The checkpoint holds its waiter before anybody goes on; answers are never taken by the reactor."""

from __future__ import annotations

import sys
import time
from threading import Thread

import pytest
from patience import PATIENCE_S
from pynetdicom.association import Association
from sr_samples import STUDY, content

from plugin.embedded_pacs import EmbeddedPacs
from plugin.pacs.node import PacsNode
from plugin.pacs.scu import Scu
from plugin.pacs.steady import Checkpoint
from plugin.sr.qc_sr import build


def test_after_clear_the_waiter_makes_no_more_rounds():
    rounds = [0]
    running = [True]

    def reactor() -> None:
        while running[0]:
            checkpoint.wait()
            rounds[0] += 1

    thread = Thread(target=reactor, daemon=True)
    checkpoint = Checkpoint(thread)
    thread.start()
    for _ in range(300):
        checkpoint.clear()
        seen = rounds[0]
        time.sleep(0)
        assert rounds[0] == seen
        checkpoint.set()
    running[0] = False
    checkpoint.set()
    thread.join(PATIENCE_S)
    assert not thread.is_alive()


def test_a_waiter_that_has_ended_holds_nobody_up():
    thread = Thread(target=lambda: None)
    checkpoint = Checkpoint(thread)
    thread.start()
    thread.join()
    checkpoint.clear()
    assert not checkpoint.is_set()


def test_a_waiter_that_clears_does_not_wait_for_itself():
    done = []

    def reactor() -> None:
        checkpoint.clear()
        done.append(checkpoint.wait(0.01))

    thread = Thread(target=reactor)
    checkpoint = Checkpoint(thread)
    thread.start()
    thread.join(PATIENCE_S)
    assert done == [False]


@pytest.fixture
def scu(tmp_path):
    pacs = EmbeddedPacs(tmp_path, port=0)
    pacs.start()
    with Scu(PacsNode(ae_title=pacs.ae_title, port=pacs.port, answer_timeout_s=PATIENCE_S)) as client:
        yield client
    pacs.stop()


def test_no_answer_is_lost_when_the_reactor_is_slow(scu, monkeypatch):
    """The reactor is stopped between its wait and its next look: without the checkpoint it takes an answer."""
    scu.store([build(content(sop_instance_uid=f"2.25.6{n}")) for n in range(20)])
    [series] = scu.find_series(STUDY)
    scu.close()
    slow = property(lambda self: self.__dict__.get("paused", False), _set_paused_slowly)
    with monkeypatch.context() as patch:
        patch.setattr(Association, "_is_paused", slow, raising=False)
        for _ in range(8):
            assert len(scu.find_instances(STUDY, str(series.SeriesInstanceUID))) == 20
        scu.close()  # the association has lived with the slow flag and ends with it


def _set_paused_slowly(self, value) -> None:
    if not value and sys._getframe(1).f_code.co_name == "_run_reactor":
        time.sleep(0.02)  # as a busy machine does, just after the wait
    self.__dict__["paused"] = value
