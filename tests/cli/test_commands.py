"""The other commands, and what they say when something is wrong."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Sealgate = Callable[..., Any]


def test_a_folder_is_made_once(sealgate: Sealgate, tmp_path: Path) -> None:
    made = sealgate("init", "Acme", "--data", tmp_path / "data")
    assert made.status == 0, made.err
    assert (tmp_path / "data-keys" / "root.key").stat().st_mode & 0o777 == 0o600
    again = sealgate("init", "Acme", "--data", tmp_path / "data")
    assert again.status == 1
    assert "app.already-initialised" in again.err


def test_serving_nothing_says_what_to_do(sealgate: Sealgate, tmp_path: Path) -> None:
    refused = sealgate("serve", "--data", tmp_path / "nothing", "--port", "0")
    assert refused.status == 1
    assert "app.not-initialised" in refused.err
    assert "sealgate init" in refused.err


def test_a_public_address_without_tls_is_refused(sealgate: Sealgate, tmp_path: Path) -> None:
    assert sealgate("init", "Acme", "--data", tmp_path / "data").status == 0
    refused = sealgate("serve", "--data", tmp_path / "data", "--host", "0.0.0.0", "--port", "0")
    assert refused.status == 1
    assert "app.listening-without-tls" in refused.err
    assert "trusted_proxy" in refused.err


def test_a_misspelt_setting_is_an_error(sealgate: Sealgate, tmp_path: Path) -> None:
    refused = sealgate("init", "Acme", env={"SEALGATE_DATAA": "/tmp"})
    assert refused.status == 1
    assert "settings.unknown" in refused.err


def test_a_wrong_passphrase_opens_nothing(sealgate: Sealgate, tmp_path: Path) -> None:
    right = {"SEALGATE_PASSPHRASE": "seven quiet harbours"}
    assert sealgate("init", "Acme", "--data", tmp_path / "data", env=right).status == 0
    refused = sealgate("serve", "--data", tmp_path / "data", "--port", "0", env={"SEALGATE_PASSPHRASE": "seven quiet harbors!"})
    assert refused.status == 1
    assert "vault.wrong-root" in refused.err


def test_a_key_file_that_others_may_read_is_refused(sealgate: Sealgate, tmp_path: Path) -> None:
    assert sealgate("init", "Acme", "--data", tmp_path / "data").status == 0
    (tmp_path / "data-keys" / "root.key").chmod(0o644)
    refused = sealgate("serve", "--data", tmp_path / "data", "--port", "0")
    assert refused.status == 1
    assert "vault.key-file-open" in refused.err


def test_a_taken_port_is_said(sealgate: Sealgate, tmp_path: Path) -> None:
    assert sealgate("init", "Acme", "--data", tmp_path / "data").status == 0
    with socket.create_server(("127.0.0.1", 0)) as taken:
        refused = sealgate("serve", "--data", tmp_path / "data", "--port", str(taken.getsockname()[1]))
    assert refused.status == 1
    assert "app.port-taken" in refused.err


def test_two_processes_do_not_share_a_folder(sealgate: Sealgate, demo: Callable[..., Any], tmp_path: Path) -> None:
    with demo("--data", tmp_path / "campus", "--quiet") as running:
        running.wait_for(r"Kiosk in the lobby")
        home = tmp_path / "campus"
        refused = sealgate("serve", "--data", home / "data", "--keys", home / "keys", "--port", "0")
        assert refused.status == 1
        assert "store.in-use" in refused.err
        assert running.stop() == 0


def test_a_gate_watches_a_folder_of_faces(
    sealgate: Sealgate, demo: Callable[..., Any], tmp_path: Path, shared_data: Path
) -> None:
    home = tmp_path / "campus"
    faces = shared_data / "faces" / "orl"
    with demo("--data", home, "--faces", faces, "--quiet") as running:
        running.wait_for(r"Kiosk in the lobby", 120)
        assert running.stop() == 0
    some = tmp_path / "some"
    some.mkdir()
    for number in (3, 4):
        (some / f"{number}.png").write_bytes((faces / f"{number:04d}.png").read_bytes())
    told = sealgate(
        "gate",
        "run",
        "--gate",
        "Lobby",
        "--source",
        f"{some}?hold=2",
        "--data",
        home / "data",
        "--keys",
        home / "keys",
        "--json",
    )
    assert told.status == 0, told.err
    passages = [json.loads(line) for line in told.out.splitlines()]
    assert [p["opens"] for p in passages if p["reason"] == "allowed"], told.out


@pytest.mark.parametrize("command", [["--help"], ["read", "--help"], ["bench", "--help"], ["--version"]])
def test_help_answers(sealgate: Sealgate, command: list[str]) -> None:
    assert sealgate(*command).status == 0


def test_the_vault_bench_prints_numbers(sealgate: Sealgate) -> None:
    told = sealgate("bench", "vault", "--seconds", "0.05", "--json")
    assert told.status == 0, told.err
    assert all(value > 0 for value in json.loads(told.out).values())
