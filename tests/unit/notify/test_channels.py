"""Channels by name, from config/notify.toml."""

from dataclasses import replace
from pathlib import Path

import pytest

from plugin.domain.errors import ConfigError, DeliveryFailed
from plugin.domain.notice import Notice
from plugin.notify.channels import CHANNELS, load_channels
from plugin.notify.tools import Tools

ROOT = Path(__file__).resolve().parents[3]
WEBHOOK = (
    '[[channel]]\nkind = "webhook"\nurl = "https://a.test/"\nallowed = ["a.test:443"]\nsecret = "robot"\n'
)


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "notify.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_ours_is_the_ward_page(tools: Tools, notice: Notice) -> None:
    channels = load_channels(ROOT / "config/notify.toml", tools)
    assert [channel.name for channel in channels] == ["ward_page"]
    assert channels[0].send(notice) is False


def test_without_a_file_the_ward_page_stands(tmp_path: Path, tools: Tools) -> None:
    assert [channel.name for channel in load_channels(tmp_path / "notify.toml", tools)] == ["ward_page"]


def test_the_order_of_the_file_is_kept(tmp_path: Path, tools: Tools) -> None:
    text = WEBHOOK + 'name = "robot"\n[[channel]]\nkind = "browser"\n'
    assert [channel.name for channel in load_channels(written(tmp_path, text), tools)] == ["robot", "browser"]


def test_an_hl7_channel_hands_over(tmp_path: Path, tools: Tools, notice: Notice) -> None:
    taken: list[tuple[str, str]] = []
    handing = replace(tools, hl7=lambda where, what: taken.append((where, what.alert.alert_id)))
    [channel] = load_channels(written(tmp_path, '[[channel]]\nkind = "hl7"\ndestination = "his"\n'), handing)
    assert channel.send(notice) is False
    assert taken == [("his", "0123456789abcdef")]


def test_an_hl7_channel_without_a_sender_fails_and_the_next_is_tried(
    tmp_path: Path, tools: Tools, notice: Notice
) -> None:
    [channel] = load_channels(written(tmp_path, '[[channel]]\nkind = "hl7"\ndestination = "his"\n'), tools)
    with pytest.raises(DeliveryFailed, match="his"):
        channel.send(notice)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            '[[channel]]\nkind = "pigeon"\n',
            "unknown notice channel 'pigeon'; known: browser, hl7, mail, webhook",
        ),
        ('[[channel]]\nname = "x"\n', "is missing"),
        ('[[channel]]\nkind = "browser"\nloud = true\n', "unknown key"),
        (WEBHOOK.replace('"robot"', '"nobody"'), "no secret called 'nobody'"),
        (WEBHOOK.replace("a.test:443", "b.test:443"), "a.test:443 is not in allowed"),
        ('[[channel]]\nkind = "browser"\n[[channel]]\nkind = "browser"\n', "twice"),
        ("", "nobody would ever be told"),
        ("[chanel]\n", "unknown key"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, tools: Tools, text: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told) as caught:
        load_channels(written(tmp_path, text), tools)
    assert caught.value.file.endswith("notify.toml")


def test_the_table_can_be_grepped() -> None:
    assert CHANNELS.names() == ["browser", "hl7", "mail", "webhook"]
