"""Signed calls to the systems that asked to be told (Standard Webhooks, outgoing)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import requests

from plugin.domain.errors import DeliveryFailed
from plugin.kit import signature

TIMEOUT_S = (3.05, 10)
"""To connect, and between two bytes of the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBackPoster:
    """Posts to the address that the site's settings name for a caller, and to no other.

    Parameters
    ----------
    secrets
        Caller's name to its secrets (``whsec_…``), current first; the current one signs.
    """

    addresses: Mapping[str, str]
    secrets: Mapping[str, tuple[str, ...]]
    clock: Callable[[], datetime]

    def __call__(self, caller: str, call_id: str, body: bytes) -> None:
        """Send one call.

        Raises
        ------
        DeliveryFailed
            No connection, no answer in time, or an answer that is not 2xx.  A redirect is
            not followed: the address in the settings is the one that was meant.
        """
        secret = signature.decode_secret(self.secrets[caller][0])
        headers = signature.headers(secret, call_id, int(self.clock().timestamp()), body)
        headers["Content-Type"] = "application/json; charset=utf-8"
        try:
            with requests.Session() as http:
                # A proxy of the environment has no business between two systems of one hospital.
                http.trust_env = False
                answer = http.post(
                    self.addresses[caller],
                    data=body,
                    headers=headers,
                    timeout=TIMEOUT_S,
                    allow_redirects=False,
                )
        except requests.RequestException as error:
            raise DeliveryFailed(
                f"{caller} cannot be called back: {type(error).__name__}", retry=True
            ) from error
        if not 200 <= answer.status_code < 300:
            # 4xx may be mended on the other side as well; the attempts are bounded.
            raise DeliveryFailed(f"{caller} answered the call-back with {answer.status_code}", retry=True)
