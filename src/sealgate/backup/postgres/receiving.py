"""`pg_receivewal` while it runs, and the log that it lays into a folder of ours.

The surprising thing: a file that is being received is as long as a whole one, and zero where nothing came yet. How far it is
good, only the server's slot says; what was flushed here was told there first.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from sealgate.backup.postgres.server import Shape
from sealgate.backup.postgres.tools import ToolFailed, program, said, whom
from sealgate.backup.shipping import Torn
from sealgate.store.faults import of_file

PAGE = 8192
_EMPTY = bytes(PAGE)
STOPPING = 20.0
PARTIAL = ".partial"


class Receiver:
    """One program with one folder. The thread that began it owns it."""

    def __init__(self, url: str, folder: Path) -> None:
        self._url, self._folder = url, folder
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None

    def begin(self, slot: str) -> None:
        """With an empty folder."""
        self.stop()
        try:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder.mkdir(parents=True, mode=0o700)
        except OSError as error:
            raise of_file(error) from error
        self._start(slot)

    def go_on(self, slot: str) -> None:
        """Start it again where it ended: the server was away. Raises `ToolFailed` with what it said, once for each end."""
        if self._process is None or self._process.poll() is None:
            return
        words = self._said()
        self.stop()
        self._start(slot)
        raise ToolFailed(f"pg_receivewal ended: {words}")

    def stop(self) -> None:
        if self._process is not None:
            if self._process.poll() is None:
                self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(timeout=STOPPING)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        if self._errors is not None:
            self._errors.close()
            self._errors = None

    def pages(self, start: int, end: int, shape: Shape) -> dict[int, bytes]:
        """The log from `start` up to `end`, positions in it, as pages by their number; pages of zeros are none. The first
        and the last are whole as far as they were received. Raises `Torn` where a file is missing."""
        found: dict[int, bytes] = {}
        first, last = start // PAGE, (end - 1) // PAGE
        each = shape.segment // PAGE
        for segment in range(first // each, last // each + 1):
            numbers = range(max(first, segment * each), min(last, segment * each + each - 1) + 1)
            data = self._read(name_of(shape, segment), numbers.start % each * PAGE, len(numbers) * PAGE)
            for at, number in enumerate(numbers):
                image = data[at * PAGE : (at + 1) * PAGE]
                if number * PAGE + PAGE > end:
                    image = image[: end - number * PAGE].ljust(PAGE, b"\0")
                if image != _EMPTY:
                    found[number] = image
        return found

    def forget(self, before: int, shape: Shape) -> None:
        """Take away the files that lie wholly before that position."""
        kept = name_of(shape, before // shape.segment)
        for path in self._files():
            if not path.name.endswith(PARTIAL) and path.name < kept:
                path.unlink(missing_ok=True)

    def size(self) -> int:
        return sum(path.stat().st_size for path in self._files())

    def away(self) -> None:
        """What another one lays there, who was first, stays."""
        if self._process is not None:
            self.stop()
            shutil.rmtree(self._folder, ignore_errors=True)

    def _files(self) -> Iterator[Path]:
        if self._folder.is_dir():
            yield from (path for path in self._folder.iterdir() if len(path.name.removesuffix(PARTIAL)) == 24)

    def _start(self, slot: str) -> None:
        asks, environment = whom(self._url)
        options = [
            "--synchronous",
            "--no-loop",
            "--no-password",
            "--status-interval",
            "1",
            "--slot",
            slot,
            "-D",
            str(self._folder),
        ]
        errors = (self._folder / "said").open("w+b")
        self._errors = errors
        self._process = subprocess.Popen([program("pg_receivewal"), *asks, *options], env=environment, stderr=errors)

    def _said(self) -> str:
        if self._errors is None:
            return ""
        self._errors.seek(0)
        return said(self._errors.read().decode("utf-8", "replace"))

    def _read(self, name: str, where: int, length: int) -> bytes:
        """A file that is whole meanwhile has lost the end of its name between two looks."""
        for path in (self._folder / name, self._folder / (name + PARTIAL), self._folder / name):
            try:
                with path.open("rb") as file:
                    file.seek(where)
                    return file.read(length).ljust(length, b"\0")
            except FileNotFoundError:
                continue
            except OSError as error:
                raise of_file(error) from error
        raise Torn(f"{name} was not received")


def name_of(shape: Shape, segment: int) -> str:
    """The name that PostgreSQL gives to a file of its log."""
    each = (1 << 32) // shape.segment
    return f"{shape.timeline:08X}{segment // each:08X}{segment % each:08X}"
