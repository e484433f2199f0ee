"""An alert's trail in the reader's language: what the system notes is kept in its own short words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from plugin.domain.critical import AlertState, AlertStep
from plugin.domain.duty import Level
from plugin.kit.messages import Translate
from plugin.workflow.alert_trail import REMINDER, SYSTEM, Note

MEANS = frozenset(
    {"report", "hand", "page", "console", "telephone", "timer", "roster", "declined", "ward_page"}
)
"""Means that are ours; all others are names that the site has given, of channels and of callers."""

_COUNTED: Mapping[re.Pattern[str], Callable[[Translate, int], str]] = {
    re.compile(r"level (\d+)"): lambda t, n: t(
        "alert_note.level", level=t(f"duty_level.{Level(min(n, Level.FINAL)).name.lower()}")
    ),
    re.compile(r"late (-?\d+) min"): lambda t, n: t("alert_note.late", minutes=n),
    re.compile(rf"{REMINDER} (\d+)"): lambda t, n: t("alert_note.reminder", number=n),
}


def means_of(step: AlertStep, t: Translate) -> str:
    """By which means, each channel's name by itself."""
    names = step.means.split("+")
    return "、".join(t(f"alert_means.{name}") if name in MEANS else name for name in names)


def note_of(step: AlertStep, t: Translate) -> str:
    """What was noted; a person's words, and what a channel said of its failure, as they are."""
    ours = step.actor == SYSTEM or step.state is AlertState.DETECTED
    return "；".join(_said(part, t) for part in step.note.split("; ")) if ours else step.note


def _said(part: str, t: Translate) -> str:
    if part in set(Note):
        return t(f"alert_note.{Note(part).name.lower()}")
    for pattern, say in _COUNTED.items():
        if found := pattern.fullmatch(part):
            return say(t, int(found[1]))
    return part
