"""The drill: copies, truth, attacks, results. With a control, the same attacks run first on a copy that leaks on purpose.

The surprising thing: the folder itself is never opened. It is copied once as a thief would have it, and once more with its
keys, to know what the thief must not find; both copies are gone afterwards.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pydantic import SecretStr

from sealgate.app import running
from sealgate.domain.errors import Fault
from sealgate.drills import documents, leaks, linking, postgres, reading
from sealgate.drills.copying import DATABASE, copied, taken
from sealgate.drills.guessing import guessing
from sealgate.drills.picturing import PICTURES, TEMPLATES, faces_by
from sealgate.drills.planted import Leak, Words
from sealgate.drills.ports import ports_of
from sealgate.drills.provoking import errors_of
from sealgate.drills.rekeyed import faces_rekeyed, in_name_only
from sealgate.drills.scene import Attack, Count, Result, Scene, databases_in
from sealgate.drills.serving import SERVE, Server, served
from sealgate.drills.stranger import Address, addresses, addresses_of, left_by, written_by
from sealgate.drills.streams import size_of
from sealgate.drills.truth import Truth, taken_from
from sealgate.flows.rekeying import rekey_faces
from sealgate.ports import FaceReader
from sealgate.settings import Settings

GUESSES = 20_000
SERVER_ATTACKS = 5
SHORTEST_SECRET = 8
_KEY_FILE = re.compile(rb"sealgate-root-1 ([0-9a-f]{64})")


class NotASite(Fault):
    """There is no database of ours in that folder."""

    code = "drill.no-site"


class NoFiles(Fault):
    """Of a site on PostgreSQL the thief has the server's files too, so the drill has to be shown them."""

    code = "drill.no-files"


@dataclass(frozen=True, slots=True)
class Plan:
    """`guesses` are plates tried beside the known ones. `reader` finds faces; `face` is a picture of one, to plant. `also` are
    files and folders that a thief would take with it: a dump, backups, logs, an edge's disk. `words` are looked for beside what
    the vault knows, by their kinds: what was of somebody who is erased, for whom no vault answers any more. `scratch` is the
    address of an empty database, of whoever may make tables in it: where a site is on PostgreSQL, leaks are planted there.
    `calls` False starts no server and leaves out whoever would call it.
    """

    control: bool = False
    guesses: int = GUESSES
    reader: FaceReader | None = None
    face: bytes | None = None
    also: tuple[Path, ...] = ()
    scratch: str = field(default="", repr=False)
    words: Mapping[str, str] = field(default_factory=dict)
    calls: bool = True


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
    """Attack a copy of that site. Raises `NotASite`, `NoFiles`, `NoDump`, `NoServer`, and what opening the vault raises."""
    progress, began = progress or Progress(), time.monotonic()
    check(settings, plan)
    with ExitStack() as stack:
        home = Path(stack.enter_context(TemporaryDirectory(prefix="sealgate-drill-")))
        stolen = _stolen(settings.data, plan.also, home / "stolen")
        opened = copied(settings, home / "opened")
        progress.step("opening the vault")
        truth = truth_of(opened, progress.told)
        truth.add(plan.words)
        every = addresses(opened) if plan.calls else []
        found = _controlled(settings, truth, every, plan, progress, home / "leaking") if plan.control else ()
        if settings.database:
            postgres.dumped(settings.database, map(str, truth.tenants), stolen / "dump")
        scene = _scene(stolen, opened, home / "thief", truth, _server_files(plan), progress)
        results = _attacked(scene, every, plan, progress, home / "server")
        size = size_of(stolen)
    took = time.monotonic() - began
    return Report(results, found, len(truth.words), truth.left_out, truth.destroyed, size, took)


def check(settings: Settings, plan: Plan) -> None:
    """Raises `NotASite`, `NoFiles`."""
    if not settings.database and not (settings.data / DATABASE).is_file():
        raise NotASite(
            f"there is no sealgate.sqlite in {settings.data}", hint="Name the folder that `sealgate serve --data` has"
        )
    if settings.database and not any((path / "PG_VERSION").is_file() for path in plan.also):
        raise NoFiles("PostgreSQL's own files are missing", hint="Name the server's data folder, or a copy of it, with --also")
    if settings.database and plan.control and not plan.scratch:
        raise NoFiles("the control needs a place to leak in", hint="Name an empty database of the same server with --scratch")


def _scene(stolen: Path, opened: Settings, thief: Path, truth: Truth, files: str, progress: Progress) -> Scene:
    """Of a site on PostgreSQL the thief opens a dump of all rows: the working copy as it is before a server runs on it."""
    found = databases_in(stolen, thief, DATABASE)
    if DATABASE not in found:
        copy = thief / DATABASE
        shutil.copy(opened.data / DATABASE, copy)
        found = {DATABASE: copy, **found}
    return Scene(stolen, found, opened, truth, files, progress.told)


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
    taken(data, to)
    for number, path in enumerate(also):
        taken(path, to / "also" / f"{number} {path.name}")
    return to


def _server_files(plan: Plan) -> str:
    """Where PostgreSQL's folder lies among the stolen files; nowhere for a site on SQLite."""
    return next((f"also/{n} {path.name}" for n, path in enumerate(plan.also) if (path / "PG_VERSION").is_file()), "")


def _controlled(
    settings: Settings, truth: Truth, every: Sequence[Address], plan: Plan, progress: Progress, home: Path
) -> tuple[tuple[Leak, bool], ...]:
    home.mkdir()
    opened = copied(settings, home / "opened")
    root = next((secret for secret, name in truth.secrets.items() if name == "the root key"), b"")
    thief = leaks.Thief(truth, plan.face if plan.reader else None, root, plan.calls)
    with leaks.planted(opened.data, opened.keys_folder, thief) as rows:
        planted = [*rows, *(postgres.plant(plan.scratch, _server_files(plan), Words(truth)) if settings.database else ())]
        stolen = _stolen(opened.data, plan.also if settings.database else (), home / "stolen")
    if settings.database:
        postgres.dumped_whole(plan.scratch, stolen / "dump")
    scene = _scene(stolen, opened, home / "thief", truth, _server_files(plan), progress)
    results = _attacked(scene, [*every, *leaks.OPEN_ADDRESSES], plan, progress, home / "server", leaking=True)
    shutil.rmtree(home)
    return tuple((leak, leak.is_found(results)) for leak in planted)


def _attacked(
    scene: Scene, every: Sequence[Address], plan: Plan, progress: Progress, home: Path, *, leaking: bool = False
) -> tuple[Result, ...]:
    """The server starts while the files are read."""
    prefix = "control: " if leaking else ""
    if not plan.calls:
        return tuple(_run(attack, scene, progress, prefix) for attack in attacks_of(plan, leaking=leaking))
    with served(scene.opened, home, leaks.LEAKING_SERVER if leaking else SERVE) as server:
        attacks = (*attacks_of(plan, leaking=leaking), *attacks_on(server, every))
        return tuple(_run(attack, scene, progress, prefix) for attack in attacks)


def attacks_of(plan: Plan, *, leaking: bool = False) -> tuple[Attack, ...]:
    """All that need no server, in the order of the table."""
    looks = (faces_by(plan.reader),) if plan.reader else ()
    faces = (PICTURES, *looks, TEMPLATES, faces_rekeyed(in_name_only if leaking else rekey_faces))
    return (*reading.ATTACKS, *documents.ATTACKS, *faces, guessing(plan.guesses), *linking.ATTACKS)


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
    once = len(attacks_of(plan)) + (SERVER_ATTACKS if plan.calls else 0)
    return 1 + (2 if plan.control else 1) * once
