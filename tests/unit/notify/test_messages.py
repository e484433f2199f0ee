"""What a notice says inside and outside the hospital."""

from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from plugin.domain.critical import AlertState
from plugin.domain.errors import ConfigError
from plugin.domain.notice import Notice, Occasion
from plugin.kit.messages import Catalogue, load_catalogue
from plugin.notify.messages import MessageWriter, message_id

ROOT = Path(__file__).resolve().parents[3]
PRIVATE = ("测试患者甲", "男", "P0001", "ZY12345", "ACC-77", "右侧大量气胸", "12床", "张三")


def writer(catalogue: Catalogue | None = None, language: str = "zh_CN") -> MessageWriter:
    return MessageWriter(
        catalogue or load_catalogue(ROOT / "config/messages"),
        language=language,
        hospital="测试医院",
        link=lambda alert_id: f"https://signgate.test/ward/{alert_id}",
        zone=ZoneInfo("Asia/Shanghai"),
    )


@pytest.mark.parametrize("language", ["zh_CN", "en"])
@pytest.mark.parametrize("occasion", list(Occasion))
def test_outside_names_nobody_and_quotes_nothing(notice: Notice, occasion: Occasion, language: str) -> None:
    text = writer(language=language).write(replace(notice, occasion=occasion), outside=True)
    said = text.subject + text.body
    assert not [word for word in PRIVATE if word in said]
    assert "89abcdef" in said
    assert "https://signgate.test/ward/0123456789abcdef" in said
    assert "{" not in said


@pytest.mark.parametrize("occasion", list(Occasion))
def test_inside_says_who_and_what(notice: Notice, occasion: Occasion) -> None:
    text = writer().write(replace(notice, occasion=occasion), outside=False)
    assert "测试患者甲" in text.subject
    assert "右侧大量气胸" in text.body
    assert "{" not in text.subject + text.body


def test_times_are_those_of_the_hospital(notice: Notice) -> None:
    text = writer().write(notice, outside=True)
    assert "2026-06-01 16:10" in text.body
    assert "10 分钟" in text.body


def test_what_is_not_known_is_said_to_be_so(notice: Notice) -> None:
    bare = replace(notice, order=None, alert=replace(notice.alert, due_at=None))
    assert "未提供" in writer().write(bare, outside=False).body
    assert "不限" in writer().write(bare, outside=True).body


@pytest.mark.parametrize("field", ["name", "value", "accession_number", "finding", "link.__class__"])
def test_a_text_that_would_let_a_name_out_is_refused(field: str) -> None:
    ours = load_catalogue(ROOT / "config/messages")
    texts = {each: {key: ours.text(each, key) for key in ours.keys} for each in ours.languages}
    texts["en"]["notice.outside.raised_body"] = f"Please call about {{{field}}}"
    with pytest.raises(ConfigError, match="leaves the hospital") as caught:
        writer(Catalogue(texts))
    assert (caught.value.file, caught.value.key) == ("messages/en.toml", "notice.outside.raised_body")


def test_an_attempt_keeps_its_identity_and_an_escalation_gets_another(notice: Notice) -> None:
    again = replace(notice, alert=replace(notice.alert, state=AlertState.SENT))
    assert message_id(notice) == message_id(again)
    first = replace(notice, occasion=Occasion.ESCALATED, alert=replace(notice.alert, escalation_level=1))
    second = replace(first, alert=replace(first.alert, escalation_level=2))
    assert len({message_id(notice), message_id(first), message_id(second)}) == 3
