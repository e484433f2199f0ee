"""The archive of HL7 messages: searched, looked into, read otherwise, processed again, set aside."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, g, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from plugin.console.blind import not_blind
from plugin.console.desk import ConsoleDesk
from plugin.console.gatekeeper import allow, form_text, needs_role, signed_in
from plugin.console.message_text import segments, visible
from plugin.console.pages import show
from plugin.domain.archive import ArchivedMessage, Direction, MessageFilter, MessageState, Reading
from plugin.domain.errors import GateConflict, InvalidInput, UnknownReport
from plugin.domain.listing import Page
from plugin.domain.people import Role
from plugin.workflow.inbox import set_aside
from plugin.workflow.ports.message_replay import MessageReplay
from plugin.workflow.receive_patient import undo_merge

AT_ONCE = 500
"""Messages that one press of a button processes: a few seconds beside the live traffic."""

TURNED_AWAY = 50
"""Peers whose refused connections the page tells, the newest first."""

_FIELDS = ("number", "words", "kind", "sender", "state", "direction", "since", "until")


def routes(console: Blueprint, desk: ConsoleDesk) -> None:
    """Add the pages of this file."""

    @console.get("/messages")
    def messages() -> str:
        allow(desk, "messages")
        asked = {name: request.args.get(name, "").strip()[:64] for name in _FIELDS}
        listing = desk.reading.messages(Page(cursor=request.args.get("cursor", "")[:64]), _filter(asked))
        return show(
            "console_messages.html",
            listing=listing,
            asked=asked,
            filtered={name: value for name, value in asked.items() if value},
            states=list(MessageState),
            directions=list(Direction),
            replay=desk.replay,
            turned_away=desk.store.read(lambda uow: uow.turned_away.newest(TURNED_AWAY)),
            outcome=_outcome(),
            pruned=request.args.get("pruned", "")[:16],
            may_prune=signed_in().account.role is Role.HEAD,
        )

    @console.post("/messages/replay")
    def messages_replay() -> BaseResponse:
        allow(desk, "messages")
        replay = _replay(desk)
        asked = {name: form_text(name, needed=False, limit=64) for name in _FIELDS}
        chosen = {name: form_text(name, needed=False, limit=64) for name in ("charset", "profile")}
        numbers = _refused_ones(desk, _filter(asked))
        states = [_replayed(replay, number, chosen) for number in numbers]
        accepted = states.count(MessageState.ACCEPTED)
        detail = {name: value for name, value in {**asked, **chosen}.items() if value}
        detail |= {"accepted": str(accepted), "refused": str(len(states) - accepted)}
        _audit(desk, "messages.replayed", f"{len(states)}", detail)
        back: dict[str, Any] = {name: value for name, value in asked.items() if value}
        back |= {"accepted": accepted, "refused": len(states) - accepted}
        return redirect(url_for("console.messages", **back), 303)

    @console.post("/messages/prune")
    def messages_prune() -> BaseResponse:
        allow(desk, "messages")
        needs_role(Role.HEAD)
        sent = form_text("days", limit=6)
        if not (sent.isascii() and sent.isdigit()):
            raise InvalidInput("days", "is a number of days")
        actor = signed_in().account.login
        before = desk.store.write(lambda uow: desk.prune.ask(uow, int(sent), actor))
        return redirect(
            url_for("console.messages", pruned=f"{before.astimezone(g.zone):%Y-%m-%d %H:%M}"), 303
        )

    @console.get("/messages/<int:message_id>")
    def message(message_id: int) -> str:
        allow(desk, "messages")
        found = desk.store.read(
            lambda uow: (
                uow.messages.get(message_id),
                uow.patients.merges(20, message_id),
                uow.attachments.of_message(message_id),
            )
        )
        kept, merges, attachments = found
        if kept is None:
            raise UnknownReport("no such message")
        one, envelope = kept
        not_blind(desk, one.accession_number)
        received = one.direction is Direction.RECEIVED
        chosen = {name: request.args.get(name, "")[:64] for name in ("charset", "profile")}
        previews = _previews(desk.replay, one, chosen) if received and "preview" in request.args else ()
        return show(
            "console_message.html",
            message=one,
            envelope=envelope,
            segments=segments(envelope.raw, envelope.charset),
            ack=segments(one.ack, envelope.charset),
            visible=visible,
            tree=desk.message_tree(envelope.raw, envelope.charset) if desk.message_tree else (),
            merges=merges,
            attachments=attachments,
            replay=desk.replay if received else None,
            chosen=chosen,
            previews=previews,
            facts=_side_by_side(previews),
        )

    @console.post("/messages/<int:message_id>/replay")
    def message_replay(message_id: int) -> BaseResponse:
        allow(desk, "messages")
        chosen = {name: form_text(name, needed=False, limit=64) for name in ("charset", "profile")}
        again = form_text("again", needed=False, limit=3) == "yes"
        state = _replay(desk).replay(
            message_id, charset=chosen["charset"], profile=chosen["profile"], again=again
        )
        detail = {name: value for name, value in chosen.items() if value} | {"state": state.value}
        _audit(desk, "message.replayed", str(message_id), detail)
        return redirect(url_for("console.message", message_id=message_id), 303)

    @console.post("/messages/<int:message_id>/set-aside")
    def message_set_aside(message_id: int) -> BaseResponse:
        allow(desk, "messages")
        reason = form_text("reason", limit=200)
        actor = signed_in().account.login
        desk.store.write(lambda uow: set_aside(uow, message_id, reason, actor, desk.clock()))
        return redirect(url_for("console.message", message_id=message_id), 303)

    @console.get("/messages/<int:message_id>/raw")
    def message_raw(message_id: int) -> Response:
        allow(desk, "messages")
        found = desk.store.read(lambda uow: uow.messages.get(message_id))
        if found is None:
            raise UnknownReport("no such message")
        not_blind(desk, found[0].accession_number)
        _audit(desk, "message.downloaded", str(message_id), {})
        response = Response(found[1].raw, content_type="application/octet-stream")
        response.headers["Content-Disposition"] = f'attachment; filename="message-{message_id}.hl7"'
        return response

    @console.post("/merges/<int:merge_id>/undo")
    def merge_undo(merge_id: int) -> BaseResponse:
        allow(desk, "messages")
        reason, message_id = form_text("reason", limit=200), form_text("message_id", limit=20)
        actor, around = signed_in().account.login, desk.around
        desk.store.write(lambda uow: undo_merge(uow, merge_id, around, actor, reason))
        return redirect(url_for("console.message", message_id=int(message_id)), 303)


def _replay(desk: ConsoleDesk) -> MessageReplay:
    if desk.replay is None:
        raise GateConflict("this node takes no messages; process them again where the HL7 listener runs")
    return desk.replay


def _filter(asked: dict[str, str]) -> MessageFilter:
    state, direction = asked["state"], asked["direction"]
    return MessageFilter(
        number=asked["number"],
        words=asked["words"],
        kind=asked["kind"],
        sender=asked["sender"],
        state=MessageState(state) if state in set(MessageState) else None,
        direction=Direction(direction) if direction in set(Direction) else None,
        since=_time("since", asked["since"]),
        until=_time("until", asked["until"]),
    )


def _time(name: str, text: str) -> datetime | None:
    """A time by the hospital's clock, as a browser's field for it sends one."""
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=g.zone).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidInput(name, "is a time such as 2026-06-01T08:00") from error


def _refused_ones(desk: ConsoleDesk, asked: MessageFilter) -> list[int]:
    """Numbers of the received messages that had no effect yet, the oldest first, as they came.

    Raises
    ------
    InvalidInput
        When the filter finds more than one press may process.
    """
    found: list[int] = []
    cursor, seen = "", 0
    while True:
        listing = desk.reading.messages(Page(limit=200, cursor=cursor), asked)
        found += [each.message_id for each in listing.rows if _may_be_processed(each)]
        seen, cursor = seen + len(listing.rows), listing.next_cursor
        if len(found) > AT_ONCE or seen > 40 * AT_ONCE:
            raise InvalidInput("filter", f"finds more than {AT_ONCE} messages; narrow it by time or state")
        if not cursor:
            return found[::-1]


def _replayed(replay: MessageReplay, message_id: int, chosen: dict[str, str]) -> MessageState:
    """One of many: what cannot be processed holds back none behind it."""
    try:
        return replay.replay(message_id, charset=chosen["charset"], profile=chosen["profile"])
    except GateConflict:
        return MessageState.REJECTED


def _may_be_processed(message: ArchivedMessage) -> bool:
    return message.direction is Direction.RECEIVED and message.state is not MessageState.ACCEPTED


def _previews(
    replay: MessageReplay | None, message: ArchivedMessage, chosen: dict[str, str]
) -> tuple[Reading, ...]:
    """How the message is read by itself, and as chosen."""
    if replay is None:
        return ()
    return replay.preview(message.message_id), replay.preview(message.message_id, **chosen)


def _side_by_side(previews: tuple[Reading, ...]) -> list[tuple[str, list[str]]]:
    """Name of each field that one of them found, and what each found."""
    names = dict.fromkeys(name for preview in previews for name in preview.facts)
    return [(name, [preview.facts.get(name, "") for preview in previews]) for name in names]


def _outcome() -> tuple[int, int] | None:
    """How many of the messages that were just processed were accepted, and how many refused again."""
    counts = [request.args.get(name, "") for name in ("accepted", "refused")]
    if not all(count.isascii() and count.isdigit() and len(count) < 5 for count in counts):
        return None
    return int(counts[0]), int(counts[1])


def _audit(desk: ConsoleDesk, action: str, subject: str, detail: dict[str, str]) -> None:
    actor = signed_in().account.login
    desk.store.write(lambda uow: uow.audit.append(desk.clock(), actor, action, subject, detail))
