"""What counts as the same words: name, code or the report's own, whatever their dress."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from plugin.domain.critical import Alert, AlertState, CriticalFinding, CriticalState, Tier
from plugin.domain.issue import Section
from plugin.workflow.read_back import says_the_same

ALERT = Alert(
    alert_id="L1",
    accession_number="A1",
    finding=CriticalFinding(
        code="PTX-1",
        name="张力性气胸/大量气胸",
        tier=next(iter(Tier)),
        state=next(iter(CriticalState)),
        section=Section.IMPRESSION,
        start=0,
        end=8,
        text="右侧大量气胸，约90%",
    ),
    state=AlertState.SENT,
    detected_at=datetime(2026, 6, 1, tzinfo=UTC),
)


@pytest.mark.parametrize(
    "said",
    [
        "张力性气胸/大量气胸",
        "张力性气胸 大量气胸",
        "ptx1",
        "ＰＴＸ－１",
        "右侧大量气胸,约90%",
        " 右侧大量气胸 约９０ ",
    ],
)
def test_spaces_punctuation_and_widths_do_not_count(said: str) -> None:
    assert says_the_same(said, ALERT)


@pytest.mark.parametrize("said", ["", "，。", "气胸", "左侧大量气胸，约90%", "右侧大量气胸，约9%", "PTX-10"])
def test_other_words_part_of_them_and_none_do(said: str) -> None:
    assert not says_the_same(said, ALERT)
