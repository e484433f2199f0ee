"""``[web]`` of ``site.toml``; read by whoever reads the site, without the web's libraries."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from plugin.kit.registry import Options
from plugin.kit.settings import OwnPort
from plugin.kit.signature import decode_secret


class WebSettings(Options):
    """Settings under ``[web]`` of ``site.toml``.

    Parameters
    ----------
    base_url
        Where people's browsers find us; links are made from it and never from the Host header.
    frame_origins
        Origins (``https://ris.example``) that may embed the popup and are told when it is done.
    callers
        Caller's name to secrets (``whsec_…``), the current one first, two during a rotation.
    api_tokens
        Name to SHA-256 (hex) of a token for the read API, /metrics, /openapi.json and /docs.
    trusted_proxies
        How many reverse proxies of the site stand in front; their X-Forwarded headers are believed.
    """

    host: str = "127.0.0.1"
    port: OwnPort = 8080
    base_url: str = ""
    frame_origins: tuple[str, ...] = ()
    callers: dict[str, tuple[str, ...]] = {}
    api_tokens: dict[str, str] = {}
    trusted_proxies: int = Field(default=0, ge=0, le=4)
    max_body_kb: int = Field(default=1024, ge=64, le=16384)
    threads: int = Field(default=48, ge=4, le=256)
    connection_limit: int = Field(default=2000, ge=100)
    channel_timeout_s: int = Field(default=20, ge=5)

    @field_validator("frame_origins")
    @classmethod
    def _origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            parts = urlsplit(origin)
            plain = re.fullmatch(r"[a-z0-9.:\[\]-]+", parts.netloc)
            if parts.scheme not in {"http", "https"} or not plain or origin != origin_of(origin):
                raise ValueError(f"{origin!r} is no origin; write https://host or https://host:port")
        return origins

    @field_validator("callers")
    @classmethod
    def _secrets(cls, callers: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for name, secrets in callers.items():
            if not secrets:
                raise ValueError(f"caller {name!r} has no secret")
            for secret in secrets:
                decode_secret(secret)
        return callers

    @field_validator("api_tokens")
    @classmethod
    def _digests(cls, tokens: dict[str, str]) -> dict[str, str]:
        for name, digest in tokens.items():
            if len(digest) != 64 or not all(c in "0123456789abcdef" for c in digest):
                raise ValueError(f"token {name!r} must be the SHA-256 of the token in lower-case hex")
        return tokens

    @model_validator(mode="after")
    def _base(self) -> WebSettings:
        if self.base_url and (
            urlsplit(self.base_url).scheme not in {"http", "https"} or self.base_url[-1] == "/"
        ):
            raise ValueError("base_url is https://host[:port][/path] without a slash at its end")
        return self

    @property
    def loopback(self) -> bool:
        """Nobody beyond this machine can reach us directly."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def origin_of(url: str) -> str:
    """``scheme://host[:port]`` of a URL, in lower case."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()
