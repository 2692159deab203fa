"""No face leaves a site: a door at work with real models, and every byte that goes out of the program is counted.

Measures for facial recognition (China) art. 8. Whatever the program sends, by whichever socket, is kept; then what makes up a
face is looked for in it: the template as it is stored and as it was before the site's turn, in bytes, base64 and hex, and every
picture format. So that the counter itself is tried, it has to find the same template where we send it out on purpose.
"""

from __future__ import annotations

import base64
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest

from sealgate.app import Program, initialise, running
from sealgate.devices.simulated import SimulatedLatch
from sealgate.domain.access import Reason
from sealgate.edge.opening import open_gate
from sealgate.flows import campus as campuses
from sealgate.flows import edge_copy, edges, rules, witnessing
from sealgate.flows.at_gate import Answer
from sealgate.flows.campus import Campus
from sealgate.flows.edge_holders import Holders
from sealgate.settings import load
from sealgate.vision.faces import Faces

PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"RIFF")


@dataclass
class Outbound:
    """What went out, by peer. `opened` are the peers that were dialled."""

    sent: dict[str, bytearray] = field(default_factory=dict)

    def keep(self, peer: object, data: bytes) -> None:
        self.sent.setdefault(str(peer), bytearray()).extend(data)

    def face_bytes(self, vectors: list[Any]) -> int:
        """How many bytes of faces there are in it."""
        found = 0
        for stream in map(bytes, self.sent.values()):
            for vector in vectors:
                raw = np.asarray(vector, "<f4").tobytes()
                forms = [raw, np.asarray(vector, "<f2").tobytes(), base64.b64encode(raw), raw.hex().encode()]
                forms += [base64.b64encode(raw[shift:]) for shift in (1, 2)]
                found += sum(len(form) * stream.count(form[8:-8]) for form in forms)
            found += sum(len(magic) * stream.count(magic) for magic in PICTURES)
        return found


@pytest.fixture
def outbound(monkeypatch: pytest.MonkeyPatch) -> Outbound:
    """Every way in which Python gives bytes to a socket, counted and then done."""
    counted = Outbound()

    def wrapped(name: str) -> Callable[..., Any]:
        real = getattr(socket.socket, name)

        def sends(self: socket.socket, *args: Any) -> Any:
            peer = args[-1] if name == "sendto" else _peer(self)
            given = args[0] if name != "sendmsg" else b"".join(map(bytes, args[0]))
            counted.keep(peer, bytes(given))
            return real(self, *args)

        return sends

    for name in ("send", "sendall", "sendto", "sendmsg"):
        monkeypatch.setattr(socket.socket, name, wrapped(name))
    return counted


def _peer(one: socket.socket) -> object:
    try:
        return one.getpeername()
    except OSError:
        return "nobody"


@pytest.fixture
def witness() -> Iterator[str]:
    """Somebody outside to whom the program speaks at all: without it nothing would go out, and nothing be counted."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join(60)


@pytest.fixture
def program(tmp_path: Path, witness: str) -> Iterator[Program]:
    settings = load(data=tmp_path / "data", keys=tmp_path / "keys", witness_address=witness)
    initialise(settings, "Acme")
    with running(settings, faces=Faces(), plates=None, latch=SimulatedLatch()) as opened:
        yield opened


@pytest.fixture
def campus(program: Program) -> Campus:
    return campuses.build(program.house, program.house.store.tenants()[0].tenant, "Asia/Shanghai", [])


def open_sockets() -> set[str]:
    """Of this process, as the kernel sees them: also those that no Python opened."""
    found = set()
    for name in Path("/proc/self/fd").iterdir():
        try:
            target = str(name.readlink())
        except OSError:  # closed since
            continue
        if target.startswith("socket:"):
            found.add(target)
    return found


def test_a_door_at_work_sends_no_byte_of_a_face(
    program: Program, campus: Campus, outbound: Outbound, shared_data: Path, tmp_path: Path
) -> None:
    house, tenant = program.house, campus.tenant
    faces = shared_data / "faces" / "web"
    portraits = [(faces / f"00{number}.png").read_bytes() for number in (31, 33, 41)]
    before = open_sockets()
    assert campuses.enrol_faces(house, campus, "face-1", [portraits]) == 1
    told: list[Answer] = []
    for name, number in (("alice", 31), ("stranger", 34)):
        walk = tmp_path / name
        walk.mkdir()
        for step in range(3):
            (walk / f"{step}.png").write_bytes(_on_a_wall((faces / f"00{number}.png").read_bytes()))
        open_gate(house, tenant, campus.lobby, str(walk), fps=None, told=told.append).run()
    assert Reason.ALLOWED in {answer.decision.reason for answer in told}
    assert open_sockets() == before, "a door needs no network"
    assert outbound.sent == {}
    witnessing.checkpoint(house, tenant)
    asked = [peer for peer, stream in outbound.sent.items() if not stream.startswith(b"HTTP/")]
    assert len(asked) == 1, "the witness alone was spoken to; what it answers is counted too, for it runs here"
    vectors = _vectors(program, campus, portraits)
    assert sum(map(len, outbound.sent.values())) > 100
    assert outbound.face_bytes(vectors) == 0
    with closing(socket.create_server(("127.0.0.1", 0))) as listener, closing(socket.socket()) as leak:
        leak.connect(listener.getsockname())
        leak.sendall(b"POST / " + base64.b64encode(np.asarray(vectors[0], "<f4").tobytes()))
    assert outbound.face_bytes(vectors) > 500, "what is sent out on purpose is found"


def test_an_edges_copy_holds_its_own_site_and_no_face(program: Program, campus: Campus, shared_data: Path) -> None:
    house, signed = program.house, campuses.system(program.house, campus.tenant)
    portraits = [(shared_data / "faces" / "web" / f"00{number}.png").read_bytes() for number in (31, 33, 41)]
    campuses.enrol_faces(house, campus, "face-1", [portraits])
    south = rules.add_site(house, signed, "South Works", "Asia/Shanghai")
    for site in (campus.site, south):
        edges.add_edge(house, signed, site, f"Box {site}")
    copied = Outbound()
    with house.store.read(campus.tenant) as db:
        for site in (campus.site, south):
            for part in (*edge_copy.parts(house, db, site), Holders().part(house, db, site)):
                copied.keep(site, json.dumps(part.holds, ensure_ascii=False).encode())
    vectors = _vectors(program, campus, portraits)
    assert copied.face_bytes(vectors) == 0
    assert str(campus.site).encode() not in bytes(copied.sent[str(south)]), "a box hears of its own site alone"
    assert str(campus.site).encode() in bytes(copied.sent[str(campus.site)])


def _vectors(program: Program, campus: Campus, portraits: list[bytes]) -> list[Any]:
    """The template as it is stored, and the vectors of the pictures before the site's turn."""
    from sealgate.flows.faces import template_place
    from sealgate.store import directory

    house = program.house
    assert house.faces is not None
    with house.store.read(campus.tenant) as db:
        (found,) = directory.face_templates(db, campus.site, house.faces.pack)
    stored = np.frombuffer(house.keyring.open(template_place(campus.tenant, found.credential), found.secret), "<f4")
    plain = []
    for portrait in portraits:
        pixels = house.decode(portrait)
        plain.append(house.faces.embed(pixels, house.faces.find(pixels)[0]))
    return [stored, *plain]


def _on_a_wall(picture: bytes) -> bytes:
    """A face as a door's camera sees it."""
    import cv2

    face = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    assert face is not None
    wall = np.full((480, 640, 3), 190, np.uint8)
    wall[60:420, 140:500] = cv2.resize(face, (360, 360), interpolation=cv2.INTER_CUBIC)
    return bytes(cv2.imencode(".png", wall)[1].tobytes())
