"""What everybody promises who keeps the root sealed for us (`vault.keptroots.RootKeeper`): systemd-creds, and a key service.

The key service is a server over TLS that keeps transit's documented rules: tokens with a policy, named keys with versions,
ciphertexts `vault:v<n>:`, its statuses and its words. systemd-creds is the machine's own, with the key of its disk, where the
machine has it.
"""

from __future__ import annotations

import base64
import json
import secrets
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from sealgate.domain.errors import Invalid
from sealgate.ports import Unreachable
from sealgate.vault.errors import KeyFileOpen, NoKeyFile
from sealgate.vault.keptroots import (
    KeeperGarbled,
    KeeperHasNoKey,
    KeeperRefused,
    KeeperSealed,
    NoKeeper,
    NotTheirs,
    RootKeeper,
    new_kept_root,
    open_kept_root,
)
from sealgate.vault.roots import RootKind, entry_of, write_check
from sealgate.vault.systemdcreds import NAME, SealedBy, SystemdCreds
from sealgate.vault.transit import TransitAccount, TransitKeeper, read_token

TOKEN = "hvs.the-token-of-sealgate"
SECRET = bytes(range(32))


@dataclass
class Transit:
    """A transit engine mounted at `transit`: keys by name, each a list of versions; tokens by what they may do."""

    keys: dict[str, list[bytes]] = field(default_factory=lambda: {"sealgate": [secrets.token_bytes(32)]})
    policies: dict[str, set[str]] = field(default_factory=lambda: {TOKEN: {"encrypt/sealgate", "decrypt/sealgate"}})
    sealed: bool = False
    silent: bool = False
    over: Event = field(default_factory=Event)
    instead: tuple[int, bytes] | None = None
    asked: list[str] = field(default_factory=list)

    def rotate(self, key: str = "sealgate") -> None:
        self.keys[key].append(secrets.token_bytes(32))

    def answer(self, path: str, token: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.asked.append(path)
        if self.sealed:
            return 503, {"errors": ["Vault is sealed"]}
        if not path.startswith("/v1/transit/"):
            return 404, {"errors": [f'no handler for route "{path.removeprefix("/v1/")}". route entry not found.']}
        what = path.removeprefix("/v1/transit/")
        if what not in self.policies.get(token, set()):
            return 403, {"errors": ["1 error occurred:\n\t* permission denied\n\n"]}
        verb, _, name = what.partition("/")
        if name not in self.keys:
            return 400, {"errors": ["encryption key not found"]}
        return getattr(self, verb)(self.keys[name], body)  # type: ignore[no-any-return]

    def encrypt(self, versions: list[bytes], body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        try:
            plain = base64.b64decode(body["plaintext"], validate=True)
        except (KeyError, ValueError):
            return 400, {"errors": ["failed to base64-decode plaintext"]}
        nonce = secrets.token_bytes(12)
        sealed = base64.b64encode(nonce + AESGCM(versions[-1]).encrypt(nonce, plain, None)).decode()
        return 200, _told({"ciphertext": f"vault:v{len(versions)}:{sealed}", "key_version": len(versions)})

    def decrypt(self, versions: list[bytes], body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        prefix, version, text = body["ciphertext"].split(":")
        if prefix != "vault" or not 1 <= int(version[1:]) <= len(versions):
            return 400, {"errors": ["invalid ciphertext: version is too new"]}
        try:
            raw = base64.b64decode(text, validate=True)
            plain = AESGCM(versions[int(version[1:]) - 1]).decrypt(raw[:12], raw[12:], None)
        except ValueError:
            return 400, {"errors": ["invalid ciphertext: could not decode base64"]}
        except InvalidTag:
            return 400, {"errors": ["cipher: message authentication failed"]}
        return 200, _told({"plaintext": base64.b64encode(plain).decode()})


def _told(data: dict[str, Any]) -> dict[str, Any]:
    return {
        "request_id": "b1f8",
        "lease_id": "",
        "renewable": False,
        "lease_duration": 0,
        "data": data,
        "wrap_info": None,
        "warnings": None,
        "auth": None,
    }


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of 127.0.0.1, signed by itself, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "vault.test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "vault.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(made.public_bytes(Encoding.PEM) + secret)
    return file


@pytest.fixture
def transit() -> Transit:
    return Transit()


@pytest.fixture
def address(transit: Transit, certificate: Path) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if transit.silent:
                self.close_connection = True
                transit.over.wait()
                return
            if transit.instead is not None:
                status, said = transit.instead
            else:
                status, answer = transit.answer(self.path, self.headers.get("X-Vault-Token", ""), body)
                said = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}"
    transit.over.set()
    server.shutdown()
    server.server_close()
    thread.join(30)


@pytest.fixture
def service(address: str, certificate: Path) -> TransitKeeper:
    return TransitKeeper(TransitAccount(address, "sealgate", TOKEN, ca_file=certificate))


def why_no_host_key() -> str:
    """Why systemd-creds cannot be tried here with the key of the disk; empty where it can."""
    if shutil.which("systemd-creds") is None:
        return "there is no systemd-creds on this machine (Debian: apt install systemd)"
    words = ["systemd-creds", "--with-key=host", f"--name={NAME}", "encrypt", "-", "-"]
    done = subprocess.run(words, input=b"tried", capture_output=True, check=False, timeout=60)
    return "" if done.returncode == 0 else f"systemd-creds has no host key for this user: {done.stderr.decode()[:200]}"


@pytest.fixture
def machine() -> SystemdCreds:
    if why := why_no_host_key():
        pytest.skip(why)
    return SystemdCreds(SealedBy.HOST)


@pytest.fixture(params=["service", "machine"])
def keeper(request: pytest.FixtureRequest) -> RootKeeper:
    found: RootKeeper = request.getfixturevalue(request.param)
    return found


# --- What both promise ---


def test_what_was_sealed_opens(keeper: RootKeeper) -> None:
    sealed = keeper.seal(SECRET)
    assert keeper.open(sealed) == SECRET
    assert SECRET not in sealed
    assert SECRET.hex().encode() not in sealed
    assert base64.b64encode(SECRET) not in sealed


def test_it_is_sealed_anew_each_time(keeper: RootKeeper) -> None:
    assert keeper.seal(SECRET) != keeper.seal(SECRET)


def test_what_was_changed_or_is_anothers_is_not_theirs(keeper: RootKeeper) -> None:
    sealed = keeper.seal(SECRET)
    half = len(sealed) // 2
    other = b"B" if sealed[half : half + 1] != b"B" else b"C"
    for wrong in (sealed[:half] + other + sealed[half + 1 :], sealed[: half // 4 * 4], b"", b"vault:v1:AAAA", b"\xff" * 40):
        with pytest.raises(NotTheirs):
            keeper.open(wrong)


def test_a_root_is_made_and_made_again_by_the_check(keeper: RootKeeper) -> None:
    root = new_kept_root(keeper)
    check = write_check(entry_of(root))
    again = open_kept_root(keeper, check)
    assert again.name == root.name
    assert again.unwrap(root.wrap(b"tenant key", b"bound"), b"bound") == b"tenant key"


def test_a_shelf_whose_root_lies_elsewhere_is_told(service: TransitKeeper, tmp_path: Path) -> None:
    root = new_kept_root(service)
    with pytest.raises(NoKeeper):
        open_kept_root(SystemdCreds(loaded=tmp_path), write_check(entry_of(root)))


# --- The key service ---


def test_a_key_that_was_rotated_there_opens_what_it_sealed_before(service: TransitKeeper, transit: Transit) -> None:
    sealed = service.seal(SECRET)
    transit.rotate()
    assert service.open(sealed) == SECRET
    assert service.seal(SECRET).startswith(b"vault:v2:")


def test_a_token_that_may_not_is_refused_and_not_shown(address: str, certificate: Path, transit: Transit) -> None:
    stranger = TransitKeeper(TransitAccount(address, "sealgate", "hvs.stranger", ca_file=certificate))
    with pytest.raises(KeeperRefused) as told:
        stranger.seal(SECRET)
    assert told.value.code == "root-keeper.refused"
    assert "hvs" not in str(told.value)
    assert "hvs" not in repr(TransitAccount(address, "sealgate", TOKEN))
    transit.policies[TOKEN] = {"encrypt/sealgate"}
    sealed = TransitKeeper(TransitAccount(address, "sealgate", TOKEN, ca_file=certificate)).seal(SECRET)
    with pytest.raises(KeeperRefused):
        TransitKeeper(TransitAccount(address, "sealgate", TOKEN, ca_file=certificate)).open(sealed)


def test_no_key_and_no_mount_are_told(address: str, certificate: Path, transit: Transit) -> None:
    transit.policies[TOKEN] |= {"encrypt/other"}
    for account in (
        TransitAccount(address, "other", TOKEN, ca_file=certificate),
        TransitAccount(address, "sealgate", TOKEN, mount="elsewhere", ca_file=certificate),
    ):
        with pytest.raises(KeeperHasNoKey):
            TransitKeeper(account).seal(SECRET)


def test_a_sealed_service_is_told_and_may_be_asked_again(service: TransitKeeper, transit: Transit) -> None:
    transit.sealed = True
    with pytest.raises(KeeperSealed) as told:
        service.seal(SECRET)
    assert (told.value.code, told.value.permanent) == ("root-keeper.sealed", False)
    transit.sealed = False
    assert service.open(service.seal(SECRET)) == SECRET


@pytest.mark.parametrize("status", [429, 472, 473, 500, 502, 503])
def test_a_service_in_trouble_is_unreachable(service: TransitKeeper, transit: Transit, status: int) -> None:
    transit.instead = (status, b'{"errors": ["internal error"]}')
    with pytest.raises(Unreachable) as told:
        service.seal(SECRET)
    assert told.value.code == "port.unreachable"


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"<html>hello</html>",
        b"[]",
        b"{}",
        b'{"data": 7}',
        b'{"data": {"ciphertext": 7}}',
        b'{"data": {"ciphertext": "sealed"}}',
        b'{"data": {"ciphertext": ""}}',
        b"[" * 60_000,
        b" " * 70_000,
    ],
    ids=lambda said: said[:30].decode(),
)
def test_an_answer_that_is_none_of_transit_is_garbled(service: TransitKeeper, transit: Transit, said: bytes) -> None:
    transit.instead = (200, said)
    with pytest.raises(KeeperGarbled):
        service.seal(SECRET)


@pytest.mark.parametrize("said", [b'{"data": {"plaintext": "***"}}', b'{"data": {"plaintext": "c2hvcnQ="}}'])
def test_a_plaintext_that_is_no_key_is_garbled(service: TransitKeeper, transit: Transit, said: bytes) -> None:
    check = write_check(entry_of(new_kept_root(service)))
    transit.instead = (200, said)
    with pytest.raises(KeeperGarbled):
        open_kept_root(service, check)


def test_a_service_that_sends_us_elsewhere_is_not_followed(service: TransitKeeper, transit: Transit) -> None:
    transit.instead = (307, b"")
    with pytest.raises(KeeperGarbled):
        service.seal(SECRET)


def test_silence_ends(address: str, certificate: Path, transit: Transit) -> None:
    transit.silent = True
    patient = TransitKeeper(TransitAccount(address, "sealgate", TOKEN, ca_file=certificate, timeout=0.5))
    with pytest.raises(Unreachable):
        patient.seal(SECRET)


def test_nobody_there_is_unreachable(certificate: Path) -> None:
    with pytest.raises(Unreachable):
        TransitKeeper(TransitAccount("https://127.0.0.1:9", "sealgate", TOKEN, ca_file=certificate)).seal(SECRET)


def test_a_certificate_that_we_do_not_know_gets_no_token(address: str, transit: Transit) -> None:
    with pytest.raises(Unreachable):
        TransitKeeper(TransitAccount(address, "sealgate", TOKEN)).seal(SECRET)
    assert transit.asked == []


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("http://vault.example.org:8200", "sealgate"),
        ("ftp://127.0.0.1", "sealgate"),
        ("https://", "sealgate"),
        ("https://me@vault.example.org", "sealgate"),
        ("https://vault.example.org?x=1", "sealgate"),
        ("https://[::1", "sealgate"),
        ("https://vault.example.org", "../../sys/seal"),
        ("https://vault.example.org", "a b"),
        ("https://vault.example.org", ""),
    ],
)
def test_an_address_that_would_leak_the_token_or_a_name_that_is_none_is_refused(address: str, key: str) -> None:
    with pytest.raises(Invalid):
        TransitKeeper(TransitAccount(address, key, TOKEN))


def test_a_token_lies_in_a_file_of_ours_alone(tmp_path: Path) -> None:
    file = tmp_path / "token"
    with pytest.raises(NoKeyFile):
        read_token(file)
    file.write_text(TOKEN + "\n")
    file.chmod(0o600)
    assert read_token(file) == TOKEN
    file.chmod(0o640)
    with pytest.raises(KeyFileOpen):
        read_token(file)


# --- systemd-creds ---


def test_what_systemd_opened_before_it_started_us_is_taken(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(SECRET)
    assert SystemdCreds(loaded=tmp_path, command="no-such-command").open(b"whatever") == SECRET


def test_a_machine_without_systemd_creds_is_told() -> None:
    with pytest.raises(NoKeeper):
        SystemdCreds(command="no-such-command").seal(SECRET)


def test_a_machine_without_a_tpm_is_told(machine: SystemdCreds) -> None:
    if Path("/dev/tpmrm0").exists():
        pytest.skip("this machine has a TPM")
    with pytest.raises((NoKeeper, KeeperRefused)):
        SystemdCreds(SealedBy.TPM2, command=machine.command).seal(SECRET)


def stand_in(folder: Path, script: str) -> str:
    """A program in the place of systemd-creds, for what the real one does only on a bad day."""
    file = folder / "creds"
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o700)
    return str(file)


@pytest.mark.parametrize(
    ("script", "raised"),
    [
        ("sleep 60", Unreachable),
        ("cat >/dev/null; echo 'Failed: Permission denied' >&2; exit 1", KeeperRefused),
        ("cat >/dev/null; echo 'TPM2 support not installed' >&2; exit 1", NoKeeper),
        ("cat >/dev/null; echo 'Decryption failed' >&2; exit 1", NotTheirs),
        ("cat >/dev/null", KeeperGarbled),
        ("cat >/dev/null; head -c 9000 /dev/zero", KeeperGarbled),
    ],
)
def test_each_way_to_fail_has_its_own_code(tmp_path: Path, script: str, raised: type[Exception]) -> None:
    with pytest.raises(raised):
        SystemdCreds(command=stand_in(tmp_path, script), timeout=1.0 if "sleep" in script else 60.0).open(b"sealed")


def test_kinds_are_told_apart(service: TransitKeeper) -> None:
    assert (service.kind, SystemdCreds().kind) == (RootKind.SERVICE, RootKind.CREDENTIAL)
