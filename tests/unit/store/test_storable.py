"""What may enter the database, and how the rest is written out."""

from __future__ import annotations

from hypothesis import given as for_all
from hypothesis import strategies as st

from plugin.store.storable import storable, visible

_ANY_TEXT = st.text(st.characters(exclude_categories=()))


@for_all(_ANY_TEXT)
def test_what_is_made_visible_can_be_stored(text: str) -> None:
    assert storable(visible(text))


@for_all(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\ufffd")))
def test_sound_text_stays_as_it_is(text: str) -> None:
    assert visible(text) == text
