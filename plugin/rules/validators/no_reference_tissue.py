"""密度及信号的高低应指定参照组织 (000 描述要求)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plugin.domain.issue import Issue, Section
from plugin.rules.texts import Texts
from plugin.rules.validators.base import TextRuleOptions
from plugin.text.reader import ReadText
from plugin.text.stretch import Stretch

_LEVEL = re.compile(r"[高低](?:密度|信号)(?!骨)")
_DEGREES = ("稍", "略", "明显", "中度", "较")
# How a reference is named, by the word that opens it; and words that name one by themselves.
_REFERENCES = {
    "与": re.compile(r"与[^，。；\n]{1,14}(?:相比|一致|相似|相仿|相等|比较|相近|呈等|等密度|等信号)"),
    "于": re.compile(r"[低高]于[^，。；\n]{0,8}(?:实质|肌肉|灰质|白质|肝|脾|脑|肾|骨|脂肪|组织|髓质|皮质)"),
    "较": re.compile(r"较[^，。；\n]{0,8}(?:实质|肌肉|灰质|白质|肝|脾|脑|肾|骨|脂肪|组织|髓质|皮质)"),
}
_NAMED = ("脑脊液样", "脂肪样", "水样", "液体", "软组织", "相对于", "参照")


class Options(TextRuleOptions):
    """Options of `no_reference_tissue`."""


def check(options: Options, reading: Texts) -> Iterator[Issue]:
    """Name the first density or signal of the findings, when none has a reference tissue."""
    unrelated = reading.findings.derived(_unrelated)
    if unrelated is not None:
        place = reading.span(Section.FINDINGS, *unrelated)
        yield options.issue("no_reference_tissue", place, f"“{place.text}”未指定参照组织。")


def _unrelated(text: ReadText) -> tuple[int, int] | None:
    """The first level of density or signal, with its degree, in a text that names no reference at all."""
    for placed in text.stretches:
        if placed.stretch.derived(_names_reference):
            return None
    return next(iter(text.found(_levels)), None)


def _names_reference(stretch: Stretch) -> bool:
    said = stretch.text
    for word in _NAMED:
        if word in said:
            return True
    return any(word in said and pattern.search(said) for word, pattern in _REFERENCES.items())


def _levels(stretch: Stretch) -> list[tuple[int, int]]:
    """The first level of a stretch."""
    said = stretch.text
    first = _LEVEL.search(said)
    if first is None:
        return []
    begin = first.start()
    degree = next((word for word in _DEGREES if said.endswith(word, 0, begin)), "")
    return [(begin - len(degree), first.end())]
