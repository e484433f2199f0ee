"""Steps that are played one after another: each says what it observed, the first that cannot ends it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import requests

from plugin.demo.caller import CallRefused
from plugin.domain.errors import PluginError

T = TypeVar("T")

PATIENCE_S = 120.0


class NotSeen(Exception):
    """A step did not observe what it must; the text says what it saw instead."""


@dataclass(frozen=True, slots=True)
class Step:
    """`act` returns what was observed."""

    name: str
    name_en: str
    act: Callable[[], str]


def play_steps(steps: Sequence[Step], say: Callable[[str], None]) -> bool:
    """Play every step; ``True`` when each was observed."""
    for number, step in enumerate(steps, 1):
        started = time.monotonic()
        title = f"{number:2}/{len(steps)} {step.name} · {step.name_en}"
        try:
            observed = step.act()
        except KeyError as error:
            say(f"✘ {title}: the answer has no {error}")
            return False
        except (NotSeen, PluginError, CallRefused, requests.RequestException, OSError) as error:
            say(f"✘ {title}: {error}")
            return False
        say(f"✔ {title} [{time.monotonic() - started:.1f} s]\n     {observed}")
    return True


def wait_for(look: Callable[[], T], good: Callable[[T], bool]) -> T:
    """Look again until it is good or patience ends; return what was seen last."""
    until = time.monotonic() + PATIENCE_S
    while True:
        seen = look()
        if good(seen) or time.monotonic() > until:
            return seen
        time.sleep(0.15)


def expect(seen: bool, otherwise: str) -> None:
    if not seen:
        raise NotSeen(otherwise)
