"""What may go wrong, said once.

Every error carries what happened, where, and what to do; each door turns it into
its own protocol (ACK with ERR, problem+json, DIMSE status) in one place.  A quality
defect in a report is data (:class:`plugin.domain.issue.Issue`), never an exception.
"""

from __future__ import annotations

from collections.abc import Sequence


class PluginError(Exception):
    """Base of every error that SignGate raises on purpose."""


class ConfigError(PluginError):
    """A file under ``config/`` cannot be used.

    Parameters
    ----------
    file
        Path of the file as the administrator knows it.
    key
        Dotted key inside the file, empty when the file as a whole is wrong.
    text
        What is wrong and what would be right.
    line
        Line of the key, counted from 1; 0 when it is not known.
    others
        What else is wrong in the same file, as far as it was seen together.
    """

    def __init__(
        self, file: str, key: str, text: str, line: int = 0, others: Sequence[ConfigError] = ()
    ) -> None:
        self.file, self.key, self.text, self.line = file, key, text, line
        self.others = tuple(others)
        where = f"{file}:{line}" if line else file
        super().__init__(f"{where}: {key}: {text}" if key else f"{where}: {text}")


class InvalidInput(PluginError):
    """Input from a person or a system does not say what it must.

    Parameters
    ----------
    where
        Field, JSON pointer or form name that is wrong.
    text
        What is wrong and what would be right.
    """

    def __init__(self, where: str, text: str) -> None:
        self.where, self.text = where, text
        super().__init__(f"{where}: {text}")


class MessageRejected(PluginError):
    """An HL7 message is refused.

    Parameters
    ----------
    ack_code
        ``AE`` (the sender may correct and send again) or ``AR`` (it will never do).
    err_code
        Code of HL7 table 0357, for instance ``101`` required field missing.
    location
        ERR-2 as ``SEG^n^field``, empty when no place can be named.
    text
        What is wrong, for ERR-8 and the quarantine page.
    """

    def __init__(self, ack_code: str, err_code: str, location: str, text: str) -> None:
        self.ack_code, self.err_code, self.location, self.text = ack_code, err_code, location, text
        super().__init__(
            f"{ack_code} {err_code} {location}: {text}" if location else f"{ack_code} {err_code}: {text}"
        )


class GateConflict(PluginError):
    """A gate cannot make the asked transition from the state it is in."""


class UnknownReport(PluginError):
    """No examination or report is known under the given accession number."""


class NotAllowed(PluginError):
    """The caller is known, but has no right to do this."""


class NotAuthentic(PluginError):
    """The caller cannot prove who it is: signature, ticket, session or password."""


class StoreUnavailable(PluginError):
    """The database cannot take the change now; nothing of it was kept."""


class DeliveryFailed(PluginError):
    """An outgoing job did not arrive.

    Parameters
    ----------
    text
        What the other side answered, for the person who looks at the job.
    retry
        ``True`` when trying again later may help, ``False`` when only a person can.
    """

    def __init__(self, text: str, *, retry: bool) -> None:
        self.text, self.retry = text, retry
        super().__init__(text)


class DeliveryRefused(DeliveryFailed):
    """It arrived, and the other side would not have it: what is wrong is this message, not the line."""
