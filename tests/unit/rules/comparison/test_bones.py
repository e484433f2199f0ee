"""Which bones of the limbs a clause names."""

import pytest

from plugin.rules.comparison.bones import bones_in, bones_named


@pytest.mark.parametrize(
    ("said", "bones"),
    [
        ("右足第三跖骨干斜行骨折", {"跖"}),
        ("右胫、腓骨下段骨折", {"胫", "腓"}),
        ("舟状骨骨折", {"舟"}),
        ("双踝骨折", {"胫", "腓"}),
        ("尺骨鹰嘴骨折", {"尺"}),
        ("右侧第5肋骨骨折", {"肋"}),
        # The joint is no bone.
        ("左踝关节积液", set()),
        ("L2椎体骨折", set()),
    ],
)
def test_bones(said: str, bones: set[str]) -> None:
    assert bones_in(said) == bones


@pytest.mark.parametrize(
    "said", ["右足多发骨折", "左腕Colles骨折伴尺骨茎突骨折", "跗骨骨折", "孟氏骨折，尺骨断裂"]
)
def test_many_at_once_are_no_bones_by_name(said: str) -> None:
    assert not bones_in(said)


def test_what_is_named_beside_many() -> None:
    assert bones_named("左侧多发肋骨骨折") == {"肋"}
    assert not bones_in("左侧多发肋骨骨折")
