"""How an address is asked: again where the line broke, and one that never answers is not passed over."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread

import httpx
import pytest

from sealgate.drills.stranger import HEADS, Address, Answer, answered

HERE = Address("GET", "/people/1", is_open=False)
TOLD = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n\xe7\x8e\x8b\xe8\x8a\xb3"

Says = Callable[[int], bytes]


@contextmanager
def calling(says: Says) -> Iterator[httpx.Client]:
    """A server that answers its n-th caller so, and then hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as door:

        def run() -> None:
            for number in range(3):
                line, _ = door.accept()
                with line:
                    line.recv(4_096)
                    line.sendall(says(number))

        thread = Thread(target=run, daemon=True)
        thread.start()
        with httpx.Client(base_url=f"http://127.0.0.1:{door.getsockname()[1]}", headers=HEADS) as client:
            yield client


def test_a_line_that_breaks_hides_nothing() -> None:
    with calling(lambda number: b"" if number < 2 else TOLD) as client:
        assert answered(client, HERE).body.decode() == "王芳"


def test_who_never_answers_is_told_apart_from_who_says_nothing() -> None:
    with calling(lambda _number: b"") as client:
        assert answered(client, HERE) == Answer()


@pytest.mark.parametrize("status", [b"204 No Content", b"404 Not Found"])
def test_an_empty_answer_is_one(status: bytes) -> None:
    with calling(lambda _number: b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n") as client:
        assert answered(client, HERE).status == int(status[:3])
