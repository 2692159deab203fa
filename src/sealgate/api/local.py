"""A socket in the keys folder, by which the command line speaks to a running program about its keys.

Whoever can open it may as well read the root key file beside it: the folder is ours alone (mode 0700), so is the socket
(0600), and the kernel says who is at the other end. A question is one line of JSON, the answer several: progress, then one
result.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import socketserver
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any, cast

from sealgate.domain.errors import Fault, Invalid, Refused
from sealgate.flows.keydesk import Answer, Asked, Desk
from sealgate.ports import Unreachable

log = logging.getLogger("sealgate.local")
MOST = 65_536
LONGEST_PATH = 100
"""Bytes of a socket's path that every kernel takes."""


def socket_path(keys_folder: Path) -> Path:
    return keys_folder.absolute() / "serve.sock"


class _Handler(socketserver.StreamRequestHandler):
    timeout = 30.0

    def handle(self) -> None:
        server = cast("_Server", self.server)
        if not _is_us(self.connection):
            return
        try:
            line = self.rfile.readline(MOST + 1)
            if not line:  # somebody looked whether we are here
                return
            self._say({"done": server.desk.answer(_read(line), self._progress)})
        except (Refused, Fault) as error:
            self._say({"error": {"code": error.code, "message": str(error), "hint": error.hint}})
        except Exception:
            log.exception("a question about keys broke off")
            self._say({"error": {"code": Fault.code, "message": "that did not work; the log says more", "hint": ""}})

    def _progress(self, done: int, of: int) -> None:
        self._say({"progress": [done, of]})

    def _say(self, what: dict[str, Any]) -> None:
        with suppress(OSError):  # nobody listens any more: what was begun is done to its end all the same
            self.wfile.write(json.dumps(what).encode() + b"\n")


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    desk: Desk


def _is_us(connection: socket.socket) -> bool:
    """Linux tells who connected; where a system does not, the socket's mode has to do."""
    if not hasattr(socket, "SO_PEERCRED"):
        return True
    size = struct.calcsize("3i")
    _, uid, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
    return uid in {0, os.geteuid()}


def _read(line: bytes) -> Asked:
    try:
        asked = json.loads(line) if len(line) <= MOST else None
    except (ValueError, RecursionError):
        asked = None
    if not isinstance(asked, dict):
        raise Invalid("not a question")
    return asked


@contextmanager
def answering(desk: Desk, path: Path) -> Iterator[None]:
    """Answer at that path until the body ends. A socket that a killed program left is taken over: the data folder's lock says
    that nobody else runs here. Where the path is too long nobody is answered, and the log says so."""
    if len(os.fsencode(path)) > LONGEST_PATH:
        log.warning("%s is too long for a socket: keys are changed while the program is stopped", path)
        yield
        return
    path.unlink(missing_ok=True)
    before = os.umask(0o177)
    try:
        server = _Server(str(path), _Handler)
    finally:
        os.umask(before)
    server.desk = desk
    thread = Thread(target=server.serve_forever, args=(0.2,), name="keys", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
        path.unlink(missing_ok=True)


def is_answered(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as sock:
        try:
            sock.connect(str(path))
        except OSError:
            return False
        return True


def ask(path: Path, asked: Asked, told: Callable[[int, int], object]) -> Answer:
    """The running program's answer. Raises what it was refused with, under the same code; `Unreachable`."""
    with socket.socket(socket.AF_UNIX) as sock:
        try:
            sock.connect(str(path))
            sock.sendall(json.dumps(asked).encode() + b"\n")
            for line in sock.makefile("rb"):
                said: dict[str, Any] = json.loads(line)
                if "progress" in said:
                    told(*said["progress"])
                elif "error" in said:
                    raise _refusal(**said["error"])
                else:
                    return cast("Answer", said["done"])
        except (OSError, ValueError) as error:
            raise Unreachable(f"{path}: {type(error).__name__}") from None
    raise Unreachable("the running program hung up")


def _refusal(code: str, message: str, hint: str) -> Refused:
    refused = Refused(message, hint=hint)
    refused.code = code
    return refused
