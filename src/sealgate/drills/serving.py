"""A real server on the copy, as anybody would start it, for those who call from outside.

The surprising thing: nothing here has a time limit that a busy machine could reach. The server is started early, while the
files are read, and waited for where it is needed; what ends the waiting is its address or its end.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sealgate.domain.errors import Fault
from sealgate.settings import Settings

SERVE = "from sealgate.cli import main; main()"
STOPPING = 30.0


class NoServer(Fault):
    """The server on the copy did not start, so nobody can call it."""

    code = "drill.no-server"


@dataclass(frozen=True, slots=True)
class Server:
    """A running one, or one that starts. `log` is the file of all that it writes; `temporary` is where it may leave files."""

    process: subprocess.Popen[bytes]
    log: Path
    temporary: Path

    def address(self) -> str:
        """Where it is called; waits until it answers there. Raises `NoServer` where it ended instead."""
        while True:
            ended = self.process.poll() is not None
            text = self.log.read_text(errors="replace")
            if found := re.search(r"Console: (http\S+?)/\s", text):
                return found[1]
            if ended:
                raise NoServer("the server on the copy did not start", hint=text[-400:].strip())
            time.sleep(0.1)


@contextmanager
def served(settings: Settings, home: Path, program: str = SERVE) -> Iterator[Server]:
    """`sealgate serve` on that folder, on a free port; it is starting when this comes back. `home` is a new folder for its log
    and its temporary files."""
    words = ["serve", "--data", settings.data, "--keys", settings.keys_folder, "--host", "127.0.0.1", "--port", "0"]
    own = {name: value for name, value in os.environ.items() if not name.startswith("SEALGATE_")}
    if settings.passphrase is not None:
        own["SEALGATE_PASSPHRASE"] = settings.passphrase.get_secret_value()
    temporary, log = home / "temporary", home / "log"
    temporary.mkdir(parents=True)
    own |= {"PYTHONUNBUFFERED": "1", "TMPDIR": str(temporary), "SQLITE_TMPDIR": str(temporary)}
    with log.open("wb") as out:
        command = [sys.executable, "-c", program, *map(str, words)]
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env=own)
        try:
            yield Server(process, log, temporary)
        finally:
            process.terminate()
            try:
                process.wait(STOPPING)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def listening(pid: int) -> list[tuple[str, int]]:
    """Where a process listens, by what Linux says of it. Read until two looks agree: in a list that changes while it is read
    an entry may be passed over."""
    before: list[tuple[str, int]] | None = None
    while (now := _listening(pid)) != before:
        before = now
    return now


def _listening(pid: int) -> list[tuple[str, int]]:
    inodes = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            if found := re.fullmatch(r"socket:\[(\d+)\]", str(link.readlink())):
                inodes.add(found[1])
    made = []
    for name, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
        with suppress(OSError):
            for line in Path(f"/proc/{pid}/net/{name}").read_text().splitlines()[1:]:
                parts = line.split()
                if parts[3] == "0A" and parts[9] in inodes:
                    host, port = parts[1].split(":")
                    raw = b"".join(bytes.fromhex(host[at : at + 8])[::-1] for at in range(0, len(host), 8))
                    made.append((socket.inet_ntop(family, raw), int(port, 16)))
    return sorted(made)
