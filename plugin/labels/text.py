"""From a region's mark and a hospital's name to what stands on an image, and where.

Seed 000 wants the mark after the institution's name, DB50 6.4 at the top right.  ``HR``
alone at an edge reads as the orientation mark Head-Right, so a mark that names no region
never stands without the institution.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from plugin.domain.errors import InvalidInput

LO_CHARACTERS = 64
"""Longest value of VR LO, in characters (PS3.5 table 6.2-1)."""

_ORIENTATION = re.compile(r"[ALPRHF]{1,3}$")


class Placement(StrEnum):
    """Where a region wants its mark."""

    AFTER_INSTITUTION = "after_institution"
    TOP_RIGHT = "top_right"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A region's mark as it is to be stamped.

    Parameters
    ----------
    text
        ``BJHR``, ``川渝 HR`` …
    institution
        The hospital's name, for images that name none; with it, an image of another
        hospital is refused.  Empty: whatever the images say, if they agree.
    aliases
        Other names of the same hospital, as its devices write them; case does not count.
    others
        Marks of other regions: an older one is replaced, two never stand side by side.

    Raises
    ------
    InvalidInput
        For control characters, a backslash (it separates values) or an empty mark.
    """

    text: str
    placement: Placement = Placement.AFTER_INSTITUTION
    institution: str = ""
    aliases: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise InvalidInput("mark", "is empty")
        for where, text in (("mark", self.text), ("institution", self.institution)):
            refuse_control(where, text)


def refuse_control(where: str, text: str) -> None:
    """Refuse what could end a value or switch its character set.

    Raises
    ------
    InvalidInput
        For ESC and other control characters, direction marks, lone surrogates, a backslash.
    """
    for character in text:
        if character == "\\" or unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}:
            raise InvalidInput(where, f"holds the character U+{ord(character):04X}, which no label may")


def without_mark(name: str, mark: Mark) -> str:
    """The institution's name without any region's mark at its end."""
    bare = name.rstrip(" \x00")
    again = True
    while again:
        again = False
        for text in sorted({mark.text, *mark.others}, key=len, reverse=True):
            for form in (text, text.replace(" ", "")):
                if bare == form or bare.endswith(f" {form}"):
                    bare, again = bare[: len(bare) - len(form)].rstrip(), True
    return bare


def with_mark(name: str, mark: Mark) -> str:
    """InstitutionName (0008,0080) with the mark after it; the same again for its own result.

    Raises
    ------
    InvalidInput
        When no name is known, the image is another hospital's, or name and mark exceed
        64 characters.
    """
    bare = without_mark(name, mark)
    if mark.institution:
        wanted = without_mark(mark.institution, mark)
        if bare and not _same_hospital(bare, wanted, mark.aliases):
            raise InvalidInput(
                "InstitutionName", f"{bare!r} is not {wanted!r}: the image is another hospital's"
            )
        bare = bare if len(bare) + 1 + len(mark.text) <= LO_CHARACTERS and bare else wanted
    if not bare:
        raise InvalidInput(
            "InstitutionName", "is empty, and the mark needs a hospital's name; give --institution"
        )
    refuse_control("InstitutionName", bare)
    marked = f"{bare} {mark.text}"
    if len(marked) > LO_CHARACTERS:
        raise InvalidInput(
            "InstitutionName",
            f"{len(bare)} characters leave no room for {mark.text!r} (64 in all); "
            "give the beginning of the name with --institution",
        )
    return marked


def _same_hospital(found: str, wanted: str, aliases: tuple[str, ...]) -> bool:
    """Equal, an alias, or a long name of which the configured one is the beginning."""
    return found.startswith(wanted) or found.casefold() in {each.casefold() for each in aliases}


def drawn_text(mark: Mark, institution: str) -> str:
    """What an annotation, overlay or plate says.

    Raises
    ------
    InvalidInput
        As :func:`with_mark`, when the institution's name is needed.
    """
    needs_name = mark.placement is Placement.AFTER_INSTITUTION or _ORIENTATION.match(mark.text)
    return with_mark(institution, mark) if needs_name else mark.text
