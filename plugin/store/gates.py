"""Decisions at signing, tickets of the popup, form tokens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import and_, func, or_, select, update

from plugin.domain.errors import GateConflict
from plugin.domain.gate import FOR_ANOTHER, Decision, Draw, Gate, GateState, SignAction, Signer
from plugin.store.codec import from_json, from_us, from_us_or_none, to_json, to_us, to_us_or_none
from plugin.store.link import Link, Prepared, Row, given, insert_into
from plugin.store.tables.gates import form_tokens, gates, popup_laters, tickets

_AT_ONCE = 1000
"""Rows that are in memory at one time while the draws of a version are walked."""

g, t, f, p = gates.c, tickets.c, form_tokens.c, popup_laters.c

_gates = select(*(column for column in g if column is not g.policy_version))
"""What a gate is made of; the policy's version stands in its draw, and in a column to be found by."""

_BY_EVENT = Prepared(_gates.where(g.caller == given("of_caller"), g.event_id == given("of_event")))
_GET = Prepared(_gates.where(g.gate_id == given("of_id")))
_FOR_STUDY = Prepared(
    _gates.where(g.accession_number == given("of_accession"), g.action == given("of_action")).order_by(
        g.decided_at.desc(), g.gate_id.desc()
    )
)
_POPUPS = Prepared(
    select(g.decided_at).where(
        g.signer_id == given("of_signer"), g.decided_at > given("since"), g.decision == Decision.HOLD.value
    )
)
_OF_POLICY = Prepared(
    _gates.where(
        g.policy_version == given("of_version"),
        or_(
            g.decided_at > given("after"), and_(g.decided_at == given("after"), g.gate_id > given("after_id"))
        ),
    )
    .order_by(g.decided_at, g.gate_id)
    .limit(given("at_most"))
)
_NEWEST_DRAWN = Prepared(
    _gates.where(g.policy_version == given("of_version"), g.decided_at >= given("since"))
    .order_by(g.decided_at.desc(), g.gate_id.desc())
    .limit(given("at_most"))
)
_WAITING = Prepared(
    select(g.signer_id, func.count())
    .where(or_(g.state == GateState.HELD.value, g.owed.is_(True)), g.reason.not_in(sorted(FOR_ANOTHER)))
    .group_by(g.signer_id)
)
_FOR_ANOTHER = Prepared(
    _gates.where(g.owed.is_(True), g.reason.in_(sorted(FOR_ANOTHER)))
    .order_by(g.decided_at)
    .limit(given("at_most"))
)
_NO_MORE_OWED = Prepared(update(gates).where(g.gate_id == given("of_id")).values(owed=False))
_ADD = Prepared(insert_into(gates))
_MOVE = Prepared(
    update(gates)
    .where(g.gate_id == given("of_id"), g.state.is_not_distinct_from(given("before")))
    .values(state=given("state"), owed=given("owed"))
)
_ADD_TICKET = Prepared(insert_into(tickets))
_REDEEM = Prepared(
    update(tickets)
    .where(t.digest == given("of_digest"), t.used.is_(False), t.expires_at > given("now"))
    .values(used=True)
    .returning(t.gate_id, t.user_id)
)
_ADD_TOKEN = Prepared(insert_into(form_tokens))
_TOKEN = Prepared(
    select(f.gate_id, f.user_id).where(f.digest == given("of_digest"), f.expires_at > given("now"))
)
_TOKEN_EXPIRES = Prepared(select(f.expires_at).where(f.digest == given("of_digest")))
_AMENDS = Prepared(select(f.amends).where(f.digest == given("of_digest")))
_ADD_LATER = Prepared(insert_into(popup_laters))
_LATERS = Prepared(
    select(func.count())
    .select_from(popup_laters)
    .where(p.user_id == given("of_user"), p.at >= given("since"))
)


class SqlGates:
    """Implements ``GateRepository``; each race is decided by one conditional update."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def by_event(self, caller: str, event_id: str) -> Gate | None:
        return _gate_or_none(self._link.row(_BY_EVENT, {"of_caller": caller, "of_event": event_id}))

    def get(self, gate_id: str) -> Gate | None:
        return _gate_or_none(self._link.row(_GET, {"of_id": gate_id}))

    def for_study(self, accession_number: str, action: SignAction) -> Sequence[Gate]:
        found = self._link.rows(_FOR_STUDY, {"of_accession": accession_number, "of_action": action.value})
        return [_gate(*row) for row in found]

    def popups_of(self, signer_id: str, since: datetime) -> Sequence[datetime]:
        found = self._link.rows(_POPUPS, {"of_signer": signer_id, "since": to_us(since)})
        return [from_us(row[0]) for row in found]

    def drawn_by(self, policy_version: int) -> Iterator[Gate]:
        asked = {"of_version": policy_version, "after": -1, "after_id": "", "at_most": _AT_ONCE}
        while rows := self._link.rows(_OF_POLICY, asked):
            for row in rows:
                yield _gate(*row)
            last = _gate(*rows[-1])
            asked |= {"after": to_us(last.decided_at), "after_id": last.gate_id}

    def newest_drawn(self, policy_version: int, since: datetime, limit: int) -> Sequence[Gate]:
        asked = {"of_version": policy_version, "since": to_us(since), "at_most": limit}
        return [_gate(*row) for row in self._link.rows(_NEWEST_DRAWN, asked)]

    def add(self, gate: Gate) -> None:
        self._link.run(
            _ADD,
            {
                "gate_id": gate.gate_id,
                "event_id": gate.event_id,
                "accession_number": gate.accession_number,
                "action": gate.action.value,
                "signer_id": gate.signer.id,
                "signer_name": gate.signer.name,
                "signer_role": gate.signer.role,
                "decision": gate.decision.value,
                "reason": gate.reason,
                "draw": None if gate.draw is None else to_json(gate.draw),
                "text_digest": gate.text_digest,
                "decided_at": to_us(gate.decided_at),
                "state": None if gate.state is None else gate.state.value,
                "forms": to_json(gate.forms),
                "expires_at": to_us_or_none(gate.expires_at),
                "owed": gate.owed,
                "caller": gate.caller,
                "policy_version": None if gate.draw is None else gate.draw.policy_version,
            },
        )

    def move(self, gate_id: str, before: GateState | None, after: GateState, *, owed: bool) -> None:
        met = self._link.run(
            _MOVE,
            {
                "of_id": gate_id,
                "before": None if before is None else before.value,
                "state": after.value,
                "owed": owed,
            },
        )
        if not met:
            raise GateConflict(
                f"gate {gate_id} is no longer {before or 'without state'}; it cannot become {after}"
            )

    def for_another(self, limit: int) -> Sequence[Gate]:
        return [_gate(*row) for row in self._link.rows(_FOR_ANOTHER, {"at_most": limit})]

    def no_more_owed(self, gate_id: str) -> None:
        self._link.run(_NO_MORE_OWED, {"of_id": gate_id})

    def waiting_by_signer(self) -> Mapping[str, int]:
        return {row[0]: int(row[1]) for row in self._link.rows(_WAITING, {})}

    def add_ticket(self, digest: str, gate_id: str, user_id: str, expires_at: datetime) -> None:
        self._link.run(_ADD_TICKET, {**_pass(digest, gate_id, user_id, expires_at), "used": False})

    def redeem_ticket(self, digest: str, now: datetime) -> tuple[str, str] | None:
        row = self._link.row(_REDEEM, {"of_digest": digest, "now": to_us(now)})
        return None if row is None else (row[0], row[1])

    def add_form_token(
        self, digest: str, gate_id: str, user_id: str, expires_at: datetime, *, amends: str = ""
    ) -> None:
        self._link.run(_ADD_TOKEN, {**_pass(digest, gate_id, user_id, expires_at), "amends": amends})

    def token_expires(self, digest: str) -> datetime | None:
        row = self._link.row(_TOKEN_EXPIRES, {"of_digest": digest})
        return None if row is None else from_us(row[0])

    def amended_by_token(self, digest: str) -> str:
        row = self._link.row(_AMENDS, {"of_digest": digest})
        return "" if row is None else str(row[0])

    def add_later(self, gate_id: str, user_id: str, at: datetime) -> None:
        self._link.run(_ADD_LATER, {"gate_id": gate_id, "user_id": user_id, "at": to_us(at)})

    def laters_of(self, user_id: str, since: datetime) -> int:
        (row,) = self._link.rows(_LATERS, {"of_user": user_id, "since": to_us(since)})
        return int(row[0])

    def form_token(self, digest: str, now: datetime) -> tuple[str, str] | None:
        row = self._link.row(_TOKEN, {"of_digest": digest, "now": to_us(now)})
        return None if row is None else (row[0], row[1])


def _pass(digest: str, gate_id: str, user_id: str, expires_at: datetime) -> dict[str, object]:
    return {"digest": digest, "gate_id": gate_id, "user_id": user_id, "expires_at": to_us(expires_at)}


def _gate_or_none(row: Row | None) -> Gate | None:
    return None if row is None else _gate(*row)


def _gate(
    gate_id: str,
    event_id: str,
    accession_number: str,
    action: str,
    signer_id: str,
    signer_name: str,
    signer_role: str,
    decision: str,
    reason: str,
    draw: str | None,
    text_digest: str,
    decided_at: int,
    state: str | None,
    forms: str,
    expires_at: int | None,
    owed: int,
    caller: str,
) -> Gate:
    return Gate(
        gate_id=gate_id,
        event_id=event_id,
        accession_number=accession_number,
        action=SignAction(action),
        signer=Signer(id=signer_id, name=signer_name, role=signer_role),
        decision=Decision(decision),
        reason=reason,
        draw=None if draw is None else from_json(Draw, draw),
        text_digest=text_digest,
        decided_at=from_us(decided_at),
        state=None if state is None else GateState(state),
        forms=from_json(tuple[str, ...], forms),
        expires_at=from_us_or_none(expires_at),
        owed=bool(owed),
        caller=caller,
    )
