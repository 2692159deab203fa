"""How browsers reach it: the listener, its proxies, TLS and certificates."""

from __future__ import annotations

import socket
import ssl
import warnings
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

from cryptography import x509

from sealgate.doctor.patient import PATIENCE, Patient
from sealgate.domain.findings import Check, Finding
from sealgate.settings import Settings, is_loopback

SOON = timedelta(days=14)
OLD = ("TLSv1", "TLSv1_1")


def listener(patient: Patient) -> Iterator[Finding]:
    if patient.settings.is_open:
        yield Finding(Check.LISTENER, patient.settings.host)


def proxies(patient: Patient) -> Iterator[Finding]:
    if patient.settings.trusts_anybody:
        yield Finding(Check.PROXY, patient.settings.trusted_proxy)


def address(patient: Patient) -> Iterator[Finding]:
    parts = urlsplit(patient.settings.public_address)
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        yield Finding(Check.ADDRESS, parts.hostname or "")


def certificate(patient: Patient) -> Iterator[Finding]:
    """The first of the chain is ours: whether it is still good, and whether the key is its own."""
    file, key = patient.settings.tls_certificate, patient.settings.tls_key
    if file is None or key is None:
        return
    try:
        first = x509.load_pem_x509_certificates(file.read_bytes())[0]
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(file, key)
    except (OSError, ValueError, IndexError):  # an SSLError is an OSError
        yield Finding(Check.CERTIFICATE, str(file))
        return
    left = first.not_valid_after_utc - patient.clock.now()
    if left <= timedelta():
        yield Finding(Check.CERTIFICATE_OVER, str(file))
    elif left < SOON:
        yield Finding(Check.CERTIFICATE_SOON, str(file))


def old_tls(patient: Patient) -> Iterator[Finding]:
    """Whether whatever ends TLS for us still speaks a version that browsers have given up: it is tried."""
    for host, port in _ends(patient.settings):
        if any(_speaks(host, port, version) for version in OLD):
            yield Finding(Check.OLD_TLS, f"{host}:{port}")


def _ends(settings: Settings) -> list[tuple[str, int]]:
    """Where TLS ends: at the public address, which may be a proxy's, and at our own port."""
    parts, found = urlsplit(settings.public_address), []
    if parts.scheme == "https" and parts.hostname:
        found.append((parts.hostname, parts.port or 443))
    if settings.tls_certificate is not None and settings.port:
        host = "localhost" if settings.host in {"0.0.0.0", "::"} else settings.host  # noqa: S104 - asked, not listened on
        found.append((host, settings.port))
    return found


def _speaks(host: str, port: int, version: str) -> bool:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # that it is old is what we look for
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
        with socket.create_connection((host, port), timeout=PATIENCE) as line, context.wrap_socket(line, server_hostname=host):
            return True
    except (OSError, ValueError):
        return False
