"""The garage's program as somebody sees it who pulls its plug: commanded, killed at certain instants, started again."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from multiprocessing.connection import Connection, Listener
from pathlib import Path
from signal import SIGKILL
from threading import Timer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.soak.world import World

SCRIPT = Path(__file__).with_name("garage_server.py")


class Killed(Exception):
    """The program was killed while it worked; a new one runs. Nobody knows whether the work was done."""


class SaidNo(Exception):
    """The program refused, with this code."""


class Server:
    """The program: commanded, asked back by, killed at certain instants, and started again."""

    def __init__(self, folder: Path, world: World, kills: Sequence[datetime]) -> None:
        self._folder, self._world, self._due = folder, world, list(kills)
        self._listener = Listener(str(folder / "line"), family="AF_UNIX")
        self._process: subprocess.Popen[bytes] | None = None
        self._line: Connection | None = None
        self.killed = self.commands = 0

    def start(self) -> None:
        self._process = subprocess.Popen([sys.executable, str(SCRIPT), str(self._folder / "line"), str(self._folder)])
        self._line = self._listener.accept()
        self._line.send(self._world.clock.now())
        assert self._line.recv() == ("ready", None)

    def stop(self) -> None:
        if self._line is not None and self._process is not None:
            with suppress(OSError):
                self._line.send(None)
            self._process.wait(30)
            self._line.close()
        self._listener.close()

    def do(self, name: str, *words: Any) -> Any:
        """Raises `Killed` or `SaidNo`."""
        self.commands += 1
        assert self._line is not None
        assert self._process is not None
        to_die = bool(self._due) and self._world.clock.now() >= self._due[0]
        between = to_die and self.killed % 2 == 1
        timer = Timer(self._world.dice.uniform(0, 0.02), self._process.kill)
        try:
            self._line.send((self._world.clock.now(), name, words))
            if to_die and not between:
                timer.start()
            return self._answer(self._line, self._process, dies_between=between)
        except (EOFError, OSError):
            self._begin_anew()
            raise Killed from None
        finally:
            timer.cancel()

    def surely(self, name: str, *words: Any) -> Any:
        """What may be asked twice. Raises `SaidNo`."""
        while True:
            with suppress(Killed):
                return self.do(name, *words)

    def _answer(self, line: Connection, process: subprocess.Popen[bytes], *, dies_between: bool) -> Any:
        while True:
            kind, *rest = line.recv()
            if kind == "done":
                return rest[0]
            if kind == "refused":
                raise SaidNo(rest[0])
            answer = self._world.asked(*rest)
            if dies_between:
                process.kill()
            line.send(answer)

    def _begin_anew(self) -> None:
        assert self._process is not None
        assert self._line is not None
        assert self._process.wait(30) == -SIGKILL, "the program ended by itself"
        self._line.close()
        self._due.pop(0)
        self.killed += 1
        self.start()
