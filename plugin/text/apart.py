"""A text in stretches: sentences that a hospital writes every day are read once for all texts.

What is read together costs less than its parts, each of which has to be begun and to be put in
its place.  So sentences are read apart only where most of a text has come often, and those that
often follow each other are remembered together.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from plugin.text.lexicon import Lexicon
from plugin.text.segments import Sentence, split_sentences
from plugin.text.stretch import Placed, Stretch

OFTEN = 4
"""A sentence that has come so many times lately is one of a hospital's templates."""
MOST = 0.5
"""Share of a text's characters that such sentences must make up."""


def stretches_of(text: str, folded: str, lexicon: Lexicon) -> tuple[Placed, ...]:
    """Cut a normalised text into stretches of whole sentences, each read now or remembered.

    Where a quotation, or a word of a site, may reach beyond the end of a sentence, all is read
    together.
    """
    if not text:
        return ()
    if "“" not in text and '"' not in text and lexicon.keeps_to_sentences:
        sentences = split_sentences(text)
        known = [_known(text[start:end], lexicon) for start, end, _ in sentences]
        often = sum([end - start for (start, end, _), one in zip(sentences, known, strict=True) if one])
        if often >= MOST * len(text):
            return _apart(text, folded, lexicon, sentences, known)
    return (Placed(Stretch(text, folded, lexicon), 0, 0, 0),)


def _known(sentence: str, lexicon: Lexicon) -> Stretch | bool:
    """The sentence, or several, as read before, or whether they have come often; that is counted."""
    memory = lexicon.recent_sentences
    known: Stretch | int = memory.get(sentence) or 0
    if not isinstance(known, int):
        return known
    if known < OFTEN:
        memory.put(sentence, known + 1)
    return known + 1 >= OFTEN


def _apart(
    text: str, folded: str, lexicon: Lexicon, sentences: Sequence[Sentence], known: Sequence[Stretch | bool]
) -> tuple[Placed, ...]:
    """Sentences that come often by themselves, or together where they often come so; what stands between, together."""
    placed: list[Placed] = []
    clauses = 0
    for often, run in groupby(zip(sentences, known, strict=True), key=lambda one: bool(one[1])):
        pieces = [sentence for sentence, _ in run]
        (first, _, number), (_, last, _) = pieces[0], pieces[-1]
        if len(pieces) > 1 and (not often or _known(text[first:last], lexicon)):
            pieces = [(first, last, number)]
        for start, end, number in pieces:
            read = _kept if often else Stretch
            stretch = read(text[start:end], folded[start:end], lexicon)
            placed.append(Placed(stretch, start, clauses, number))
            clauses += len(stretch.clauses)
    return tuple(placed)


def _kept(text: str, folded: str, lexicon: Lexicon) -> Stretch:
    """Sentences that come often as they were read before, or read now for the next time."""
    known: Stretch | int | None = lexicon.recent_sentences.get(text)
    if isinstance(known, Stretch):
        return known
    stretch = Stretch(text, folded, lexicon)
    lexicon.recent_sentences.put(text, stretch)
    return stretch
