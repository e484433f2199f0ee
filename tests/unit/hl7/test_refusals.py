"""What is refused by its header says what would have been taken, and where that is written down."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugin.domain.errors import MessageRejected
from plugin.hl7.header import read
from plugin.hl7.meaning import check, reader_for
from plugin.hl7.profile import load_profiles
from plugin.hl7.refusals import refusal

PROFILE = load_profiles(Path(__file__).parents[3] / "config" / "hl7").default


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ("SIU^S12|1|P|2.4", "taken are ORM, OMI, OMG, ORU, MDM, ADT"),
        ("MDM^T06|1|P|2.4", "event MDM T06 is not supported; taken are T02, T04, T08, T10, T11"),
        ("ADT^A43|1|P|2.4", "A36, A40, A47"),
        ("ORU^R01|1|P|2.2", "profile default takes 2.3, 2.3.1, 2.4"),
        ("ORU^R01|1|1|2.4", "profile default takes P, T, D"),
    ],
)
def test_a_refusal_says_what_is_taken(fields: str, said: str) -> None:
    header = read(f"MSH|^~\\&|RIS|H|S|Q|1||{fields}\r".encode())
    with pytest.raises(MessageRejected) as refused:
        reader_for(header)
        check(header, PROFILE)
    assert said in refused.value.text


def test_the_rarest_characters_are_shown_as_they_are() -> None:
    assert "\U00031350" in refusal("sender", found="\U00031350|H").text
