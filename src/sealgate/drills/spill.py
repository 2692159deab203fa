"""The drill: copies, truth, attacks, results. With a control, the same attacks run first on a copy that leaks on purpose.

The surprising thing: the folder itself is never opened. It is copied once as a thief would have it, and once more with its
keys, to know what the thief must not find; both copies are gone afterwards.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pydantic import SecretStr

from sealgate.app import running
from sealgate.domain.errors import Fault
from sealgate.drills import documents, leaks, linking, reading
from sealgate.drills.guessing import guessing
from sealgate.drills.picturing import PICTURES, TEMPLATES, faces_by
from sealgate.drills.planted import Leak
from sealgate.drills.ports import ports_of
from sealgate.drills.provoking import errors_of
from sealgate.drills.scene import Attack, Count, Result, Scene, databases_in
from sealgate.drills.serving import SERVE, Server, served
from sealgate.drills.stranger import Address, addresses, addresses_of, left_by, written_by
from sealgate.drills.streams import size_of
from sealgate.drills.truth import Truth, taken_from
from sealgate.ports import FaceReader
from sealgate.settings import Settings

GUESSES = 20_000
DATABASE = "sealgate.sqlite"
SERVER_ATTACKS = 5
SHORTEST_SECRET = 8
_KEY_FILE = re.compile(rb"sealgate-root-1 ([0-9a-f]{64})")


class NotASite(Fault):
    """There is no database of ours in that folder."""

    code = "drill.no-site"


class OnlyFiles(Fault):
    """The drill reads files: of a site on PostgreSQL it cannot copy the pages."""

    code = "drill.postgres"


@dataclass(frozen=True, slots=True)
class Plan:
    """`guesses` are plates tried beside the known ones. `reader` finds faces; `face` is a picture of one, to plant. `also` are
    files and folders that a thief would take with it: a dump, backups, logs, an edge's disk. `words` are looked for beside what
    the vault knows, by their kinds: what was of somebody who is erased, for whom no vault answers any more.
    """

    control: bool = False
    guesses: int = GUESSES
    reader: FaceReader | None = None
    face: bytes | None = None
    also: tuple[Path, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Report:
    """`leaks` with whether each was found; none without a control."""

    results: tuple[Result, ...]
    leaks: tuple[tuple[Leak, bool], ...] = ()
    words: int = 0
    left_out: int = 0
    destroyed: int = 0
    bytes_read: int = 0
    seconds: float = 0.0

    @property
    def finds(self) -> int:
        return sum(result.finds for result in self.results)

    @property
    def planted_found(self) -> int:
        return sum(found for _leak, found in self.leaks)

    @property
    def passed(self) -> bool:
        return self.finds == 0 and self.planted_found == len(self.leaks)

    def as_json(self) -> dict[str, Any]:
        attacks = [{"name": result.name, "tries": result.tries, "finds": result.finds} for result in self.results]
        return {"attacks": attacks, "finds": self.finds, "planted": len(self.leaks), "planted_found": self.planted_found}


@dataclass
class Progress:
    """Who hears how far it has come: `step(attack)` before each attack, `told(what)` within it."""

    step: Callable[[str], None] = lambda _attack: None
    told: Callable[[str], None] = lambda _what: None


def drill(settings: Settings, plan: Plan, progress: Progress | None = None) -> Report:
    """Attack a copy of that site. Raises `NotASite`, `OnlyFiles`, `NoServer`, and what opening the vault raises."""
    progress, began = progress or Progress(), time.monotonic()
    if settings.database or settings.keys_database:
        raise OnlyFiles("the drill needs a site on SQLite", hint="Leave SEALGATE_DATABASE and SEALGATE_KEYS_DATABASE unset")
    if not (settings.data / DATABASE).is_file():
        raise NotASite(
            f"there is no sealgate.sqlite in {settings.data}", hint="Name the folder that `sealgate serve --data` has"
        )
    with ExitStack() as stack:
        home = Path(stack.enter_context(TemporaryDirectory(prefix="sealgate-drill-")))
        stolen = _stolen(settings.data, plan.also, home / "stolen")
        opened = _copied(settings, home / "opened")
        progress.step("opening the vault")
        truth = truth_of(opened, progress.told)
        truth.add(plan.words)
        every = addresses(opened)
        found = _controlled(settings, truth, every, plan, progress, home / "leaking") if plan.control else ()
        scene = Scene(stolen, databases_in(stolen, home / "thief", DATABASE), opened, truth, progress.told)
        results = _attacked(scene, every, plan, progress, home / "server")
        size = size_of(stolen)
    took = time.monotonic() - began
    return Report(results, found, len(truth.words), truth.left_out, truth.destroyed, size, took)


def truth_of(settings: Settings, told: Callable[[str], None] = lambda _what: None) -> Truth:
    with running(settings, faces=None, plates=None, publishes=False) as program:
        truth = taken_from(program.house, told)
    for name, secret in _secrets(settings):
        truth.secrets[secret] = name
    return truth


def _secrets(settings: Settings) -> Iterator[tuple[str, bytes]]:
    """What the settings hold that is nobody's to know; a root key as its 32 bytes."""
    if settings.passphrase is None and (found := _KEY_FILE.search(settings.key_file.read_bytes())):
        yield "the root key", bytes.fromhex(found[1].decode())
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr) and len(value.get_secret_value()) >= SHORTEST_SECRET:
            yield f"the setting {name}", value.get_secret_value().encode()


def _stolen(data: Path, also: Sequence[Path], to: Path) -> Path:
    """Every byte as it lies there, with the log of a database that is in use; and what else was taken."""
    shutil.copytree(data, to, symlinks=True)
    for number, path in enumerate(also):
        copy = to / "also" / f"{number} {path.name}"
        copy.parent.mkdir(exist_ok=True)
        if path.is_dir():
            shutil.copytree(path, copy, symlinks=True, ignore_dangling_symlinks=True)
        else:
            shutil.copy(path, copy)
    return to


def _copied(settings: Settings, to: Path) -> Settings:
    """A working copy with its keys. Of a database in use SQLite itself makes one whole."""
    to.mkdir(mode=0o700)
    shutil.copytree(settings.data, to / "data", ignore=shutil.ignore_patterns("sealgate.sqlite*", "LOCK"), symlinks=True)
    shutil.copytree(settings.keys_folder, to / "keys", ignore=shutil.ignore_patterns("keys.sqlite*"))
    for source, copy in (
        (settings.data / "sealgate.sqlite", to / "data" / "sealgate.sqlite"),
        (settings.keys_folder / "keys.sqlite", to / "keys" / "keys.sqlite"),
    ):
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as live,
            closing(sqlite3.connect(copy)) as made,
        ):
            live.backup(made)
    if settings.passphrase is None and not (to / "keys" / "root.key").exists():
        shutil.copy(settings.key_file, to / "keys" / "root.key")
    return settings.model_copy(update={"data": to / "data", "keys": to / "keys", "root_key_file": None, "port": 0})


def _controlled(
    settings: Settings, truth: Truth, every: Sequence[Address], plan: Plan, progress: Progress, home: Path
) -> tuple[tuple[Leak, bool], ...]:
    home.mkdir()
    opened = _copied(settings, home / "opened")
    root = next((secret for secret, name in truth.secrets.items() if name == "the root key"), b"")
    thief = leaks.Thief(truth, plan.face if plan.reader else None, root)
    with leaks.planted(opened.data, opened.keys_folder, thief) as planted:
        stolen = _stolen(opened.data, (), home / "stolen")
    scene = Scene(stolen, databases_in(stolen, home / "thief", DATABASE), opened, truth, progress.told)
    results = _attacked(scene, [*every, *leaks.OPEN_ADDRESSES], plan, progress, home / "server", leaking=True)
    shutil.rmtree(home)
    return tuple((leak, leak.is_found(results)) for leak in planted)


def _attacked(
    scene: Scene, every: Sequence[Address], plan: Plan, progress: Progress, home: Path, *, leaking: bool = False
) -> tuple[Result, ...]:
    """The server starts while the files are read."""
    prefix = "control: " if leaking else ""
    with served(scene.opened, home, leaks.LEAKING_SERVER if leaking else SERVE) as server:
        attacks = (*attacks_of(plan), *attacks_on(server, every))
        return tuple(_run(attack, scene, progress, prefix) for attack in attacks)


def attacks_of(plan: Plan) -> tuple[Attack, ...]:
    """All that need no server, in the order of the table."""
    looks = (faces_by(plan.reader),) if plan.reader else ()
    return (*reading.ATTACKS, *documents.ATTACKS, PICTURES, *looks, TEMPLATES, guessing(plan.guesses), *linking.ATTACKS)


def attacks_on(server: Server, every: Sequence[Address]) -> tuple[Attack, ...]:
    """All that call it. What it wrote and left is looked at last."""
    return addresses_of(server, every), errors_of(server, every), ports_of(server), written_by(server), left_by(server)


def _run(attack: Attack, scene: Scene, progress: Progress, prefix: str) -> Result:
    progress.step(f"{prefix}{attack.name}")
    count, began = Count(), time.monotonic()
    attack.run(scene, count)
    return Result(attack.name, attack.about, count.tries, count.finds, tuple(count.told), time.monotonic() - began)


def steps(plan: Plan) -> int:
    """How often `Progress.step` is called."""
    once = len(attacks_of(plan)) + SERVER_ATTACKS
    return 1 + (2 if plan.control else 1) * once
