"""What a clause says of its places by words that no lexicon holds."""

import pytest

from plugin.rules.comparison.clause_state import State, state_of, state_of_denial, tells_of_change


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("左肾见异常", State.SEEN),
        ("左肾未见异常", State.SOUND),
        ("所见骨质", State.OPEN),
        ("左肺无肺纹理区", State.OPEN),
        ("两侧不对称", State.OPEN),
        ("两侧对称", State.SOUND),
        ("密度欠均匀", State.OPEN),
        ("骨皮质连续", State.SOUND),
        ("连续性中断", State.OPEN),
        ("形态正常，体积增大", State.SEEN),
        ("如图所示", State.OPEN),
        ("呈高信号", State.SEEN),
        ("呈等信号", State.OPEN),
    ],
)
def test_state_by_its_words(said: str, state: State) -> None:
    assert state_of(said) is state


def test_a_denial_is_sound_unless_something_is_seen_as_well() -> None:
    assert state_of_denial("未见狭窄") is State.SOUND
    assert state_of_denial("见钙化无狭窄") is State.SEEN


@pytest.mark.parametrize(
    ("said", "changed"), [("左侧椎动脉纤细", True), ("·高信号", True), ("··大小约20mm", False)]
)
def test_words_of_change(said: str, *, changed: bool) -> None:
    assert tells_of_change(said) is changed
