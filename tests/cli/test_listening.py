"""The web server as it runs: TLS, proxies, and clients that are slow on purpose. Real sockets, real certificates."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sealgate.app import BadCertificate, OpenToAll, Program, bound_socket, initialise, running
from sealgate.cli.listening import listening, tls_context
from sealgate.settings import BadSettings, Settings, load


def certificate(folder: Path, name: str = "gate", days: int = 30) -> tuple[Path, Path]:
    """A self-signed certificate for localhost with its key, `days` from now on (or, below 0, over since then)."""
    folder.mkdir(parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    chain, private = folder / f"{name}.pem", folder / f"{name}.key"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    private.chmod(0o600)
    return chain, private


@contextmanager
def program(folder: Path, **given: Any) -> Iterator[Program]:
    settings = Settings(data=folder / "data", keys=folder / "keys", port=0, **given)
    if not (folder / "keys").exists():
        initialise(settings, "Acme")
    with running(settings, faces=None, plates=None) as made:
        yield made


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "gate.example.org"])
@pytest.mark.parametrize("proxy", ["", "*", "0.0.0.0/0", "10.0.0.1, ::/0"])
def test_nobody_listens_in_the_open(host: str, proxy: str) -> None:
    with pytest.raises(OpenToAll) as refused:
        bound_socket(Settings(host=host, trusted_proxy=proxy))
    assert refused.value.code == "app.listening-without-tls"
    assert "trusted_proxy" in refused.value.hint


def test_a_named_proxy_or_tls_opens_the_address(tmp_path: Path) -> None:
    chain, key = certificate(tmp_path)
    for more in ({"trusted_proxy": "10.0.0.1"}, {"tls_certificate": chain, "tls_key": key}):
        with bound_socket(Settings(host="0.0.0.0", port=0, **more)) as sock:
            assert sock.getsockname()[0] == "0.0.0.0"


def test_a_proxy_that_is_no_address_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEALGATE_TRUSTED_PROXY", "nginx")
    with pytest.raises(BadSettings, match="nginx"):
        load()


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_tls_is_1_2_or_newer_and_browsers_are_told_to_stay_with_it(tmp_path: Path) -> None:
    chain, key = certificate(tmp_path)
    with program(tmp_path, tls_certificate=chain, tls_key=key) as made, listening(made) as server:
        port = int(server.address.rpartition(":")[2])
        answer = httpx.get(f"https://localhost:{port}/sign-in", verify=ssl.create_default_context(cafile=str(chain)))
        assert answer.status_code == 200
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        assert handshake(port, ssl.TLSVersion.TLSv1_2) == "TLSv1.2"
        assert handshake(port, ssl.TLSVersion.TLSv1_3) == "TLSv1.3"
        for old in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
            with pytest.raises((ssl.SSLError, ConnectionError)):
                handshake(port, old)


def handshake(port: int, version: ssl.TLSVersion) -> str | None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    with socket.create_connection(("127.0.0.1", port), timeout=60) as line, context.wrap_socket(line) as sealed:
        return sealed.version()


def test_a_key_of_another_certificate_is_refused(tmp_path: Path) -> None:
    chain, _ = certificate(tmp_path, "one")
    _, other = certificate(tmp_path, "two")
    with pytest.raises(BadCertificate, match=r"one\.pem"):
        tls_context(Settings(tls_certificate=chain, tls_key=other))
    with pytest.raises(BadCertificate):
        tls_context(Settings(tls_certificate=tmp_path / "nothing.pem", tls_key=other))


def test_only_a_named_proxy_says_who_asks(tmp_path: Path) -> None:
    """Over http a proxy's word makes the answer one over TLS (HSTS); a stranger's does nothing."""
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
    for proxy, believed in (("", False), ("192.0.2.1", False), ("*", False), ("127.0.0.0/8", True)):
        with program(tmp_path / (proxy.replace("/", "_") or "none"), trusted_proxy=proxy) as made, listening(made) as server:
            answer = httpx.get(f"{server.address}/sign-in", headers=forwarded)
            assert ("strict-transport-security" in answer.headers) is believed, proxy


def test_a_head_that_does_not_come_is_not_waited_for(tmp_path: Path) -> None:
    with program(tmp_path, request_timeout=0.2) as made, listening(made) as server:
        port = int(server.address.rpartition(":")[2])
        for begun in (b"", b"GET /sign-in HTTP/1.1\r\nHost: localhost\r\nX-A: "):
            with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
                line.sendall(begun)
                assert line.recv(100) == b""  # it hung up; without that this waits for a minute and fails
        assert httpx.get(f"{server.address}/sign-in").status_code == 200


def test_whoever_is_one_too_many_is_told_to_wait(tmp_path: Path) -> None:
    with program(tmp_path, most_connections=10) as made, listening(made) as server:
        port = int(server.address.rpartition(":")[2])
        held = [socket.create_connection(("127.0.0.1", port), timeout=60) for _ in range(10)]
        try:
            assert httpx.get(f"{server.address}/healthz", timeout=60).status_code == 503
        finally:
            for line in held:
                line.close()
