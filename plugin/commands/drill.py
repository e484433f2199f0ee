"""``signgate drill``: exercise the chain of critical values on a running SignGate (演练)."""

from __future__ import annotations

import http.client
import json
import sys
import time
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from plugin.commands.options import config_option, data_option
from plugin.configuration import locate
from plugin.domain.errors import DeliveryFailed
from plugin.kit import signature
from plugin.site.callers import caller_secrets
from plugin.site.settings import load_site

ANSWER_S = 15


@click.command("drill")
@click.option("--caller", default="ris", show_default=True, help="Whose secret signs the call ([callers.*]).")
@click.option("--who", default="drill", show_default=True, help="Who holds the drill, for the trail.")
@click.option("--url", default="", help="Of the running SignGate [default: from site.toml].")
@click.option(
    "--wait", type=click.IntRange(0, 3600), default=30, show_default=True, help="Seconds to watch it."
)
@config_option
@data_option
def command(caller: str, who: str, url: str, wait: int, config_dir: Path | None, data_dir: Path) -> None:
    """Raise an alert about nobody, and watch it go out; exit 1 when no channel took it.

    It is told, escalated and read back like any other, marked 演练 everywhere, and stands in
    no patient's record and in no figure.
    """
    site = load_site(locate(config_dir))
    if caller not in site.callers:
        raise click.UsageError(f"no [callers.{caller}] in site.toml: {', '.join(site.callers) or 'none'}")
    secret = signature.decode_secret(caller_secrets(site.callers[caller], data_dir)[0])
    base = url or site.web.base_url or f"http://{site.web.host}:{site.web.port}"
    alert = _call(base, secret, "POST", "/hooks/alerts/drill", {"who": who})
    click.echo(f"drill {alert['alert_id']}: raised; tell {_people(alert)}")
    told, seen, until = False, 1, time.monotonic() + wait
    while time.monotonic() < until and alert["state"] not in {"acknowledged", "handled", "closed"}:
        time.sleep(0.5)
        alert = _call(base, secret, "GET", f"/hooks/alerts/{alert['alert_id']}")
        for hop in alert["trail"][seen:]:
            click.echo(
                f"  +{hop['minutes']:g} min {hop['state']} by {hop['means']} {hop['recipient']} {hop['note']}"
            )
            told = told or hop["state"] in {"sent", "delivered"}
        seen = len(alert["trail"])
    if not told:
        click.echo("nobody was told: no channel took it, or alerts are switched off", err=True)
        sys.exit(1)


def _people(alert: dict[str, Any]) -> str:
    named = [
        f"{each['person'] or each['role']} {each['phone']}".strip() for each in alert["tell"]["contacts"]
    ]
    return ", ".join(named) or "nobody: the roster has nobody on duty"


def _call(base: str, secret: bytes, method: str, path: str, body: Any = None) -> dict[str, Any]:
    parts = urlsplit(base)
    raw = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
    signed = signature.signed_body(method, path, raw)
    headers = signature.headers(secret, uuid.uuid4().hex, int(time.time()), signed)
    headers["Content-Type"] = "application/json"
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=ANSWER_S)
    try:
        connection.request(method, parts.path.rstrip("/") + path, raw, headers)
        answer = connection.getresponse()
        content = answer.read()
    except OSError as error:
        raise DeliveryFailed(
            f"{base} cannot be reached: {error}; is `signgate serve` running?", retry=True
        ) from error
    finally:
        connection.close()
    if answer.status != 200:
        raise DeliveryFailed(
            f"{base}{path} answered {answer.status}: {content[:300].decode('utf-8', 'replace')}", retry=False
        )
    found: dict[str, Any] = json.loads(content)
    return found
