"""A text in stretches: sentences that a hospital writes every day are read once for all texts.

What is read together costs less than its parts, each of which has to be begun and to be put in
its place.  So sentences are read apart only where most of a text has come often.
"""

from __future__ import annotations

from collections.abc import Sequence

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
    """The sentence as it was read, or whether it has come often; it is counted."""
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
    """Each sentence that has come often by itself, and what stands between two of them together."""
    placed: list[Placed] = []
    clauses = at = 0
    while at < len(sentences):
        start, end, number = sentences[at]
        stretch = known[at]
        at += 1
        if isinstance(stretch, bool):
            often = stretch
            while not often and at < len(sentences) and not known[at]:
                _, end, _ = sentences[at]
                at += 1
            # A sentence that has just become one that comes often may come again in this text.
            again = lexicon.recent_sentences.get(text[start:end]) if often else None
            if isinstance(again, Stretch):
                stretch = again
            else:
                stretch = Stretch(text[start:end], folded[start:end], lexicon)
                if often:
                    lexicon.recent_sentences.put(stretch.text, stretch)
        placed.append(Placed(stretch, start, clauses, number))
        clauses += len(stretch.clauses)
    return tuple(placed)
