"""The viewer asks the PACS again when something new arrived in between, and keeps what it got for a moment."""

from __future__ import annotations

import pytest
from pydicom.dataset import Dataset

from plugin.demo.gallery import Gallery
from plugin.domain.errors import DeliveryFailed


def image(number: int) -> Dataset:
    ds = Dataset()
    ds.Modality, ds.SeriesNumber, ds.InstanceNumber = "CT", "1", str(number)
    ds.SOPInstanceUID, ds.Rows, ds.Columns = f"1.2.{number}", 1, 1
    ds.PixelData = b"\0\0"
    return ds


def document(time: str) -> Dataset:
    ds = Dataset()
    ds.Modality, ds.ContentDate, ds.ContentTime = "SR", "20260601", time
    return ds


class Pacs:
    def __init__(self, *answers) -> None:
        self.answers = list(answers)

    def get(self, uid):
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_images_stand_in_their_order_without_documents():
    gallery = Gallery(Pacs([image(10), document("080000"), image(2)]))

    assert [view.sop_instance_uid for view in gallery.images("1.2")] == ["1.2.2", "1.2.10"]
    assert gallery.png("1.2", 5) is None


def test_the_newest_document_comes_first():
    gallery = Gallery(Pacs([document("080000"), document("093000")]))

    assert [ds.ContentTime for ds in gallery.documents("1.2")] == ["093000", "080000"]


def test_one_failure_is_asked_again_a_second_is_told():
    failed = DeliveryFailed("0xB000", retry=True)
    assert len(Gallery(Pacs(failed, [image(1)])).objects("1.2")) == 1
    with pytest.raises(DeliveryFailed):
        Gallery(Pacs(failed, failed)).objects("1.2")


def test_a_study_is_kept_for_a_moment_only():
    now = [0.0]
    gallery = Gallery(Pacs([image(1)], [image(1), image(2)]), lambda: now[0])

    assert [len(gallery.objects("1.2")) for _ in range(2)] == [1, 1]
    now[0] = 60
    assert len(gallery.objects("1.2")) == 2
