"""The drill for ransom: a site that is written to, lost in the middle of it and brought back; what was acknowledged and is not
there any more, and how long it took.

The surprising thing: the attacker has what the server has. He encrypts and deletes the data, and then everything in the backup
that the server's own credentials let him. Of a folder they let him everything, so he is shown a copy of it and it is said; a
bucket that locks is attacked itself.
"""

from __future__ import annotations

import random
import secrets
import shutil
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sealgate.app import backup_place, opened_keys, running
from sealgate.backup import reading
from sealgate.backup.depots import Depot
from sealgate.backup.folders import FolderDepot
from sealgate.backup.postgres import restoring, starting
from sealgate.domain.errors import Fault, Refused
from sealgate.drills import writing
from sealgate.drills.lives import Lives, new_lives
from sealgate.drills.own_server import OwnServer, own_server
from sealgate.settings import Settings, load

Told = Callable[[str, int, int], None]
DEMAND = b"Your files are encrypted."


@dataclass(frozen=True, slots=True)
class Tried:
    """One way to do away with the backup, how often it was tried and how often it took something away."""

    what: str
    tries: int
    succeeded: int


@dataclass(frozen=True, slots=True)
class Report:
    """`rpo` and `rto` are seconds: from the last commit that was brought back to the loss, 0 where nothing is missing; and from
    the attack to a site that stands again. `held` says that nothing which was tried took anything out of the backup."""

    database: str
    acknowledged: int
    lost: tuple[str, ...]
    whole: bool
    rpo: float
    rto: float
    restored_at: datetime
    pieces: int
    bytes: int
    place: str
    locks: bool
    tried: tuple[Tried, ...]

    @property
    def passed(self) -> bool:
        return not self.lost and self.whole

    @property
    def held(self) -> bool:
        return not any(one.succeeded for one in self.tried)

    def as_json(self) -> dict[str, Any]:
        return {
            "database": self.database,
            "acknowledged": self.acknowledged,
            "lost": len(self.lost),
            "lost_first": list(self.lost[:10]),
            "journal_whole": self.whole,
            "rpo_seconds": self.rpo,
            "rto_seconds": self.rto,
            "restored_at": self.restored_at.isoformat(),
            "pieces": self.pieces,
            "bytes": self.bytes,
            "place": self.place,
            "place_locks": self.locks,
            "backup_held": self.held,
            "tried": [{"what": one.what, "tries": one.tries, "succeeded": one.succeeded} for one in self.tried],
        }


def drill(home: Path, things: int, told: Told, *, postgres: bool = False, **given: object) -> Report:
    """In `home`, an empty folder; with `postgres` on a server that is made there, else on SQLite. `given` are settings of the
    place; a folder in `home` unless `backup_to` is among them. Raises `NoServer`."""
    place = {"backup_to": str(home / "elsewhere"), "backup_pace": "commit", "backup_patience": 60.0, **given}
    with ExitStack() as stack:
        server = None
        if postgres:
            home.chmod(0o711)
            server = stack.enter_context(own_server(home / "server"))
            place |= {"database": server.url, "backup_database": server.backup_url}
        lives = new_lives(home, **place)
        shutil.copytree(lives.settings.keys_folder, home / "keys-apart")  # keys are backed up apart, and later than these
        with lives:
            for done in range(0, things, 10):
                told("writing", done, things)
                lives.live_and_die(random.Random(), 10)  # noqa: S311 - moments, no secret
        lost_at = writing.FastClock(lives.began).now()
        shutil.rmtree(home / "keys-apart")
        shutil.copytree(lives.settings.keys_folder, home / "keys-apart")
        _destroy(lives.settings.data)
        _destroy(lives.settings.keys_folder)
        if server is not None:
            server.lost()
        return _brought_back(home, lives, lost_at, told, stack, server)


def _brought_back(
    home: Path, lives: Lives, lost_at: datetime, told: Told, stack: ExitStack, server: OwnServer | None
) -> Report:
    kept = {name: getattr(lives.settings, name) for name in Settings.model_fields if name.startswith("backup_")}
    settings = load(data=home / "again", keys=home / "keys-apart", **kept)
    with opened_keys(settings) as keyring:
        to = backup_place(settings, keyring, make=False)
        tried = _attacked(to.depot, home)
        began = time.monotonic()
        (home / "again").mkdir()
        restores = reading.restore if server is None else restoring.restore
        made = restores(to, home / "again", told=told)
    if server is not None:
        data, port = home / "again" / restoring.DATA, starting.free_port()
        starting.start(data, port, server.url)
        stack.callback(starting.stop, data)
        there = starting.local(server.url, port)
        settings = load(data=home / "again", keys=home / "keys-apart", database=there)
    clock = writing.FastClock(lives.began)
    with running(settings, faces=None, plates=None, clock=clock, publishes=False) as program:
        rto = time.monotonic() - began
        found = writing.found(program.house, lives.acknowledged)
    gap = (lost_at - made.at).total_seconds() / writing.FASTER
    rpo = 0.0 if not found.lost else round(max(gap, 0.001), 3)
    return Report(
        database="sqlite" if server is None else "postgres",
        acknowledged=len(lives.acknowledged),
        lost=found.lost,
        whole=found.whole,
        rpo=rpo,
        rto=round(rto, 2),
        restored_at=made.at,
        pieces=made.pieces,
        bytes=made.size,
        place="folder" if isinstance(to.depot, FolderDepot) else "bucket",
        locks=to.depot.locks,
        tried=tried,
    )


def _destroy(folder: Path) -> None:
    """As such programs do: every file written over with noise under another name, and the rest deleted."""
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        path.write_bytes(secrets.token_bytes(min(path.stat().st_size, 1 << 20)))
        path.rename(path.with_name(path.name + ".locked"))
    (folder / "READ-ME.txt").write_bytes(DEMAND)
    for path in list(folder.iterdir()):
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _attacked(depot: Depot, home: Path) -> tuple[Tried, ...]:
    """With the server's own credentials: each object written over, its lock shortened, and deleted."""
    victim = depot
    if isinstance(depot, FolderDepot):
        shutil.copytree(depot.address, home / "copy")
        victim = FolderDepot(home / "copy")
    names = [kept.name for prefix in ("points/", "chunks/", "log/", "pictures/") for kept in victim.names(prefix)]
    tried = [Tried("lock shortened", 1, int(_shorten(victim)))]
    for what, act in (("written over", _over), ("deleted", _delete)):
        tried.append(Tried(what, len(names), sum(act(victim, name) for name in names)))
    return tuple(tried)


def _over(depot: Depot, name: str) -> bool:
    before = list(depot.copies(name))
    if isinstance(depot, FolderDepot):
        Path(depot.address, name).write_bytes(DEMAND)
    else:
        with suppress(Fault, Refused):
            depot.put(name, DEMAND)
    return not set(before) <= set(depot.copies(name))


def _shorten(depot: Depot) -> bool:
    """Of an object that is put to be lost: a store that lets it happen would lose the others before we could tell."""
    name = f"chunks/00/{secrets.token_hex(32)}"
    depot.put(name, DEMAND, datetime.now(UTC) + timedelta(hours=1))
    before = depot.held_until(name)
    if before is None:
        return False
    with suppress(Fault, Refused):
        depot.hold(name, datetime.now(UTC) + timedelta(seconds=1))
    after = depot.held_until(name)
    return after is None or after < before


def _delete(depot: Depot, name: str) -> bool:
    with suppress(Fault, Refused):
        return depot.delete(name)
    return False
