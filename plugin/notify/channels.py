"""The channels of a site: names in ``config/notify.toml``, functions here.

A channel is an entry of :data:`CHANNELS`: an options type and a function from options,
tools and notice to ``bool`` (``True`` when it certainly stands before a person).  They are
tried in the order of the file; one that fails says so within its time-out, and the next is
used at once (:mod:`plugin.delivery.send_notice`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plugin.domain.errors import ConfigError, DeliveryFailed
from plugin.domain.notice import Notice
from plugin.domain.person_notice import PersonNotice
from plugin.kit.registry import Entry, Options, Registry
from plugin.kit.settings import line_of, read_toml
from plugin.notify.mail import MailOptions, mail_person, send_mail
from plugin.notify.tools import Tools
from plugin.notify.ward_page import WardPage
from plugin.notify.webhook import WebhookOptions, call_about_person, send_webhook


class BrowserOptions(Options):
    """The ward page shows every open alert by itself; there is nothing to set."""


class Hl7Options(Options):
    """ORU^R01 back to HIS or EMR; `destination` is a name of the site's HL7 receivers."""

    destination: str


def browser(options: BrowserOptions, tools: Tools, notice: Notice) -> bool:
    """Nothing to send: the page asks by itself."""
    return WardPage().send(notice)


def hl7(options: Hl7Options, tools: Tools, notice: Notice) -> bool:
    """Hand over to the outbound HL7 writer; its own job sends, repeats and keeps the receiver's ACK."""
    if notice.alert.is_drill:
        raise DeliveryFailed("a drill is sent to no patient's record", retry=False)
    if tools.hl7 is None:
        raise DeliveryFailed(f"no HL7 sender knows {options.destination}", retry=False)
    tools.hl7(options.destination, notice)
    return False


CHANNELS: Registry[bool] = Registry(
    "notice channel",
    [
        Entry("browser", BrowserOptions, browser),
        Entry("webhook", WebhookOptions, send_webhook),
        Entry("mail", MailOptions, send_mail),
        Entry("hl7", Hl7Options, hl7),
    ],
    group="signgate.channels",
)


PERSON_CHANNELS: Registry[None] = Registry(
    "channel for people of the department",
    [
        Entry("webhook", WebhookOptions, call_about_person),
        Entry("mail", MailOptions, mail_person),
    ],
    group="signgate.person_channels",
)
"""The kinds that may carry notices to people of the department as well."""

CARRIES = frozenset({"critical", "people"})
"""What ``carries`` of a channel may name: critical values, and notices to people of the department."""


@dataclass(frozen=True, slots=True)
class SiteChannel:
    """One channel of this site, with options and tools bound.

    Parameters
    ----------
    carries
        Members of :data:`CARRIES`.
    """

    name: str
    _function: Callable[[Tools, Notice], bool]
    _tools: Tools
    carries: frozenset[str] = frozenset({"critical"})
    _person_function: Callable[[Tools, PersonNotice, str], None] | None = None

    @property
    def carries_alerts(self) -> bool:
        return "critical" in self.carries

    @property
    def carries_person_notices(self) -> bool:
        return self._person_function is not None and "people" in self.carries

    def tell(self, notice: PersonNotice, mail: str) -> None:
        """Tell a person of the department; `mail` is his own address, or empty.

        Raises
        ------
        DeliveryFailed
            The channel did not take it.
        """
        if self._person_function is None:
            raise DeliveryFailed(f"{self.name} tells nobody of the department", retry=False)
        self._person_function(self._tools, notice, mail)

    def send(self, notice: Notice) -> bool:
        """Tell.

        Raises
        ------
        DeliveryFailed
            The channel did not take it.
        """
        return self._function(self._tools, notice)


def load_channels(file: Path, tools: Tools) -> tuple[SiteChannel, ...]:
    """Read the ``[[channel]]`` tables of `file`; without the file the ward page alone.

    Raises
    ------
    ConfigError
        Unknown kind, a key that the kind does not have, the same name twice, no channel at
        all, or a secret that is not there.
    """
    if not file.is_file():
        return (_channel({"kind": "browser", "name": "ward_page"}, 0, file, tools),)
    raw = read_toml(file)
    if unknown := set(raw) - {"channel"}:
        raise ConfigError(
            str(file), min(unknown), "unknown key; known: channel", line_of(str(file), min(unknown))
        )
    tables = raw.get("channel", [])
    channels = tuple(_channel(table, index, file, tools) for index, table in enumerate(tables))
    if not any(channel.carries_alerts for channel in channels):
        raise ConfigError(str(file), "channel", "no channel: nobody would ever be told")
    names = [channel.name for channel in channels]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ConfigError(str(file), "channel", f"the name {twice!r} stands twice")
    return channels


def _channel(table: dict[str, Any], index: int, file: Path, tools: Tools) -> SiteChannel:
    key = f"channel.{index}"
    kind = table.get("kind")
    if not isinstance(kind, str):
        raise ConfigError(str(file), f"{key}.kind", "is missing", line_of(str(file), key))
    carries = _carries(table, key, file)
    options = {name: value for name, value in table.items() if name not in {"kind", "name", "carries"}}
    function = CHANNELS.build(kind, options, str(file), key)
    if secret := options.get("secret"):
        try:
            tools.secret(secret)
        except KeyError:
            raise ConfigError(str(file), f"{key}.secret", f"no secret called {secret!r} is kept") from None
    person = None
    if "people" in carries:
        if kind not in PERSON_CHANNELS.names():
            known = ", ".join(PERSON_CHANNELS.names())
            text = f"{kind} carries no notices to people; these do: {known}"
            raise ConfigError(str(file), f"{key}.carries", text, line_of(str(file), key))
        person = PERSON_CHANNELS.build(kind, options, str(file), key)
    return SiteChannel(str(table.get("name", kind)), function, tools, carries, person)


def _carries(table: dict[str, Any], key: str, file: Path) -> frozenset[str]:
    named = table.get("carries", ["critical"])
    if not isinstance(named, list) or not named or not set(map(str, named)) <= CARRIES:
        text = f"is a list of {', '.join(sorted(CARRIES))}"
        raise ConfigError(str(file), f"{key}.carries", text, line_of(str(file), key))
    return frozenset(map(str, named))
