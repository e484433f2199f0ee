"""Work shared out among processes: in order, and at rest when it fails."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from plugin.labels import hands


def touched(number: int, folder: Path) -> int:
    if number == 6:
        raise ValueError(f"{number} fails")
    (folder / str(number)).touch()
    return -number


@pytest.mark.parametrize("least", [99, 2])
def test_answers_come_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, least: int) -> None:
    monkeypatch.setattr(hands, "SHARED_FROM", least)
    with hands.hands(6) as spread:
        assert list(spread(partial(touched, folder=tmp_path), [*range(6)])) == [0, -1, -2, -3, -4, -5]
        assert list(spread(abs, [-1, 2])) == [1, 2]


def test_nobody_works_on_when_one_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hands, "SHARED_FROM", 2)
    with hands.hands(400) as spread:
        with pytest.raises(ValueError, match="6 fails"):
            list(spread(partial(touched, folder=tmp_path), [*range(400)]))
        done = set(tmp_path.iterdir())
        assert list(spread(abs, [-3])) == [3]
        assert set(tmp_path.iterdir()) == done
