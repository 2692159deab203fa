"""What the doctor finds before anything is open: each wrong thing is made real, and what is right is not complained of."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from tests.cli.test_listening import certificate

from sealgate.doctor import folders, listening, secrets
from sealgate.doctor import running as in_house
from sealgate.doctor.patient import Looks, Patient
from sealgate.domain.findings import Check
from sealgate.settings import Settings
from sealgate.store.engine import SystemClock
from sealgate.vault.roots import create_key_file
from sealgate.vision.catalogue import MODELS, MODELS_FOLDER


def found(look: Looks, clock: Any = None, **given: Any) -> list[Check]:
    return [one.check for one in look(Patient(Settings(**given), clock or SystemClock()))]


# The listener, its proxies, TLS


def test_a_listener_on_a_public_address_without_tls() -> None:
    assert found(listening.listener, host="0.0.0.0") == [Check.LISTENER]
    assert found(listening.listener, host="0.0.0.0", trusted_proxy="*") == [Check.LISTENER]
    assert found(listening.listener, host="0.0.0.0", trusted_proxy="192.0.2.1") == []
    assert found(listening.listener) == []


def test_proxies_that_are_everybody() -> None:
    for everybody in ("*", "0.0.0.0/0", "192.0.2.1, ::/0"):
        assert found(listening.proxies, trusted_proxy=everybody) == [Check.PROXY]
    assert found(listening.proxies, trusted_proxy="192.0.2.1, 10.0.0.0/8") == []


def test_browsers_that_are_sent_to_an_address_without_tls() -> None:
    assert found(listening.address, public_address="http://gate.example.org") == [Check.ADDRESS]
    assert found(listening.address, public_address="https://gate.example.org") == []
    assert found(listening.address, public_address="http://127.0.0.1:8470") == []


@pytest.mark.parametrize(("days", "says"), [(-1, [Check.CERTIFICATE_OVER]), (5, [Check.CERTIFICATE_SOON]), (60, [])])
def test_certificates_that_end(tmp_path: Path, days: int, says: list[Check]) -> None:
    chain, key = certificate(tmp_path, days=days)
    assert found(listening.certificate, tls_certificate=chain, tls_key=key) == says


def test_certificates_that_are_none(tmp_path: Path) -> None:
    chain, _ = certificate(tmp_path, "one")
    _, other = certificate(tmp_path, "two")
    (tmp_path / "empty.pem").touch()
    for file in (chain, tmp_path / "empty.pem", tmp_path / "nowhere.pem"):
        assert found(listening.certificate, tls_certificate=file, tls_key=other) == [Check.CERTIFICATE]


@contextmanager
def speaking(folder: Path, *versions: ssl.TLSVersion) -> Iterator[int]:
    """A server that speaks TLS of those versions, the oldest first, and nothing else; its port."""
    chain, key = certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version, context.maximum_version = versions[0], versions[-1]
    context.load_cert_chain(chain, key)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    line, _ = server.accept()
                except OSError:
                    return
                try:
                    context.wrap_socket(line, server_side=True).close()
                except OSError:
                    line.close()

        thread = Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join(60)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_a_port_that_still_speaks_old_tls(tmp_path: Path) -> None:
    with speaking(tmp_path / "old", ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2) as port:
        assert found(listening.old_tls, public_address=f"https://localhost:{port}") == [Check.OLD_TLS]
    with speaking(tmp_path / "new", ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3) as port:
        assert found(listening.old_tls, public_address=f"https://localhost:{port}") == []
    assert found(listening.old_tls, public_address="https://localhost:1") == []  # nobody is there


# Keys, files, room


def site(folder: Path, **more: Any) -> dict[str, Any]:
    """Folders as `init` makes them, with a root key."""
    data, keys = folder / "data", folder / "keys"
    for made in (data, keys):
        made.mkdir(mode=0o700, exist_ok=True)
    if not (keys / "root.key").exists():
        create_key_file(keys / "root.key")
    return {"data": data, "keys": keys, **more}


def test_keys_that_lie_in_the_data(tmp_path: Path) -> None:
    given = site(tmp_path)
    assert found(folders.keys_in_data, **given) == []
    (given["data"] / "notes.txt").write_bytes((given["keys"] / "root.key").read_bytes())
    assert found(folders.keys_in_data, **given) == [Check.KEYS_IN_DATA]  # whatever it is called
    inside = given["data"] / "keys"
    shutil.copytree(given["keys"], inside)
    assert found(folders.keys_in_data, data=given["data"], keys=inside).count(Check.KEYS_IN_DATA) == 3


def test_keys_on_the_disk_of_the_data(tmp_path: Path) -> None:
    assert found(folders.keys_beside, **site(tmp_path)) == [Check.KEYS_BESIDE]
    with_memory = site(tmp_path, keys=Path("/dev/shm"))
    assert found(folders.keys_beside, **with_memory) == []


def test_a_backup_with_the_keys_in_it(tmp_path: Path) -> None:
    given, backup = site(tmp_path), tmp_path / "backup"
    (backup / "2026-11-27").mkdir(parents=True)
    (backup / "2026-11-27" / "sealgate.sqlite").write_bytes(b"SQLite format 3\0")
    assert list(folders.key_files(backup)) == []
    shutil.copy(given["keys"] / "root.key", backup / "2026-11-27" / "everything.bin")
    (backup / "keys.sqlite").touch()
    assert {file.name for file in folders.key_files(backup)} == {"everything.bin", "keys.sqlite"}


def test_files_that_others_may_read(tmp_path: Path) -> None:
    given = site(tmp_path)
    database = given["data"] / "sealgate.sqlite"
    database.touch(mode=0o600)
    assert found(folders.modes, **given) == []
    database.chmod(0o644)
    assert found(folders.modes, **given) == []  # nobody gets as far as it
    given["data"].chmod(0o755)
    assert found(folders.modes, **given) == [Check.FILE_OPEN, Check.FILE_OPEN]
    given["data"].chmod(0o700)
    (given["keys"] / "root.key").chmod(0o640)
    assert found(folders.modes, **given) == [Check.FILE_OPEN]


FULL = """
import subprocess, sys
from pathlib import Path
from sealgate.doctor import folders
from sealgate.doctor.patient import Patient
from sealgate.settings import Settings
from sealgate.store.engine import SystemClock
folder = Path(sys.argv[1])
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", str(folder)], check=True)
patient = Patient(Settings(data=folder, keys=folder), SystemClock())
said = [len(list(folders.room(patient)))]
(folder / "much").write_bytes(bytes(7 << 20))
print(*said, len(list(folders.room(patient))))
"""


def test_a_disk_that_is_nearly_full(tmp_path: Path) -> None:
    """A real one, of eight megabytes, in a mount namespace of its own."""
    command = ["unshare", "--mount", "--map-root-user", sys.executable, "-c", FULL, str(tmp_path)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": "src"})
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split() == ["0", "1"]


# Secrets


@pytest.mark.parametrize(
    "secret",
    *[
        [
            "short",
            "password",
            "Password123!",
            "changeme2026",
            "aaaaaaaaaaaaaaaa",
            "sealgate-sealgate",
            "minioadmin",
            "postgres12345678",
        ]
    ],
)
def test_secrets_that_everybody_tries_first(secret: str) -> None:
    assert secrets.weak(secret)


@pytest.mark.parametrize("secret", ["seven quiet harbours", "kX2mPq9vLw3nRt7y", "0b6d1f0e9c2a4b7d8e5f"])
def test_secrets_that_are_some(secret: str) -> None:
    assert not secrets.weak(secret)


def test_weak_secrets_are_found_wherever_they_are_set() -> None:
    urls = {
        "database": "postgresql://sealgate:sealgate@db/sealgate",
        "keys_database": "postgresql://k:kX2mPq9vLw3nRt7y@db/keys",
    }
    assert found(secrets.secrets, **urls) == [Check.WEAK_SECRET]
    assert found(secrets.secrets, passphrase="passphrase-passphrase") == [Check.WEAK_SECRET]
    assert found(secrets.secrets, passphrase="seven quiet harbours") == []


def test_payments_that_move_no_money() -> None:
    assert found(secrets.money, simulated_payments=True, host="0.0.0.0") == [Check.TEST_MONEY]
    assert found(secrets.money, simulated_payments=True) == []  # a demo on one's own machine
    keys = {"stripe_webhook_secrets": "whsec_x", "public_address": "https://gate.example.org"}
    assert found(secrets.money, stripe_secret_key="sk_test_1", **keys) == [Check.TEST_MONEY]
    assert found(secrets.money, stripe_secret_key="sk_live_1", **keys) == []


# What is missing


def test_no_mail_and_no_witness(tmp_path: Path) -> None:
    assert found(in_house.mail) == [Check.NO_MAIL]
    assert found(in_house.witnesses) == [Check.NO_WITNESS]
    assert found(in_house.witnesses, witness_folder=tmp_path) == []


def test_models_that_are_not_the_ones_we_know(tmp_path: Path) -> None:
    def says(folder: Path) -> list[str]:
        return [one.where for one in in_house.models(Patient(Settings(), SystemClock(), models=folder))]

    assert says(MODELS_FOLDER) == []
    for model in MODELS:
        (tmp_path / model.file).symlink_to(MODELS_FOLDER / model.file)
    old = tmp_path / MODELS[0].file
    old.unlink()
    old.write_bytes(b"an older one")
    (tmp_path / MODELS[1].file).unlink()
    assert says(tmp_path) == [MODELS[0].name, MODELS[1].name]
