"""Notices to people of the department: what they say, and what they must not say outside."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from plugin.domain.errors import ConfigError
from plugin.domain.person_notice import PersonNotice, PersonOccasion, Recipient
from plugin.kit import signature
from plugin.kit.messages import Catalogue, load_catalogue
from plugin.notify.channels import load_channels
from plugin.notify.mail import MailOptions, mail_person
from plugin.notify.person_words import PersonWriter
from plugin.notify.tools import Tools
from plugin.notify.webhook import call_about_person
from tests.unit.notify.test_channels import WEBHOOK, written
from tests.unit.notify.test_mail import Relay, relay
from tests.unit.notify.test_webhook import Receiver, here, options, receiver

__all__ = ["here", "receiver", "relay"]  # fixtures of the neighbours

ROOT = Path(__file__).resolve().parents[3]
MADE_AT = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
PRIVATE = ("测试医师甲", "ACC-77")


@pytest.fixture
def person_notice() -> PersonNotice:
    return PersonNotice(
        notice_id="0123456789abcdef",
        occasion=PersonOccasion.FAILING_SCORE,
        about="c1",
        to=Recipient(person_id="D1", name="测试医师甲"),
        made_at=MADE_AT,
        accession_number="ACC-77",
        form_id="report",
        grade="不合格",
        due_at=MADE_AT + timedelta(days=7),
    )


def test_inside_it_says_who_and_which(tools: Tools, person_notice: PersonNotice) -> None:
    text = tools.people.write(person_notice, outside=False)
    assert text.subject == "【测试医院】质控评分不合格，请整改"
    for said in ("报告质量", "不合格", "2026-06-08 16:00", *PRIVATE):
        assert said in text.body


def test_a_rule_that_fell_silent_is_named_in_words_and_a_strange_one_by_its_id(
    tools: Tools, person_notice: PersonNotice
) -> None:
    for rule, said in (("typo", "错别字"), ("nodule-ai:missed", "nodule-ai:missed")):
        fallen = replace(person_notice, occasion=PersonOccasion.RULE_SILENCED, rule=rule)
        text = tools.people.write(fallen, outside=True)
        assert said in text.subject
        assert said in text.body


@pytest.mark.parametrize("occasion", PersonOccasion)
def test_outside_it_names_a_staff_number_only(
    tools: Tools, person_notice: PersonNotice, occasion: PersonOccasion
) -> None:
    text = tools.people.write(replace(person_notice, occasion=occasion), outside=True)
    assert "D1" in text.body
    for private in PRIVATE:
        assert private not in text.subject + text.body


def test_no_translation_can_let_a_name_out() -> None:
    catalogue = load_catalogue(ROOT / "config" / "messages")
    texts = {
        language: {key: catalogue.text(language, key) for key in catalogue.keys}
        for language in catalogue.languages
    }
    texts["en"]["person.body.assigned"] = "{person} has a reading"
    with pytest.raises(ConfigError, match=r"may not fill in \{person\}"):
        PersonWriter(
            Catalogue(texts),
            language="en",
            hospital="",
            link="",
            zone=ZoneInfo("UTC"),
            form_title=str,
        )


def test_a_webhook_is_signed_and_routes_by_staff_number(
    receiver: Receiver, here: Tools, person_notice: PersonNotice, clock
) -> None:
    for _ in range(2):
        call_about_person(options(receiver), here, person_notice, "")
    (_, sent, body), (_, again, _) = receiver.calls
    key = signature.decode_secret(here.secret("robot"))
    assert signature.verify([key], sent, body, clock().timestamp())[0] == "0123456789abcdef"
    assert sent["webhook-id"] == again["webhook-id"], "a receiver tells a person once"
    said = json.loads(body)
    assert (said["type"], said["data"]["person_id"]) == ("signgate.person.failing_score", "D1")
    for private in PRIVATE:
        assert private not in body.decode()


def test_a_robot_gets_text(receiver: Receiver, here: Tools, person_notice: PersonNotice) -> None:
    receiver.answer = b'{"errcode": 0}'
    call_about_person(options(receiver, body="wecom"), here, person_notice, "")
    assert "请整改" in json.loads(receiver.calls[0][2])["text"]["content"]


@pytest.mark.parametrize(
    ("mail", "to"), [("d1@hospital.example", "d1@hospital.example"), ("", "qc@h.example")]
)
def test_a_mail_goes_to_the_person_or_to_the_office(
    relay: Relay, tools: Tools, person_notice: PersonNotice, mail: str, to: str
) -> None:
    port = relay.server_address[1]
    given = MailOptions(
        host="127.0.0.1",
        port=port,
        security="none",
        sender="signgate@h.example",
        recipients=("qc@h.example",),
    )
    mail_person(given, tools, person_notice, mail)
    sent = message_from_bytes(relay.mails[0], policy=policy.default)
    assert sent["To"] == to
    assert sent["Message-ID"] == "<0123456789abcdef@signgate>"
    body = sent.get_body().get_content()
    assert "工号：D1" in body
    for private in PRIVATE:
        assert private not in body


def test_a_channel_carries_people_only_when_it_says_so(tmp_path: Path, tools: Tools) -> None:
    both = WEBHOOK + 'name = "robot"\ncarries = ["critical", "people"]\n'
    plain = both + WEBHOOK + 'name = "plain"\n'
    robot, other = load_channels(written(tmp_path, plain), tools)
    assert (robot.carries_alerts, robot.carries_person_notices) == (True, True)
    assert (other.carries_alerts, other.carries_person_notices) == (True, False)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[[channel]]\nkind = "browser"\ncarries = ["people"]\n', "browser carries no notices to people"),
        ('[[channel]]\nkind = "browser"\ncarries = []\n', "is a list of critical, people"),
        ('[[channel]]\nkind = "browser"\ncarries = ["pigeons"]\n', "is a list of critical, people"),
        (WEBHOOK + 'carries = ["people"]\n', "nobody would ever be told"),
    ],
)
def test_a_mistake_of_carries_is_named(tmp_path: Path, tools: Tools, text: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        load_channels(written(tmp_path, text), tools)
