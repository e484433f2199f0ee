"""The journey ends at the first step that was not observed, and says which and why."""

from __future__ import annotations

import pytest

from plugin.demo.caller import CallRefused
from plugin.demo.steps import NotSeen, Step, expect, play_steps, wait_for
from plugin.domain.errors import DeliveryFailed


def failing(error: Exception):
    def act() -> str:
        raise error

    return act


def test_every_observation_is_said():
    said: list[str] = []

    assert play_steps([Step("一", "one", lambda: "AA"), Step("二", "two", lambda: "5 优秀")], said.append)
    assert [line.split(" [")[0] for line in said] == ["✔  1/2 一 · one", "✔  2/2 二 · two"]
    assert said[1].endswith("5 优秀")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (NotSeen("the ACK is AE"), "the ACK is AE"),
        (CallRefused(409, "conflict"), "HTTP 409: conflict"),
        (DeliveryFailed("no association", retry=True), "no association"),
        (ConnectionRefusedError("refused"), "refused"),
        (KeyError("order"), "the answer has no 'order'"),
    ],
)
def test_the_first_failure_ends_it_and_is_named(error, reason):
    said: list[str] = []
    steps = [Step("一", "one", failing(error)), Step("二", "two", lambda: "never")]

    assert not play_steps(steps, said.append)
    assert said == [f"✘  1/2 一 · one: {reason}"]


def test_a_bug_is_not_taken_for_a_failed_step():
    with pytest.raises(ZeroDivisionError):
        play_steps([Step("一", "one", failing(ZeroDivisionError()))], print)


def test_waiting_ends_with_what_was_seen():
    seen = iter(range(5))

    assert wait_for(lambda: next(seen), lambda value: value == 2) == 2
    with pytest.raises(NotSeen, match="three"):
        expect(False, "three")
