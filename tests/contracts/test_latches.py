"""What every latch does: one release is one answer, and never later than it promised."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import create_server
from threading import Event, Thread
from typing import Protocol
from uuid import UUID

import pytest

from sealgate.devices.controllers import BadRelay, HttpLatch, parse_relay
from sealgate.devices.simulated import SimulatedLatch
from sealgate.domain.ids import GateId
from sealgate.ports import Latch, LatchAnswer

NORTH, SOUTH = GateId(UUID(int=1)), GateId(UUID(int=2))
FIVE = timedelta(seconds=5)
PASSWORD = "s3cret-of-Dora"


class Rig(Protocol):
    """A latch on the bench, with a hand on its other side."""

    latch: Latch

    def opened(self) -> list[int]:
        """For how many seconds it was opened, each time."""
        ...

    def refuse(self) -> None: ...


class SimulatedRig:
    def __init__(self) -> None:
        self.simulated = SimulatedLatch()
        self.latch: Latch = self.simulated

    def opened(self) -> list[int]:
        return [round(release.open_for.total_seconds()) for release in self.simulated.releases]

    def refuse(self) -> None:
        self.simulated.answer = LatchAnswer.REFUSED

    def close(self) -> None:
        pass


class HttpRig:
    """A relay board: a real server on loopback that wants a name and a password."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.status = 200
        rig = self

        class Board(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                known = self.headers.get("Authorization") == "Basic ZG9vcjpzM2NyZXQtb2YtRG9yYQ=="  # door:PASSWORD
                status = rig.status if known else 401
                if status == 200:
                    rig.asked.append(self.path)
                self.send_response(status)
                self.end_headers()

            def log_message(self, _format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Board)
        self.thread = Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()
        address = f"http://door:{PASSWORD}@127.0.0.1:{self.server.server_port}/relay/0?turn=on&timer={{seconds}}"
        self.latch: Latch = HttpLatch({NORTH: parse_relay(address)}, timeout=timedelta(seconds=60))

    def opened(self) -> list[int]:
        return [int(path.removeprefix("/relay/0?turn=on&timer=")) for path in self.asked]

    def refuse(self) -> None:
        self.status = 423

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture(params=[SimulatedRig, HttpRig])
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    rig = request.param()
    yield rig
    rig.close()


def test_a_release_is_accepted_and_lasts_as_long_as_asked(rig: Rig) -> None:
    assert rig.latch.release(NORTH, FIVE) is LatchAnswer.ACCEPTED
    assert rig.latch.release(NORTH, timedelta(seconds=12)) is LatchAnswer.ACCEPTED
    assert rig.opened() == [5, 12]


def test_a_refusal_is_an_answer_and_nothing_opens(rig: Rig) -> None:
    rig.refuse()
    assert rig.latch.release(NORTH, FIVE) is LatchAnswer.REFUSED
    assert rig.opened() == []


def test_releases_from_many_threads_are_all_counted(rig: Rig) -> None:
    people = [Thread(target=rig.latch.release, args=(NORTH, FIVE)) for _ in range(8)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert rig.opened() == [5] * 8


def test_a_gate_without_a_relay_stays_shut() -> None:
    assert HttpLatch({}).release(SOUTH, FIVE) is LatchAnswer.REFUSED


def test_nobody_at_the_address_is_unreachable() -> None:
    with create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    assert HttpLatch({NORTH: parse_relay(f"http://127.0.0.1:{port}/")}).release(NORTH, FIVE) is LatchAnswer.UNREACHABLE


@pytest.fixture
def board() -> Iterator[Callable[[Callable[[Event], Iterator[bytes]]], HttpLatch]]:
    """A relay that answers with these bytes, in this rhythm."""
    over = Event()
    threads: list[Thread] = []

    def start(says: Callable[[Event], Iterator[bytes]]) -> HttpLatch:
        listening = create_server(("127.0.0.1", 0))

        def serve() -> None:
            with listening:
                line, _ = listening.accept()
            with line:
                try:
                    for piece in says(over):
                        line.sendall(piece)
                except OSError:  # the latch hung up
                    pass

        threads.append(Thread(target=serve))
        threads[-1].start()
        relay = parse_relay(f"http://127.0.0.1:{listening.getsockname()[1]}/")
        return HttpLatch({NORTH: relay}, timeout=timedelta(seconds=0.5))

    yield start
    over.set()
    for thread in threads:
        thread.join()


def silence(over: Event) -> Iterator[bytes]:
    over.wait()
    yield b""


def dripping(over: Event) -> Iterator[bytes]:
    """A byte now and then: each keeps an ordinary time-out from running out."""
    while not over.wait(0.1):
        yield b"H"


def no_http(_over: Event) -> Iterator[bytes]:
    yield b"SSH-2.0-OpenSSH_9.2\r\n"


def endless(over: Event) -> Iterator[bytes]:
    while not over.is_set():
        yield b"x" * 65536


@pytest.mark.parametrize("says", [silence, dripping, no_http, endless])
def test_a_strange_relay_is_unreachable_and_holds_nobody(
    board: Callable[[Callable[[Event], Iterator[bytes]]], HttpLatch], says: Callable[[Event], Iterator[bytes]]
) -> None:
    latch = board(says)
    assert latch.release(NORTH, FIVE) is LatchAnswer.UNREACHABLE


@pytest.mark.parametrize(
    "address",
    ["", "relay", "ftp://10.0.0.9/", f"http://door:{PASSWORD}@10.0.0.9:x/", f"http://{PASSWORD}@h/\r\nX: y", "http://[::1/"],
)
def test_what_is_no_relay_is_refused_without_quoting_it(address: str) -> None:
    with pytest.raises(BadRelay) as refusal:
        parse_relay(address)
    assert PASSWORD not in f"{refusal.value} {refusal.value!r}"


def test_the_password_of_a_relay_is_not_shown() -> None:
    relay = parse_relay(f"http://door:{PASSWORD}@10.0.0.9/{PASSWORD}")
    assert PASSWORD not in repr(relay)
    assert PASSWORD not in repr(HttpLatch({NORTH: relay}))
