"""`sealgate keys` as whoever runs an installation has it: beside a running program and without one, sealed and unsealed."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.cli.conftest import CLEAN, COMMAND, Demo, started

from sealgate.app import initialise
from sealgate.settings import Settings


@pytest.fixture
def home(tmp_path: Path) -> Path:
    initialise(Settings(data=tmp_path / "data", keys=tmp_path / "keys"), "Acme")
    return tmp_path


@pytest.fixture
def keys(home: Path) -> Callable[..., Any]:
    """One command with --json; `typed` goes to its standard input. Answers the objects that it printed, or the code."""

    def run(*words: str | Path, typed: str = "", env: dict[str, str] | None = None) -> Any:
        done = subprocess.run(
            [*COMMAND, "keys", *map(str, words), "--json", "--data", str(home / "data"), "--keys", str(home / "keys")],
            input=typed,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            env={**CLEAN, **(env or {})},
        )
        said = [json.loads(line) for line in done.stdout.splitlines()]
        assert said, done.stderr
        return said if len(said) > 1 else said[0]

    return run


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@pytest.fixture
def serve(home: Path) -> Callable[[], Any]:
    return lambda: started("serve", "--data", home / "data", "--keys", home / "keys", "--port", str(free_port()))


def console(running: Demo) -> str:
    return running.wait_for(r"Console: (http\S+)/", 120).group(1)


def test_a_quorum_holds_the_root_and_any_two_of_three_open_it(
    keys: Callable[..., Any], serve: Callable[[], Any], home: Path
) -> None:
    shares, done = keys("quorum", "2", "3")
    words = [" ".join(share["words"]) for share in shares["shares"]]
    assert done["held_by"] == ["quorum"]
    assert not (home / "keys" / "root.key").exists()
    assert keys("rotate")["error"]["code"] == "vault.sealed"
    assert keys("unseal", typed=words[0])["error"]["code"] == "port.unreachable"
    with serve() as running:
        address = running.wait_for(r"Give it at (http\S+)/unseal", 120).group(1)
        assert keys("rotate")["error"]["code"] == "vault.sealed"
        assert keys("status")["sealed"]
        assert keys("unseal", typed=words[2])["have"] == 1
        health = httpx.get(f"{address}/healthz")
        assert (health.status_code, health.json()) == (
            503,
            {"status": "sealed", "code": "vault.sealed", "have": 1, "need": 2, "trouble": None},
        )
        assert keys("unseal", typed=words[2])["error"]["code"] == "unseal.share-given"
        assert keys("unseal", typed=" ".join(words[0].split()[::-1]))["error"]["code"] == "vault.bad-share"
        assert keys("unseal", "--address", address, typed="acid " * 40)["error"]["code"] == "vault.bad-share"
        assert not keys("unseal", "--address", address, typed=words[0])["sealed"]
        assert console(running) == address
        assert httpx.get(f"{address}/healthz").status_code == 200
        assert keys("rotate")["rotated"]["Acme"] == 0
        assert running.stop() == 0


def test_everything_is_changed_while_the_program_runs(keys: Callable[..., Any], serve: Callable[[], Any], home: Path) -> None:
    file = home / "keys" / "root.key"
    before = file.read_bytes()
    with serve() as running:
        console(running)
        changed = keys("rotate", "--root")
        assert changed["held_by"] == ["key-file"]
        assert Path(changed["put_away"]).read_bytes() == before
        assert file.read_bytes() != before
        assert file.stat().st_mode & 0o777 == 0o600
        assert keys("backup", home / "apart.keys")["keys"] > 0
        assert keys("backup", home / "apart.keys")["error"]["code"] == "keys.backup-exists"
        assert keys("rekey-faces", "--site", "Nowhere")["error"]["code"] == "not-found"
        assert keys("restore", home / "apart.keys")["error"]["code"] == "store.in-use"
        assert running.stop() == 0
    with serve() as running:
        console(running)
        assert running.stop() == 0


def test_a_root_by_passphrase_starts_sealed_and_the_wrong_one_is_told(
    keys: Callable[..., Any], serve: Callable[[], Any], home: Path
) -> None:
    right = "seven quiet harbours at night"
    assert keys("seal", "--passphrase", typed="too short")["error"]["code"] == "vault.passphrase-too-short"
    assert keys("seal", "--passphrase", typed=right)["held_by"] == ["passphrase"]
    assert keys("seal")["error"]["code"] == "invalid"
    assert keys("status", env={"SEALGATE_PASSPHRASE": right})["sealed"] is False
    with serve() as running:
        running.wait_for(r"Sealed", 120)
        assert keys("unseal", typed="seven quiet harbours at noon")["error"]["code"] == "vault.wrong-root"
        assert not keys("unseal", typed=right)["sealed"]
        assert console(running)
        assert keys("seal", "--key-file")["held_by"] == ["key-file"]
        assert running.stop() == 0
    with serve() as running:
        assert console(running)
        assert running.stop() == 0


def test_a_key_file_that_others_may_read_is_refused_and_one_that_is_away_is_waited_for(
    keys: Callable[..., Any], serve: Callable[[], Any], home: Path, sealgate: Callable[..., Any]
) -> None:
    file = home / "keys" / "root.key"
    file.chmod(0o640)
    refused = sealgate("serve", "--data", home / "data", "--keys", home / "keys", "--port", "0")
    assert (refused.status, "vault.key-file-open" in refused.err) == (1, True)
    file.rename(home / "stick.key")
    (home / "stick.key").chmod(0o600)
    assert keys("rotate")["error"]["code"] == "vault.no-key-file"
    with serve() as running:
        running.wait_for(r"Sealed", 120)
        (home / "stick.key").rename(file)
        assert console(running)  # it looks every few seconds
        assert running.stop() == 0


def test_keys_are_backed_up_apart_and_come_back_without_those_that_were_destroyed(keys: Callable[..., Any], home: Path) -> None:
    written = keys("backup", home / "apart.keys")
    blob = (home / "apart.keys").read_bytes()
    assert (home / "apart.keys").stat().st_mode & 0o777 == 0o600
    root = (home / "keys" / "root.key").read_text().split()[1]
    assert bytes.fromhex(root) not in blob
    assert root.encode() not in blob
    assert keys("restore", home / "apart.keys") == {"added": 0, "there": written["keys"]}
    for old in (home / "keys").glob("keys.sqlite*"):
        old.unlink()
    assert keys("restore", home / "apart.keys") == {"added": written["keys"], "there": 0}
    assert keys("rotate")["rotated"]["Acme"] == 0
    (home / "cut.keys").write_bytes(blob[:-7])
    (home / "changed.keys").write_bytes(blob[:-7] + bytes(7))
    assert keys("restore", home / "cut.keys")["error"]["code"] == "keys.not-a-backup"
    assert keys("restore", home / "changed.keys")["error"]["code"] in {"keys.not-a-backup", "vault.does-not-open"}
    assert keys("restore", home / "none.keys")["error"]["code"] == "keys.not-a-backup"
    keys("rotate", "--root")
    assert keys("restore", home / "apart.keys")["error"]["code"] in {"keys.other-shelf", "vault.wrong-root"}


def test_a_table_is_for_people(home: Path, sealgate: Callable[..., Any]) -> None:
    where = ("--data", home / "data", "--keys", home / "keys")
    assert "key-file, unsealed" in sealgate("keys", "status", *where).out
    shown = sealgate("keys", "quorum", "2", "2", *where).out
    assert "Share 1 of 2" in shown
    assert "█" in shown
