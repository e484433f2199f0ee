"""What an outside analyser is, and what it is handed."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from plugin.domain.analysis import AnalysisRequest
from plugin.kit.pinned_call import Resolve, resolve


class Analyser(Protocol):
    """Reads one report and says what it would have a person look at.

    An analyser is called on a thread of its own, after the report has been kept and
    acknowledged; whatever it does delays nobody.  It is never told who the patient is.
    """

    @property
    def place(self) -> str:
        """Whom it asks, ``host:port``; empty for one that runs in this process."""
        ...

    def analyse(self, request: AnalysisRequest, timeout_s: float) -> Mapping[str, Any]:
        """Judge the texts of `request`.

        Parameters
        ----------
        request
            The texts exactly as kept.
        timeout_s
            An answer that comes later than so many seconds is thrown away.

        Returns
        -------
        Mapping
            JSON of the published answer (``/schemas/analysis_answer.json``): ``version``, and
            ``issues`` with ``rule``, ``severity``, ``section``, ``start``, ``end``, ``text``,
            ``message`` and perhaps ``related``.  It is checked like a stranger's, and one wrong
            place refuses the whole answer (:mod:`plugin.analysers.answer`).

        Raises
        ------
        Exception
            Anything; it counts as a failure, and after several the analyser is let rest.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalyserTools:
    """Handed to whoever builds an analyser.

    Parameters
    ----------
    secret
        Name of a secret to its text (``whsec_…``); KeyError when there is none.
    """

    secret: Callable[[str], str]
    clock: Callable[[], datetime]
    resolve: Resolve = resolve
    tls: Callable[[], ssl.SSLContext] = ssl.create_default_context
