"""What no sentence reaches beyond is found alike, whether a text's sentences are read together or by themselves."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from plugin.rules.comparison.garbled import garbled_denials
from plugin.rules.comparison.opposed_words import impossible
from plugin.rules.validators.no_reference_tissue import _unrelated
from plugin.rules.validators.template_residue import _doubled_in
from plugin.text.apart import OFTEN
from plugin.text.lexicon import Lexicon
from plugin.text.matcher import TermMatcher
from plugin.text.reader import ReadText

CONFIG = Path(__file__).resolve().parents[3] / "config" / "rules" / "lexicon"
APART = Lexicon.load(CONFIG)
TOGETHER = Lexicon.load(CONFIG)
TOGETHER.look_for(TermMatcher([("。右", "a word that a sentence may end in")]))

WORDS = ["少量", "未见", "未发现", "无", "骨折", "术后", "改变", "多发", "结节", "可疑", "急性", "，边界清", "(Im3", "8mm", "左肺中", "叶", "、左膝", "，左膝", "右前降支",
         "冠状动脉", "肝左叶S6", "左", "(RCA)", "低密度", "稍", "与肝", "高于", "相比", "水样", "骨", "，", "、", "。", "；", "\n", ".", "!", "2."]  # fmt: skip
TEXTS = st.lists(st.lists(st.sampled_from(WORDS), max_size=8).map("".join), max_size=5).map("。".join)


@given(TEXTS)
@settings(max_examples=300)
def test_apart_as_together(text: str) -> None:
    for _ in range(OFTEN):
        ReadText(text, APART).mentions  # noqa: B018 - so that each of its sentences has come often
    apart, together = ReadText(text, APART), ReadText(text, TOGETHER)

    assert sorted(garbled_denials(apart)) == sorted(garbled_denials(together))
    assert list(impossible(apart)) == list(impossible(together))
    assert _unrelated(apart) == _unrelated(together)
    assert apart.found(_doubled_in) == together.found(_doubled_in)


def test_a_text_of_known_sentences_is_read_in_several() -> None:
    lexicon = Lexicon.load(CONFIG)
    texts = [ReadText("双肺纹理清晰。左肺中叶见结节。肝左叶S6见囊肿。", lexicon) for _ in range(OFTEN)]

    assert [len(text.stretches) for text in texts] == [1] * (OFTEN - 1) + [3]
    assert list(impossible(texts[-1])) == list(impossible(texts[0])) == [(7, 11), (15, 20)]
