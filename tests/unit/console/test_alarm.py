"""The banner speaks one language: the page's own."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from flask import Flask, g

from plugin.console.alarm import alarm_of
from plugin.console.desk import ConsoleDesk
from plugin.domain.fault import Fault
from plugin.kit.messages import load_catalogue
from tests.conftest import ROOT

CATALOGUE = load_catalogue(ROOT / "config" / "messages")


def lines(language: str, faults: list[Fault | str], **more: Any) -> list[str]:
    desk = SimpleNamespace(
        reading=SimpleNamespace(standing_alerts=lambda: more.get("standing", ())),
        watch=tuple,
        running_faults=lambda: faults,
        data_faults=tuple,
    )
    with Flask(__name__).app_context():
        g.t = CATALOGUE.speak(language)
        g.signed_in = SimpleNamespace(account=SimpleNamespace(role="clinician"))
        return cast("list[str]", alarm_of(cast(ConsoleDesk, desk))["lines"])


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("zh_CN", "运行异常：发送 HL7 emr：积压 1 条"),
        ("en", "Operation: Send HL7 emr: 1 job waits"),
    ],
)
def test_a_queue_is_told_in_the_language_of_the_page(language: str, said: str) -> None:
    assert lines(language, [Fault("queue", {"peer": "send_hl7 emr", "count": 1})]) == [said]


def test_a_sender_without_a_name_is_told_by_what_it_lacks() -> None:
    fault = Fault("refused", {"peer": Fault("no_sender"), "refused": 3, "received": 4})
    assert lines("zh_CN", [fault]) == ["运行异常：MSH-3 为空的发送方：1 小时内 4 条消息中拒绝 3 条"]
    assert lines("en", [fault]) == [
        "Operation: a sender without MSH-3: 3 of 4 messages refused in the last hour"
    ]


def test_one_alert_is_not_told_as_many() -> None:
    standing = (SimpleNamespace(is_drill=False),)
    assert lines("en", [], standing=standing) == [
        "1 critical value has climbed past everybody and nobody has taken it: act now"
    ]


def test_words_of_a_fault_of_its_own_are_kept() -> None:
    assert lines("en", ["the audit repository is away"]) == ["Operation: the audit repository is away"]
