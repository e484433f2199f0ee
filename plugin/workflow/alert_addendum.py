"""The acknowledgement flows back into the report: a sentence that the radiologist may add to it."""

from __future__ import annotations

from datetime import datetime, tzinfo

from plugin.domain.critical import Alert, AlertState, AlertStep
from plugin.kit.messages import Translate
from plugin.workflow.ports.unit_of_work import UnitOfWork


def addendum(uow: UnitOfWork, alert: Alert, t: Translate, zone: tzinfo) -> str:
    """Who was told what, when, by which means, and read it back; empty before that, and for a drill."""
    if alert.is_drill or alert.acknowledged_at is None or alert.state is AlertState.REVOKED:
        return ""
    trail = uow.alerts.trail(alert.alert_id)
    read = next((step for step in trail if step.state is AlertState.ACKNOWLEDGED), None)
    handled = next((step for step in trail if step.state is AlertState.HANDLED), None)
    text = t(
        "alert.addendum",
        finding=alert.finding.name,
        detected=_minute(alert.detected_at, zone),
        read=_minute(alert.acknowledged_at, zone),
        receiver=alert.acknowledged_by,
        means=_means(read, t),
    )
    return f"{text}{t('alert.addendum_handled', treatment=handled.note)}" if handled else text


def _means(step: AlertStep | None, t: Translate) -> str:
    if step is None:
        return ""
    if step.means == "telephone":
        return t("alert.by_telephone", phone=step.phone).strip()
    return t("alert.by_system")


def _minute(at: datetime, zone: tzinfo) -> str:
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M")
