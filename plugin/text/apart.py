"""A text in stretches: sentences that a hospital writes every day are read once for all texts.

What is read together costs less than its parts, each of which has to be begun and to be put in
its place.  So sentences are read apart only where most of a text has come often, and those that
often follow each other are remembered together.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter

from plugin.text.lexicon import Lexicon
from plugin.text.stretch import Placed, Stretch

OFTEN = 4
"""A sentence that has come so many times lately is one of a hospital's templates."""
MOST = 0.5
"""Share of a text's characters that such sentences must make up."""
_SENTENCES = re.compile(r"[^。；\n]+[。；\n]*|[。；\n]+")
"""Sentences with the marks behind them; one that ends in a full stop or ！ is left with the next."""


def stretches_of(text: str, folded: str, lexicon: Lexicon) -> tuple[Placed, ...]:
    """Cut a normalised text into stretches of whole sentences, each read now or remembered.

    Where a quotation, or a word of a site, may reach beyond the end of a sentence, all is read
    together.
    """
    if not text:
        return ()
    if "“" not in text and '"' not in text and lexicon.keeps_to_sentences:
        sentences = _SENTENCES.findall(text)
        often = [_has_come_often(sentence, lexicon) for sentence in sentences]
        if sum([len(sentence) for sentence, one in zip(sentences, often, strict=True) if one]) >= MOST * len(
            text
        ):
            return _apart(folded, lexicon, sentences, often)
    return (Placed(Stretch(text, folded, lexicon), 0, 0, 0),)


def _has_come_often(said: str, lexicon: Lexicon) -> bool:
    """Whether a sentence, or several, has come often, now included; that is counted."""
    memory = lexicon.recent_sentences
    known: Stretch | int = memory.get(said) or 0
    if not isinstance(known, int):
        return True
    if known < OFTEN:
        memory.put(said, known + 1)
    return known + 1 >= OFTEN


def _apart(
    folded: str, lexicon: Lexicon, sentences: Sequence[str], often: Sequence[bool]
) -> tuple[Placed, ...]:
    """Sentences that come often by themselves, or together where they often come so; what stands between, together."""
    placed: list[Placed] = []
    at = clauses = number = 0
    for kept, run in groupby(zip(often, sentences, strict=True), key=itemgetter(0)):
        pieces = [sentence for _, sentence in run]
        if len(pieces) > 1:
            together = "".join(pieces)
            if not kept or _has_come_often(together, lexicon):
                pieces = [together]
        for said in pieces:
            end = at + len(said)
            read = _kept if kept else Stretch
            stretch = read(said, folded[at:end], lexicon)
            placed.append(Placed(stretch, at, clauses, number))
            at, clauses, number = end, clauses + len(stretch.clauses), number + stretch.ends
    return tuple(placed)


def _kept(text: str, folded: str, lexicon: Lexicon) -> Stretch:
    """Sentences that come often as they were read before, or read now for the next time."""
    known: Stretch | int | None = lexicon.recent_sentences.get(text)
    if isinstance(known, Stretch):
        return known
    stretch = Stretch(text, folded, lexicon)
    lexicon.recent_sentences.put(text, stretch)
    return stretch
