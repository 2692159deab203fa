"""A writer with many lives, each ended by kill -9 at a random moment, and what it has acknowledged in all of them."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Self

from pydantic import SecretStr

from sealgate.app import running
from sealgate.drills import writing
from sealgate.settings import Settings, load

PROGRAM = [sys.executable, "-m", "sealgate.drills.writing"]


@dataclass
class Lives:
    """One writer with all its lives, and what they have acknowledged."""

    settings: Settings
    began: datetime
    acknowledged: set[str] = field(default_factory=set)
    kills: int = 0
    process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("SEALGATE_")}
        given = {"SEALGATE_DATA": str(self.settings.data), "SEALGATE_KEYS": str(self.settings.keys), **_more(self.settings)}
        command = [*PROGRAM, self.began.isoformat()]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**kept, **given}
        )
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process is not None
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=60)
        self.output.close()

    @property
    def output(self) -> IO[str]:
        assert self.process is not None
        assert self.process.stdout is not None
        return self.process.stdout

    def live_and_die(self, dice: random.Random, things: int) -> None:
        """One life of so many things done, and then a moment more: the kill meets it anywhere."""
        assert self.process is not None
        assert self.process.stdin is not None
        self.process.stdin.write(f"{dice.randrange(1 << 30)}\n")
        self.process.stdin.flush()
        pid = int(self.output.readline().split()[1])
        for _ in range(things):
            self._note(self.output.readline())
        time.sleep(dice.random() * 0.03)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        while (line := self.output.readline()).strip() != "gone":
            assert line, "the writer ended by itself"
            if line.endswith("\n"):
                self._note(line)
        self.kills += 1

    def _note(self, line: str) -> None:
        assert not line.startswith("fault"), line
        self.acknowledged.update(line.split())


def _more(settings: Settings) -> dict[str, str]:
    """What the settings say of the database and of backups, as the environment says it."""
    found = {}
    for name in Settings.model_fields:
        if name.startswith(("backup_", "database")) and (value := getattr(settings, name)) not in {None, ""}:
            text = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
            found[f"SEALGATE_{name.upper()}"] = text
    return found


def check(lives: Lives) -> writing.Found:
    """Everything that was acknowledged against what is there."""
    clock = writing.FastClock(lives.began)
    with running(lives.settings, faces=None, plates=None, clock=clock, publishes=False) as program:
        return writing.found(program.house, lives.acknowledged)


def new_lives(home: Path, **given: object) -> Lives:
    settings, began = load(data=home / "data", keys=home / "keys", **given), datetime.now(UTC)
    writing.prepare(settings, began)
    return Lives(settings, began)
