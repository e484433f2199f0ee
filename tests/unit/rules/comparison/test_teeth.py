"""Teeth that are gone, and described all the same."""

import pytest

from plugin.rules.comparison.teeth import gone_and_described


@pytest.mark.parametrize(
    "said",
    [
        "36牙缺失，牙槽嵴宽度约6mm。36牙根尖周未见异常。",
        "18、28、38牙已拔除。余牙未见龋坏。38牙近中低位阻生。",
        "46缺失。46牙髓腔清晰。",
    ],
)
def test_a_tooth_that_is_gone_has_no_root(said: str) -> None:
    assert gone_and_described(said) is not None


@pytest.mark.parametrize(
    "said",
    [
        "36牙缺失，缺牙区骨质密度中等。46牙根尖周未见异常。",
        "36牙缺失，36缺牙区牙槽嵴低平。37牙根管充填。",
        "左肾结石36mm缺失36牙根",
        "48牙近中阻生，38牙缺失。",
        "36牙体缺损，根尖周见低密度影。",
    ],
)
def test_other_teeth_and_gaps_are_sound(said: str) -> None:
    assert gone_and_described(said) is None
