"""What the findings have against conclusions: the place is called sound, or their signs are denied.

`contradiction` tells it, and `conclusion_without_finding` asks for it, so it is found once.
"""

from __future__ import annotations

from collections.abc import Iterator

from plugin.rules.comparison.denied_signs import denied_signs
from plugin.rules.comparison.sound_places import sound_witnesses
from plugin.rules.comparison.statements import Statement
from plugin.rules.texts import Texts


def refuted(reading: Texts, general: frozenset[str]) -> tuple[tuple[Statement, Statement], ...]:
    """Statements of the impression, each with one of the findings that speaks against it.

    Parameters
    ----------
    reading
        The case.
    general
        Anatomy too wide to be declared sound.  Rules that ask with the same share the work.
    """

    def look(texts: Texts) -> Iterator[tuple[Statement, Statement]]:
        yield from sound_witnesses(texts, general)
        yield from denied_signs(texts, general)

    return reading.kept_as(f"refuted {hash(general)}", look)
