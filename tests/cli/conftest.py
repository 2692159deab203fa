"""The real command line as a subprocess."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from time import monotonic
from typing import IO

import pytest

COMMAND = [sys.executable, "-c", "from sealgate.cli import main; main()"]
CLEAN = {key: value for key, value in os.environ.items() if not key.startswith("SEALGATE_")}


@dataclass
class Result:
    status: int
    out: str
    err: str


@dataclass
class Demo:
    """A running demo. `output` collects what it has printed."""

    process: subprocess.Popen[str]
    lines: Queue[str]
    output: list[str]

    def wait_for(self, pattern: str, seconds: float = 60) -> re.Match[str]:
        until = monotonic() + seconds
        for line in self.output:
            if found := re.search(pattern, line):
                return found
        while (left := until - monotonic()) > 0:
            try:
                line = self.lines.get(timeout=left)
            except Empty:
                break
            self.output.append(line)
            if found := re.search(pattern, line):
                return found
        raise AssertionError(f"{pattern!r} was not printed in {seconds} s: {''.join(self.output)}")

    def stop(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)


@pytest.fixture
def sealgate(tmp_path: Path) -> Callable[..., Result]:
    def run(*words: str | Path, env: dict[str, str] | None = None) -> Result:
        done = subprocess.run(
            [*COMMAND, *map(str, words)],
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
            cwd=tmp_path,
            env={**CLEAN, **(env or {})},
        )
        return Result(done.returncode, done.stdout, done.stderr)

    return run


def _drain(stream: IO[str], lines: Queue[str]) -> None:
    for line in stream:
        lines.put(line)


@contextmanager
def started(*words: str | Path) -> Iterator[Demo]:
    process = subprocess.Popen(
        [*COMMAND, *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**CLEAN, "PYTHONUNBUFFERED": "1"},
    )
    lines: Queue[str] = Queue()
    assert process.stdout is not None
    stream = process.stdout
    reader = Thread(target=_drain, args=(stream, lines), daemon=True)
    reader.start()
    try:
        yield Demo(process, lines, [])
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(60)
        reader.join(60)
        stream.close()


@pytest.fixture
def demo(tmp_path: Path) -> Callable[..., object]:
    def start(*words: str | Path) -> object:
        return started("demo", "--port", "0", *words)

    return start


@pytest.fixture
def serving() -> Callable[..., object]:
    """`sealgate serve` in a data folder, at a port of one's own: to be killed and started again."""

    def start(home: Path, port: int) -> object:
        return started("serve", "--data", home / "data", "--keys", home / "keys", "--port", str(port))

    return start
