"""A model server inside the hospital: one POST of the request, one JSON answer (ADR 115)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from plugin.analysers.protocol import AnalyserTools
from plugin.domain.analysis import AnalyserFailed, AnalyserFault, AnalysisRequest
from plugin.domain.errors import InvalidInput
from plugin.kit import signature
from plugin.kit.pinned_call import CalledAddress, post, refused
from plugin.kit.strict_json import read_json

SCHEMA = "signgate.analysis/1"
MOST_ANSWER = 256 * 1024
"""Bytes of an answer; twenty issues with their places are a tenth of it."""


class HttpOptions(CalledAddress):
    """Whom to ask (:class:`CalledAddress`).

    Parameters
    ----------
    secret
        Name of the kept secret that signs the call (Standard Webhooks); empty: not signed.
    """

    secret: str = ""


@dataclass(frozen=True, slots=True)
class HttpAnalyser:
    """Asks by HTTP, at the pinned address and no other."""

    options: HttpOptions
    tools: AnalyserTools

    @property
    def place(self) -> str:
        return self.options.place

    def analyse(self, request: AnalysisRequest, timeout_s: float) -> Mapping[str, Any]:
        """Ask.

        Raises
        ------
        DeliveryFailed
            The address is not allowed, nobody answered in time, or the answer was no success,
            too long, or no strict JSON.
        """
        body = json.dumps(request_json(request), ensure_ascii=False).encode()
        headers = {"Accept": "application/json"}
        if self.options.secret:
            key = signature.decode_secret(self.tools.secret(self.options.secret))
            now = int(self.tools.clock().timestamp())
            headers |= signature.headers(key, request.request_id, now, body)
        status, answer = post(
            self.options, self.tools, body, headers, timeout_s=timeout_s, most=MOST_ANSWER + 1
        )
        if (failure := refused(self.options, status)) is not None:
            raise failure
        if len(answer) > MOST_ANSWER:
            raise AnalyserFailed(f"the answer is longer than {MOST_ANSWER} bytes", AnalyserFault.REFUSED)
        try:
            return read_json(answer)
        except InvalidInput as error:
            raise AnalyserFailed(f"the answer {error}"[:200], AnalyserFault.REFUSED) from error


def build_http(options: HttpOptions, tools: AnalyserTools) -> HttpAnalyser:
    """An entry of :data:`plugin.analysers.panel.ANALYSERS`."""
    if options.secret:
        tools.secret(options.secret)
    return HttpAnalyser(options, tools)


def request_json(request: AnalysisRequest) -> dict[str, Any]:
    """The published request; every key stands in every request, empty when nothing is known."""
    written = asdict(request)
    priors = [
        {name: value for name, value in prior.items() if name != "accession_number"}
        for prior in written.pop("priors")
    ]
    return {"schema": SCHEMA, **written, "priors": priors}
