"""DIMSE statuses: done, again, or a person (R28)."""

from __future__ import annotations

import pytest
from pydicom.dataset import Dataset

from plugin.domain.errors import DeliveryFailed
from plugin.pacs.status import PeerSilent, describe, require_success, settle_store


def status(value: int | None, comment: str = "") -> Dataset:
    ds = Dataset()
    if value is not None:
        ds.Status = value
    if comment:
        ds.ErrorComment = comment
    return ds


@pytest.mark.parametrize("value", [0x0000, 0x0111])
def test_stored(value):
    assert settle_store(status(value), "PACS", "1.2") == ""


@pytest.mark.parametrize("value", [0xB000, 0xB006, 0xB007, 0x0107, 0x0116])
def test_stored_with_a_warning(value):
    assert settle_store(status(value), "PACS", "1.2").startswith(f"0x{value:04X}")


@pytest.mark.parametrize("value", [0xA700, 0xA701, 0xA7FF, 0x0110, 0x0213])
def test_tried_again(value):
    with pytest.raises(DeliveryFailed) as failed:
        settle_store(status(value), "PACS", "1.2")
    assert failed.value.retry is True


@pytest.mark.parametrize("value", [0xA900, 0xA901, 0xC000, 0xC123, 0x0117, 0x0122, 0x0124, 0x0210])
def test_left_to_a_person(value):
    with pytest.raises(DeliveryFailed) as failed:
        settle_store(status(value), "PACS", "1.2")
    assert failed.value.retry is False
    assert f"0x{value:04X}" in failed.value.text


def test_silence_is_tried_again():
    with pytest.raises(PeerSilent) as failed:
        settle_store(status(None), "PACS", "1.2")
    assert failed.value.retry is True
    with pytest.raises(PeerSilent):
        require_success(status(None), "C-ECHO")


def test_the_peers_comment_is_one_printable_line():
    assert describe(status(0xC001, "bad\r\n\x1b[31mthing")) == "0xC001 cannot understand (bad???[31mthing)"
