"""Witnesses: a folder, and an endpoint that keeps C2SP's rules for what it signs."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from sealgate.ports import Unreachable, Witness, WitnessAhead, WitnessRefused
from sealgate.privacy.checkpoints import Checkpoint
from sealgate.privacy.merkle import EMPTY, consistency_proof, continues, root_of
from sealgate.privacy.notes import BadNote, Signer, Verifier
from sealgate.witness import FolderWitness, HttpWitness, read_notes

ORIGIN = "sealgate/journal/acme"
ACME = Signer(ORIGIN, bytes(range(32)))
MALLORY = Signer(ORIGIN, bytes(32))
WITNESS = Signer("witness.example.org", bytes(range(1, 33)))
LEAVES = [bytes([n]) for n in range(40)]


class Notary:
    """What the endpoint has signed last, and for whom it signs."""

    def __init__(self, verifier: Verifier) -> None:
        self.verifier, self.size, self.root = verifier, 0, EMPTY

    def take(self, body: str) -> tuple[int, str]:
        head, _, note = body.partition("\n\n")
        old, *proof = head.splitlines()
        try:
            checkpoint = Checkpoint.parse(self.verifier.verified(note))
        except BadNote:
            return 403, "who are you?"
        if int(old.removeprefix("old ")) != self.size:
            return 409, f"{self.size}\n"
        steps = [base64.b64decode(step) for step in proof]
        if not continues(self.size, self.root, checkpoint.size, checkpoint.root, steps):
            return 422, "that does not follow"
        self.size, self.root = checkpoint.size, checkpoint.root
        return 200, WITNESS.sign(checkpoint.text).split("\n\n")[1]


@pytest.fixture
def notary() -> Notary:
    return Notary(ACME.verifier)


@pytest.fixture
def endpoint(notary: Notary) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, said = notary.take(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(status)
            self.send_header("Content-Length", str(len(said.encode())))
            self.end_headers()
            self.wfile.write(said.encode())

        def log_message(self, *_: object) -> None:
            """Nothing is to be read in the test's output."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/add-checkpoint"
        server.shutdown()


MAKERS: dict[str, Callable[[pytest.FixtureRequest], Witness]] = {
    "folder": lambda request: FolderWitness(request.getfixturevalue("tmp_path") / "kept"),
    "endpoint": lambda request: HttpWitness(request.getfixturevalue("endpoint")),
}


@pytest.fixture(params=MAKERS)
def witness(request: pytest.FixtureRequest) -> Witness:
    return MAKERS[request.param](request)


def note(size: int, leaves: list[bytes] = LEAVES, signer: Signer = ACME) -> str:
    return signer.sign(Checkpoint(ORIGIN, size, root_of(leaves[:size])).text)


def proof(old: int, size: int, leaves: list[bytes] = LEAVES) -> list[bytes]:
    return consistency_proof(lambda first, count: root_of(leaves[first : first + count]), old, size)


def test_it_takes_one_checkpoint_after_another(witness: Witness) -> None:
    for old, size in ((0, 3), (3, 16), (16, 40), (40, 40)):
        witness.take(note(size), old, proof(old, size))


def test_it_says_how_far_it_is_where_that_is_not_what_we_thought(witness: Witness) -> None:
    witness.take(note(20), 0, [])
    with pytest.raises(WitnessAhead) as ahead:
        witness.take(note(30), 7, proof(7, 30))
    assert ahead.value.size == 20
    witness.take(note(30), 20, proof(20, 30))


def test_the_folder_keeps_them_all_for_whoever_verifies(tmp_path: Path) -> None:
    witness = FolderWitness(tmp_path / "kept")
    assert witness.kept(ORIGIN) == []
    for old, size in ((0, 3), (3, 16), (16, 16)):
        witness.take(note(size), old, proof(old, size))
    assert witness.kept(ORIGIN) == [note(3), note(16)]
    assert witness.kept("sealgate/journal/umbra") == []
    assert read_notes(next((tmp_path / "kept").iterdir()).read_bytes()) == [note(3), note(16)]
    assert read_notes(note(3).encode()) == [note(3)]


def test_the_folder_of_years_is_read_at_its_end_only(tmp_path: Path) -> None:
    witness = FolderWitness(tmp_path)
    for size in range(1, 700):
        witness.take(note(min(size, 40)).replace("\n40\n", f"\n{size}\n"), size - 1, [])
    with pytest.raises(WitnessAhead) as ahead:
        witness.take(note(40), 0, [])
    assert ahead.value.size == 699


def test_a_folder_that_is_none_is_out_of_reach(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unreachable):
        FolderWitness(tmp_path / "file").take(note(3), 0, [])


def test_the_endpoint_signs_what_follows(endpoint: str, notary: Notary) -> None:
    said = HttpWitness(endpoint).take(note(9), 0, [])
    text = Checkpoint(ORIGIN, 9, root_of(LEAVES[:9])).text
    assert WITNESS.verifier.verified(f"{text}\n{said}") == text
    assert notary.size == 9


def test_the_endpoint_refuses_another_past_and_another_name(endpoint: str) -> None:
    witness = HttpWitness(endpoint)
    witness.take(note(9), 0, [])
    edited = [b"edited", *LEAVES[1:]]
    with pytest.raises(WitnessRefused):
        witness.take(note(20, edited), 9, proof(9, 20, edited))
    with pytest.raises(WitnessRefused):
        witness.take(note(20, signer=MALLORY), 9, proof(9, 20))


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/add-checkpoint", "http:///", "not an address"])
def test_nobody_there_is_out_of_reach(address: str) -> None:
    with pytest.raises(Unreachable):
        HttpWitness(address).take(note(3), 0, [])
