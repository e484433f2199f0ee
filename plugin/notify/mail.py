"""A notice as e-mail over the hospital's SMTP server."""

from __future__ import annotations

import smtplib
from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Literal

from pydantic import Field

from plugin.domain.errors import DeliveryFailed
from plugin.domain.notice import Notice
from plugin.domain.person_notice import PersonNotice
from plugin.kit.registry import Options
from plugin.kit.settings import PeerPort
from plugin.notify.messages import Text, message_id
from plugin.notify.tools import Tools


class MailOptions(Options):
    """Which server, from whom, to whom.

    Parameters
    ----------
    security
        ``starttls`` (usually port 587), ``tls`` (465), or ``none`` for a relay on the same machine.
    secret
        Name under which the site keeps the password; empty when the server asks for none.
    leaves_hospital
        Then the message names no patient; a mail rarely stays in the house, so this is the default.
    """

    host: str
    port: PeerPort = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    sender: str
    recipients: tuple[str, ...] = Field(min_length=1)
    user: str = ""
    secret: str = ""
    leaves_hospital: bool = True
    timeout_s: float = Field(default=5.0, gt=0, le=30)


def send_mail(options: MailOptions, tools: Tools, notice: Notice) -> bool:
    """Send; ``False``, for nobody knows when a mail is read.

    Raises
    ------
    DeliveryFailed
        No connection, no answer in time, or no recipient accepted; ``retry`` is false when
        the password is wrong.
    """
    text = tools.writer.write(notice, outside=options.leaves_hospital)
    message = _message(options, tools, text, message_id(notice), options.recipients)
    message["Importance"] = "high"
    _send(options, tools, message)
    return False


def mail_person(options: MailOptions, tools: Tools, notice: PersonNotice, mail: str) -> None:
    """Send to the person's own address, or to the channel's recipients where none is known.

    Raises
    ------
    DeliveryFailed
        As :func:`send_mail`.
    """
    text = tools.people.write(notice, outside=options.leaves_hospital)
    recipients = (mail,) if mail else options.recipients
    _send(options, tools, _message(options, tools, text, notice.notice_id, recipients))


def _send(options: MailOptions, tools: Tools, message: EmailMessage) -> None:
    try:
        with _session(options, tools) as smtp:
            if options.user:
                smtp.login(options.user, tools.secret(options.secret))
            refused = smtp.send_message(message)
    except smtplib.SMTPAuthenticationError as error:
        raise DeliveryFailed(f"{options.host} refuses the user or password", retry=False) from error
    except (OSError, smtplib.SMTPException) as error:
        raise DeliveryFailed(f"{options.host} took no mail: {type(error).__name__}", retry=True) from error
    if refused:
        raise DeliveryFailed(f"{options.host} refuses {len(refused)} of the recipients", retry=True)


def _session(options: MailOptions, tools: Tools) -> smtplib.SMTP:
    if options.security == "tls":
        return smtplib.SMTP_SSL(options.host, options.port, timeout=options.timeout_s, context=tools.tls())
    smtp = smtplib.SMTP(options.host, options.port, timeout=options.timeout_s)
    if options.security == "starttls":
        smtp.starttls(context=tools.tls())
    return smtp


def _message(
    options: MailOptions, tools: Tools, text: Text, identity: str, recipients: Sequence[str]
) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = options.sender, ", ".join(recipients)
    message["Subject"] = text.subject.replace("\n", " ")
    message["Date"] = format_datetime(tools.clock())
    message["Message-ID"] = f"<{identity}@signgate>"
    message.set_content(text.body)
    return message
