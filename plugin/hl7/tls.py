"""TLS for MLLP: contexts of both sides, and who a certificate says it is."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""Of TLS 1.2 only what has forward secrecy and authenticated encryption; TLS 1.3 has nothing else."""


def server_context(certificate: Path, key: Path, client_ca: Path | None = None) -> ssl.SSLContext:
    """TLS 1.2 or 1.3; with `client_ca` only clients bearing a certificate that it has signed.

    Raises
    ------
    OSError, ssl.SSLError
        When a file cannot be read or does not fit.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_CIPHERS)
    context.load_cert_chain(certificate, key)
    if client_ca:
        context.load_verify_locations(client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def client_context(
    ca: Path | None = None, certificate: Path | None = None, key: Path | None = None
) -> ssl.SSLContext:
    """TLS 1.2 or 1.3 that checks the server's name; `ca` replaces the system's authorities.

    Raises
    ------
    OSError, ssl.SSLError
        When a file cannot be read or does not fit.
    """
    context = ssl.create_default_context(cafile=str(ca) if ca else None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if certificate:
        context.load_cert_chain(certificate, key)
    return context


def handshake_problem(error: OSError) -> str:
    """Why a client did not get in, in words for the log."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"client certificate not accepted: {error.verify_message}"
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.lower().replace("_", " ")
    return str(error) or type(error).__name__


def certificate_names(certificate: Mapping[str, Any] | None) -> list[str]:
    """Common name first, then DNS names, of a verified certificate as `ssl.getpeercert` gives it."""
    if not certificate:
        return []
    subject = [pair for part in certificate.get("subject", ()) for pair in part]
    common = [value for key, value in subject if key == "commonName"]
    return common + [value for key, value in certificate.get("subjectAltName", ()) if key == "DNS"]
