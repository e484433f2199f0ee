"""A thing named in a text."""

from __future__ import annotations

from typing import NamedTuple

from plugin.text.terms import Assertion, Term


class Mention(NamedTuple):
    """A thing named in the text.

    Parameters
    ----------
    start, end
        Normalised characters.
    term
        What it is; ``term.id`` is the canonical name, ``term.kind`` anatomy or observation.
    side
        ``L``, ``R``, ``B`` (both), or empty when the text gives none.
    side_stated
        The side stands at this very word, and was not taken over along an enumeration.
    clause
        Index into :attr:`ReadText.clauses`.
    assertion
        What the text says of it.
    """

    start: int
    end: int
    term: Term
    side: str
    side_stated: bool
    clause: int
    assertion: Assertion
