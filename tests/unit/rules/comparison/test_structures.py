"""Which structures a clause names."""

import pytest

from plugin.rules.comparison.structures import structures_in


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("前后交叉韧带连续", {"前交叉", "后交叉"}),
        ("acl信号增高", {"前交叉"}),
        ("内侧半月板后角见高信号", {"半月板"}),
        ("右肩肩袖损伤", {"冈上", "冈下", "肩胛下", "小圆"}),
        ("髌骨软骨变薄", {"软骨", "髌"}),
        # A muscle named after a bone is no bone, and the joint of a ligament none either.
        ("腓骨长短肌腱走行自然", {"腓骨肌"}),
        ("左踝三角韧带增粗", {"内副"}),
        ("内、外侧副韧带连续", {"内副", "外副"}),
        ("距腓前韧带增粗", {"外副"}),
        ("右肺中下叶见斑片影", {"中叶", "下叶"}),
        ("左肺舌段见条索影", {"上叶"}),
        ("结肠脾曲管壁增厚", {"横结肠", "降结肠"}),
        ("前降支近段见斑块", {"前降支"}),
        ("外踝骨质断裂", {"腓"}),
        ("关节腔见积液", set()),
    ],
)
def test_structures(said: str, names: set[str]) -> None:
    assert structures_in(said) == names
