"""Signed calls to other systems (Standard Webhooks) that cannot be led astray (:mod:`plugin.kit.pinned_call`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from plugin.domain.errors import DeliveryFailed
from plugin.domain.notice import Notice
from plugin.domain.person_notice import PersonNotice
from plugin.kit import signature
from plugin.kit.pinned_call import CalledAddress, post, refused
from plugin.notify.messages import MessageWriter, Text, message_id
from plugin.notify.tools import Tools


class WebhookOptions(CalledAddress):
    """Whom to call (:class:`CalledAddress`), and how to speak.

    Parameters
    ----------
    secret
        Name under which the site keeps the signing secret.
    leaves_hospital
        Then the message names no patient.
    body
        ``signgate``: our JSON; ``wecom`` (also DingTalk) and ``feishu``: a text message to a robot.
    timeout_s
        For the whole call.
    """

    secret: str
    leaves_hospital: bool = True
    body: Literal["signgate", "wecom", "feishu"] = "signgate"
    timeout_s: float = Field(default=5.0, gt=0, le=30)


def send_webhook(options: WebhookOptions, tools: Tools, notice: Notice) -> bool:
    """Call; ``False``, for a system that took the message is not yet a person who read it.

    Raises
    ------
    DeliveryFailed
        The address is not allowed, nobody answered in time, or the answer was not a success;
        ``retry`` is false where only the settings can help.
    """
    _call(options, tools, _content(options, tools.writer, notice), message_id(notice))
    return False


def call_about_person(options: WebhookOptions, tools: Tools, notice: PersonNotice, _mail: str) -> None:
    """Call; the receiver routes by ``person_id``, a robot tells its group.

    Raises
    ------
    DeliveryFailed
        As :func:`send_webhook`.
    """
    text = tools.people.write(notice, outside=options.leaves_hospital)
    content = _robot_message(options, text) or {
        "type": f"signgate.person.{notice.occasion.value}",
        "timestamp": notice.made_at.isoformat(),
        "data": {
            "notice_id": notice.notice_id,
            "person_id": notice.to.person_id,
            "subject": text.subject,
            "text": text.body,
            "fields": tools.people.fields(notice, outside=options.leaves_hospital),
        },
    }
    _call(options, tools, content, notice.notice_id)


def _call(options: WebhookOptions, tools: Tools, content: Mapping[str, object], identity: str) -> None:
    body = json.dumps(content, ensure_ascii=False).encode()
    key = signature.decode_secret(tools.secret(options.secret))
    headers = signature.headers(key, identity, int(tools.clock().timestamp()), body)
    status, answer = post(options, tools, body, headers, timeout_s=options.timeout_s)
    if (failure := refused(options, status)) is not None:
        raise failure
    if options.body != "signgate" and (code := _robot_error(answer)):
        # A robot says 200 and means no.
        raise DeliveryFailed(f"{options.place} refused the message: code {code}", retry=True)


def _content(options: WebhookOptions, writer: MessageWriter, notice: Notice) -> dict[str, object]:
    text = writer.write(notice, outside=options.leaves_hospital)
    if (message := _robot_message(options, text)) is not None:
        return message
    fields = writer.outside_fields(notice) if options.leaves_hospital else writer.inside_fields(notice)
    return {
        "type": f"signgate.alert.{notice.occasion.value}",
        "timestamp": notice.alert.detected_at.isoformat(),
        "data": {
            "alert_id": notice.alert.alert_id,
            "tier": notice.alert.finding.tier.value,
            "level": notice.alert.escalation_level,
            "subject": text.subject,
            "text": text.body,
            "fields": fields,
        },
    }


def _robot_message(options: WebhookOptions, text: Text) -> dict[str, object] | None:
    """The text as a robot takes it; ``None`` where the channel takes our JSON."""
    if options.body == "wecom":
        return {"msgtype": "text", "text": {"content": f"{text.subject}\n{text.body}"}}
    if options.body == "feishu":
        return {"msg_type": "text", "content": {"text": f"{text.subject}\n{text.body}"}}
    return None


def _robot_error(answer: bytes) -> int:
    """0 when a robot took the message; its error code, or -1 when the answer was cut or is no JSON."""
    try:
        said = json.loads(answer)
    except ValueError:
        return -1
    code = said.get("errcode", said.get("code", 0)) if isinstance(said, dict) else -1
    return code if isinstance(code, int) else -1
