"""密度、信号分七级, 强化分四级: words outside the scales (000 描述要求)."""

from __future__ import annotations

from collections.abc import Iterator

from plugin.domain.issue import Issue
from plugin.rules.texts import Texts
from plugin.rules.validators.base import TextRuleOptions
from plugin.text.lexicon import Lexicon
from plugin.text.vocabulary import Seeker


class Options(TextRuleOptions):
    """Options of `degree_word`; `words` names the lexicon's list."""

    words: str = "nonstandard_degree"

    def seekers(self, lexicon: Lexicon) -> tuple[Seeker, ...]:
        """The words of the list."""
        return (lexicon.matcher(self.words),)


def check(options: Options, reading: Texts) -> Iterator[Issue]:
    """Look for degrees that stand in no scale."""
    matcher = reading.lexicon.matcher(options.words)
    for section, text in reading.sections:
        for start, end, _ in text.find(matcher):
            place = reading.span(section, start, end)
            yield options.issue(
                "degree_word",
                place,
                f"“{place.text}”不在规定分度内：密度、信号用明显低、中度低、稍低、等、稍高、中度高、明显高，强化用无、轻度、中度、明显。",
            )
