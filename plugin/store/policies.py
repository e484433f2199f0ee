"""Versions of the sampling policy, and the off switches."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from plugin.domain.people import Switches
from plugin.domain.sampling import Caps, Minimum, SamplingPolicy, SamplingRule, Tally
from plugin.store.codec import from_json, from_us, to_json, to_us
from plugin.store.link import Link, Prepared, Row, given, insert_into, offered, upsert
from plugin.store.tables.policies import policies, sampling_tallies, switches

p, w, n = policies.c, switches.c, sampling_tallies.c

_LIVE = Prepared(
    select(policies)
    .where(p.live_from <= given("now"))
    .order_by(p.live_from.desc(), p.version.desc())
    .limit(1)
)
_GET = Prepared(select(policies).where(p.version == given("of_version")))
_ADD = Prepared(insert_into(policies))
_SWITCHES = Prepared(
    select(w.gate, w.alerts, w.stamping, w.shadow).where(w.department == given("of_department"))
)
_SET_SWITCHES = Prepared(upsert(switches))
_VERSIONS = Prepared(select(policies).order_by(p.version.desc()))
_TALLY = Prepared(
    select(n.seen, n.drawn).where(
        n.signer_id == given("of_signer"), n.minimum == given("of_minimum"), n.period == given("of_period")
    )
)
_COUNT = Prepared(
    upsert(
        sampling_tallies,
        {
            "seen": n.seen + offered(sampling_tallies, "seen"),
            "drawn": n.drawn + offered(sampling_tallies, "drawn"),
        },
    )
)


class SqlPolicies:
    """Implements ``PolicyRepository``."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def live(self, now: datetime) -> SamplingPolicy | None:
        return _policy_or_none(self._link.row(_LIVE, {"now": to_us(now)}))

    def get(self, version: int) -> SamplingPolicy | None:
        return _policy_or_none(self._link.row(_GET, {"of_version": version}))

    def add(self, policy: SamplingPolicy) -> None:
        self._link.run(
            _ADD,
            {
                "version": policy.version,
                "rules": to_json(policy.rules),
                "key": policy.key,
                "key_digest": policy.key_digest,
                "live_from": to_us(policy.live_from),
                "author": policy.author,
                "comment": policy.comment,
                "minimums": to_json(policy.minimums),
                "caps": to_json(policy.caps),
                "approved_by": policy.approved_by,
            },
        )

    def versions(self) -> Sequence[SamplingPolicy]:
        return [_policy(*row) for row in self._link.rows(_VERSIONS, {})]

    def tally(self, signer_id: str, minimum: str, period: str) -> Tally:
        key = {"of_signer": signer_id, "of_minimum": minimum, "of_period": period}
        row = self._link.row(_TALLY, key)
        return Tally() if row is None else Tally(seen=row[0], drawn=row[1])

    def count(self, signer_id: str, minimum: str, period: str, *, drawn: bool) -> None:
        self._link.run(
            _COUNT,
            {
                "signer_id": signer_id,
                "minimum": minimum,
                "period": period,
                "seen": 1,
                "drawn": int(drawn),
            },
        )

    def switches(self, department: str = "") -> Switches:
        """What holds for a department.

        What is off for the whole house is off in every department; shadow mode is the
        department's own where it has been set there, so that one after another goes live.
        """
        house = self._stored("") or Switches()
        own = self._stored(department) if department else None
        if own is None:
            return house
        return Switches(
            gate=house.gate and own.gate,
            alerts=house.alerts and own.alerts,
            stamping=house.stamping and own.stamping,
            shadow=own.shadow,
        )

    def own_switches(self, department: str) -> Switches:
        """What has been set for a department itself; one without a setting follows the house's shadow mode."""
        house = self._stored("") or Switches()
        return self._stored(department) or (Switches(shadow=house.shadow) if department else house)

    def set_switches(self, switches: Switches, department: str = "") -> None:
        self._link.run(
            _SET_SWITCHES,
            {
                "department": department,
                "gate": switches.gate,
                "alerts": switches.alerts,
                "stamping": switches.stamping,
                "shadow": switches.shadow,
            },
        )

    def _stored(self, department: str) -> Switches | None:
        row = self._link.row(_SWITCHES, {"of_department": department})
        if row is None:
            return None
        gate, alerts, stamping, shadow = map(bool, row)
        return Switches(gate=gate, alerts=alerts, stamping=stamping, shadow=shadow)


def _policy_or_none(row: Row | None) -> SamplingPolicy | None:
    return None if row is None else _policy(*row)


def _policy(
    version: int,
    rules: str,
    key: bytes,
    key_digest: str,
    live_from: int,
    author: str,
    comment: str,
    minimums: str,
    caps: str,
    approved_by: str,
) -> SamplingPolicy:
    return SamplingPolicy(
        version=version,
        rules=from_json(tuple[SamplingRule, ...], rules),
        key=bytes(key),
        key_digest=key_digest,
        live_from=from_us(live_from),
        author=author,
        comment=comment,
        minimums=from_json(tuple[Minimum, ...], minimums),
        caps=from_json(Caps, caps),
        approved_by=approved_by,
    )
