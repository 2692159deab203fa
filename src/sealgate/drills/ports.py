"""The attack on ports: everything that the server listens on is called, with what strangers send."""

from __future__ import annotations

import secrets
import socket
from contextlib import suppress

from sealgate.drills.reading import words_in
from sealgate.drills.scene import Attack, Count, Scene
from sealgate.drills.serving import Server, listening

PATIENCE = 60.0
"""Seconds; a server that was told all there is to say answers and closes at once."""

MOST_READ = 1 << 20

PROBES = (
    b"\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64),
    b"GET /\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"TRACE / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"CONNECT sealgate:5432 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /static/../../../../sealgate.sqlite HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    b"GET /static/%2e%2e/%2e%2e/sealgate.sqlite HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    b"GET /static/..%2f..%2fsealgate.sqlite HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    b"GET //etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    b"GET /blobs/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    b"GET /sealgate.sqlite HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 127.0.0.1\r\nX-Original-URL: /people\r\nConnection: close\r\n\r\n",
    b"GET /people HTTP/1.1\r\nHost: x\r\nCookie: sealgate=" + b"A" * 64 + b"\r\nConnection: close\r\n\r\n",
    b"GET /people HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer admin\r\nConnection: close\r\n\r\n",
    b"\x00\x00\x00\x08\x04\xd2\x16\x2f",  # PostgreSQL's request for TLS
    b"*1\r\n$4\r\nINFO\r\n",  # Redis
    secrets.token_bytes(256),
)


def ports_of(server: Server) -> Attack:
    def run(scene: Scene, count: Count) -> None:
        mine = int(server.address().rpartition(":")[2])
        for host, port in listening(server.process.pid):
            where = f"{host}:{port}"
            if port != mine:
                count.found(where, "a port that listens beside the console's")
            if not (host.startswith("127.") or host == "::1") and not server.address().startswith("https"):
                count.found(where, "a port that is open to the network without TLS")
            for probe in PROBES:
                count.tries += 1
                told = _spoken(host, port, probe)
                for what in words_in(scene.truth, told):
                    count.found(where, what)
                if b"SQLite format 3" in told or b"root:x:0" in told:
                    count.found(where, "a file of the machine")

    return Attack("ports", "Calls every port that the server listens on, with what strangers send.", run)


def _spoken(host: str, port: int, probe: bytes) -> bytes:
    told = bytearray()
    with suppress(OSError), socket.create_connection((host, port), timeout=PATIENCE) as line:
        line.sendall(probe)
        line.shutdown(socket.SHUT_WR)
        while len(told) < MOST_READ and (chunk := line.recv(65_536)):
            told += chunk
    return bytes(told)
