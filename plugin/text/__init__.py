"""Chinese report text, read once and shared by every rule.

>>> from pathlib import Path
>>> from plugin.text.lexicon import Lexicon
>>> from plugin.text.reader import read
>>> lexicon = Lexicon.load(Path("config/rules/lexicon"))
>>> said = read("左肾见结石，右肾未见结石。", lexicon)
>>> [(m.term.id, m.side, m.assertion.value) for m in said.mentions]
[('kidney', 'L', 'affirmed'), ('stone', 'L', 'affirmed'), ('kidney', 'R', 'affirmed'), ('stone', 'R', 'denied')]

`read(text, lexicon)` gives a :class:`~plugin.text.reader.ReadText`:

* ``.text``, ``.folded``: normalised; the second with ASCII in lower case.  **Every position
  counts characters of these two**; ``.original(start, end)`` turns a span into characters of
  the section as it was given.
* ``.clauses`` (start, end, terminator, sentence), ``.items`` (numbered), ``.statements``
  (spans of items, or else of sentences), ``.clause_at(i)``.
* ``.anatomy``, ``.observations``, ``.mentions``: term, side (L, R, B or empty), assertion.
* ``.assertion_at(start, end)`` and ``.cues_at(start, end)`` for any span: affirmed, denied,
  probable, uncertain, historic, resolved, known, hypothetical, quoted, family.
* ``.measures`` (in mm), ``.dates``.
* ``.find(matcher)`` with a :class:`~plugin.text.matcher.TermMatcher` of one's own terms.

* ``.stretches``: the text in stretches of whole sentences.  A sentence that comes often, in
  whatever texts, is read by itself and once (:mod:`plugin.text.stretch`).

Everything beyond the normalised text is worked out when first asked for, and kept.
"""
