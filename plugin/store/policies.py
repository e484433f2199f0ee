"""Versions of the sampling policy, and the off switches."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from plugin.domain.people import Switches
from plugin.domain.sampling import SamplingPolicy, SamplingRule
from plugin.store.codec import from_json, from_us, to_json, to_us
from plugin.store.link import Link, Prepared, Row, given, insert_into, upsert
from plugin.store.tables import policies, switches

p, w = policies.c, switches.c

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
    if row is None:
        return None
    version, rules, key, key_digest, live_from, author, comment = row
    return SamplingPolicy(
        version=version,
        rules=from_json(tuple[SamplingRule, ...], rules),
        key=bytes(key),
        key_digest=key_digest,
        live_from=from_us(live_from),
        author=author,
        comment=comment,
    )
