"""``[web]``: addresses, origins, secrets and tokens are checked before anybody can call."""

from __future__ import annotations

import base64

import pytest
from pydantic import ValidationError

from plugin.web.settings import WebSettings, origin_of

SECRET = "whsec_" + base64.b64encode(b"s" * 32).decode()


@pytest.mark.parametrize(
    "origin",
    ["ris.example", "ftp://ris.example", "https://ris.example/", "https://RIS.example", "https://a b", "*",
     "https://user@ris.example", "https://ris.example/x", "null"],
)  # fmt: skip
def test_what_is_no_origin_may_not_embed_the_popup(origin: str) -> None:
    with pytest.raises(ValidationError, match="is no origin; write https://host"):
        WebSettings(frame_origins=(origin,))


def test_origins_with_and_without_a_port() -> None:
    origins = ("https://ris.example", "http://10.0.0.1:8080", "http://[::1]:80")
    assert WebSettings(frame_origins=origins).frame_origins == origins


@pytest.mark.parametrize(
    "base_url", ["signgate.example", "ftp://signgate.example", "https://signgate.example/"]
)
def test_links_are_made_from_a_whole_address(base_url: str) -> None:
    with pytest.raises(ValidationError, match="without a slash at its end"):
        WebSettings(base_url=base_url)


@pytest.mark.parametrize("secrets", [(), ("whsec_",), ("plain",)])
def test_a_caller_has_secrets_that_can_be_used(secrets: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError):
        WebSettings(callers={"ris": secrets})
    assert WebSettings(callers={"ris": (SECRET,)})


@pytest.mark.parametrize("digest", ["", "ab" * 31, "AB" * 32, "xy" * 32])
def test_a_token_stands_as_its_digest(digest: str) -> None:
    with pytest.raises(ValidationError, match="SHA-256"):
        WebSettings(api_tokens={"monitor": digest})


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("ris.example", False)],
)
def test_who_can_reach_us(host: str, loopback: bool) -> None:
    assert WebSettings(host=host).loopback is loopback


def test_the_origin_of_a_url() -> None:
    assert origin_of("HTTPS://Ris.Example:8443/a?b#c") == "https://ris.example:8443"
