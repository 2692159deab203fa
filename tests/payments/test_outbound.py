"""The way out: to https, or to this machine; bounded in time and bytes; nobody sends us elsewhere."""

import socket
import threading
from datetime import timedelta
from typing import Any

import pytest

from sealgate.payments.outbound import Outbound, checked_host
from sealgate.ports import BadAccount, GarbledAnswer, Unreachable


@pytest.mark.parametrize(
    "base",
    [
        "",
        "api.example.org",
        "http://api.example.org",
        "ftp://127.0.0.1",
        "https://",
        "https://a:b@api.example.org",
        "https://[",
        "https://x:y",
    ],
)
def test_an_address_that_is_not_https_is_refused(base: str) -> None:
    with pytest.raises(BadAccount):
        checked_host(base)


def test_plain_http_is_for_this_machine_only() -> None:
    assert checked_host("http://127.0.0.1:8080") == "127.0.0.1"
    assert checked_host("http://[::1]:8080") == "::1"
    assert checked_host("http://localhost") == "localhost"
    assert checked_host("https://api.example.org") == "api.example.org"


def test_nobody_there_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(Unreachable) as trouble:
        Outbound(f"http://127.0.0.1:{port}").ask("GET", f"http://127.0.0.1:{port}/")
    assert not trouble.value.permanent


def test_a_server_that_sends_a_byte_now_and_then_does_not_hold_us() -> None:
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            line, _ = listening.accept()
            with line:
                line.recv(4096)
                line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
                while not over.wait(0.05):
                    try:
                        line.sendall(b"x")
                    except OSError:
                        return

        server = threading.Thread(target=drip)
        server.start()
        base = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with pytest.raises(Unreachable):
            Outbound(base, timedelta(seconds=0.5)).ask("GET", base + "/")
        over.set()
        server.join()


def test_a_redirect_is_not_followed(talker: Any) -> None:
    talker.says = lambda _: (307, {"Location": talker.base + "/elsewhere", "Content-Length": "0"}, b"")
    with pytest.raises(GarbledAnswer):
        Outbound(talker.base).ask("GET", talker.base + "/")
    assert [asked.path for asked in talker.asked] == ["/"]


def test_no_more_is_read_than_was_agreed(talker: Any) -> None:
    talker.says = lambda _: (200, {}, b"x" * 101)
    assert len(Outbound(talker.base).ask("GET", talker.base + "/", most=101).body) == 101
    with pytest.raises(GarbledAnswer):
        Outbound(talker.base).ask("GET", talker.base + "/", most=100)


def test_we_ask_for_nothing_packed(talker: Any) -> None:
    talker.says = lambda _: (200, {}, b"")
    Outbound(talker.base).ask("GET", talker.base + "/")
    assert talker.asked[0].headers["accept-encoding"] == "identity"


def test_an_address_that_is_none_is_unreachable() -> None:
    with pytest.raises(Unreachable):
        Outbound("http://127.0.0.1:1").ask("GET", "http://127.0.0.1:1/\0")
