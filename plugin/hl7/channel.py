"""Critical values told by HL7: a channel of notices over the site's receivers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from plugin.domain.errors import DeliveryFailed, InvalidInput
from plugin.domain.notice import Notice
from plugin.hl7.compose import told_alert
from plugin.hl7.envelope import Subject
from plugin.hl7.outbound import Outbound


@dataclass(frozen=True, slots=True)
class Hl7Channel:
    """A channel of critical values (``plugin.delivery.send_notice.Channel``): ORU^R01 to one destination.

    A revoked alert is told by OBR-25 ``X``; an escalation repeats the alert under a control
    ID of its own.
    """

    outbound: Outbound
    destination: str
    name: str = "hl7"
    sent: Callable[[str, bytes, bytes, str], None] | None = None

    def send(self, notice: Notice) -> bool:
        """Send; ``False``: that a system took it does not mean that a person has seen it.

        Raises
        ------
        DeliveryFailed
            The destination did not take it, or its character set cannot hold it.
        """
        to = self.outbound.correspondent(self.destination)
        alert = notice.alert
        subject = Subject.of(alert.accession_number, notice.report, notice.order)
        try:
            level = alert.escalation_level + notice.reminder
            message = told_alert(alert, subject, to, notice.occasion.value, level)
        except InvalidInput as error:
            raise DeliveryFailed(str(error), retry=False) from error
        answer = self.outbound.deliver(self.destination, message)
        if self.sent:
            self.sent(self.destination, message, answer, alert.accession_number)
        return False
