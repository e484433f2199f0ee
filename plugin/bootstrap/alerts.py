"""Joins what critical values need: catalogue, roster, and the journeys of an alert."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from plugin.delivery.jobs import JobStore
from plugin.delivery.watch_alerts import WatchAlerts
from plugin.domain.critical import Tier
from plugin.notify.channels import load_channels
from plugin.notify.tools import Tools
from plugin.rules.critical.catalogue import ROSTER_FILE, CatalogueEntry
from plugin.rules.roster import RosterBook
from plugin.rules.roster_file import RosterPen
from plugin.rules.rulebook import Rulebook
from plugin.site.settings import Site
from plugin.workflow.acknowledge_alert import AlertDesk
from plugin.workflow.announce import Announce
from plugin.workflow.chase_alert import ChaseAlert
from plugin.workflow.confirm_alert import ConfirmAlert
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.raise_alert import AlertPolicy, RaiseAlert
from plugin.workflow.raise_by_hand import RaiseByHand
from plugin.workflow.whom_to_tell import Telling, WhomToTell


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertJourneys:
    """Everything that may happen to an alert, and the roster it goes by."""

    raising: RaiseAlert
    desk: AlertDesk
    by_hand: RaiseByHand
    roster: RosterBook
    pen: RosterPen


def build_alerts(
    site: Site, rulebook: Rulebook, config_dir: Path, around: Surroundings, announce: Announce
) -> AlertJourneys:
    """Join them.

    Raises
    ------
    ConfigError
        Naming the first mistake of ``critical/roster.toml``.
    """
    entries = rulebook.detector.catalogue if rulebook.detector else {}
    policy = AlertPolicy(
        minutes=site.alerts.minutes,
        entry_minutes={code: e.own_minutes for code, e in entries.items() if e.own_minutes is not None},
        confirm_first=frozenset(site.alerts.confirm_first),
        chased=frozenset(site.alerts.chased),
        flags=frozenset(site.alerts.flags),
        flag_tier=site.alerts.flag_tier,
    )
    roster = RosterBook(config_dir / "critical" / ROSTER_FILE, site.zone)
    whom = WhomToTell(
        roster=roster,
        clock=around.clock,
        entries={code: _telling(entry) for code, entry in entries.items()},
        tiers={tier: telling for tier in Tier if (telling := _of_tier(tier, entries))},
        last_level=site.alerts.last_level,
    )
    raising = RaiseAlert(policy=policy, around=around, announce=announce)
    return AlertJourneys(
        raising=raising,
        desk=AlertDesk(
            around=around,
            policy=policy,
            confirm=ConfirmAlert(
                around=around, policy=policy, confirmations=site.alerts.confirmations, announce=announce
            ),
            chase=ChaseAlert(
                around=around,
                whom=whom,
                escalate_every=timedelta(minutes=site.alerts.escalate_every_minutes),
                announce=announce,
            ),
            announce=announce,
        ),
        by_hand=RaiseByHand(
            raise_alert=raising, names={code: (entry.name, entry.tier) for code, entry in entries.items()}
        ),
        roster=roster,
        pen=RosterPen(config_dir / "critical" / ROSTER_FILE),
    )


def build_watch(
    config_dir: Path, tools: Tools, jobs: JobStore, alerts: AlertJourneys, around: Surroundings
) -> WatchAlerts:
    """Who looks whether the next critical value would be heard of."""
    names = [
        channel.name for channel in load_channels(config_dir / "notify.toml", tools) if channel.carries_alerts
    ]
    return WatchAlerts(jobs=jobs, channels=names, roster=alerts.roster.faults, clock=around.clock)


def _telling(entry: CatalogueEntry) -> Telling:
    return Telling(minutes=entry.own_minutes, tell=entry.tell)


def _of_tier(tier: Tier, entries: Mapping[str, CatalogueEntry]) -> Telling | None:
    """What most entries of a tier say stands for a finding that the catalogue does not hold."""
    said = [_telling(entry) for entry in entries.values() if entry.tier is tier and entry.own_minutes is None]
    return max(said, key=said.count) if said else None
