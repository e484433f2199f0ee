"""Words that name a part of what their term stands for."""

import pytest

from plugin.rules.comparison.part_words import of_other_part
from plugin.text.terms import Kind, Term

LARYNX = Term("larynx", Kind.ANATOMY, region="neck", words=("喉", "喉部", "声门", "喉腔"))
CARTILAGE = Term("cartilage", Kind.ANATOMY, parent="larynx", region="neck", words=("甲状软骨",))
KIDNEY = Term("kidney", Kind.ANATOMY, region="abdomen", words=("泌尿系", "肾", "肾脏"))
PELVIS = Term("renal_pelvis", Kind.ANATOMY, parent="kidney", region="abdomen", words=("肾盂",))
ELBOW = Term("elbow", Kind.ANATOMY, region="elbow", words=("肘", "鹰嘴", "肱骨内上髁"))
SPINE = Term("spine", Kind.ANATOMY, region="spine", words=("脊柱", "椎体"))
CERVICAL = Term("cervical_spine", Kind.ANATOMY, parent="spine", region="cspine", words=("颈椎",))
LATIN = Term("cuff", Kind.ANATOMY, region="wrist", words=("腕", "TFCC"))


@pytest.mark.parametrize(
    ("denied", "said"),
    [
        (("声门", LARYNX), ("甲状软骨", CARTILAGE)),
        (("鹰嘴", ELBOW), ("肱骨内上髁", ELBOW)),
        (("脊髓", SPINE), ("椎间盘", SPINE)),
    ],
)
def test_a_part_is_not_another(denied: tuple[str, Term], said: tuple[str, Term]) -> None:
    assert of_other_part(denied, said)


@pytest.mark.parametrize(
    ("denied", "said"),
    [
        (("喉腔", LARYNX), ("甲状软骨", CARTILAGE)),
        (("泌尿系", KIDNEY), ("肾盂", PELVIS)),
        (("肾", KIDNEY), ("肾盂", PELVIS)),
        (("椎体", SPINE), ("颈椎", CERVICAL)),
        (("鹰嘴", ELBOW), ("肘", ELBOW)),
        (("TFCC", LATIN), ("腕", LATIN)),
    ],
)
def test_a_whole_and_the_same_part_are(denied: tuple[str, Term], said: tuple[str, Term]) -> None:
    assert not of_other_part(denied, said)
