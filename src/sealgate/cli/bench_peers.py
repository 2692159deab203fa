"""`sealgate bench peers`: others' readers and searches beside ours, in one run, on the same pictures and queries."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sealgate.cli import progress
from sealgate.cli.bench_sets import BadSet, Figures
from sealgate.cli.peers import contest
from sealgate.cli.peers.contest import Asking, Step
from sealgate.cli.peers.environment import FACES, MATCH, PLATES, Environment, NoEnvironment, NotInstalled, Peer
from sealgate.cli.peers.outside import PeerFailed
from sealgate.domain.errors import Refused

HEADS = ("", "who", "n", "EER\nexact\nnearest", "FNMR at 1e-3\nfolded\nof known", "CPU ms\np50", "wall ms\np50")
SHARES = {"faces": ("eer", "fnmr_at_fmr_1e-3"), "plates": ("exact", "folded"), "match": ("nearest", "nearest_known")}

AWAY = {NotInstalled.code: "not installed", PeerFailed.code: "broke off"}


@dataclass(frozen=True, slots=True)
class Round:
    """One set, whoever takes part, and how one of them is asked."""

    kind: str
    of: str
    many: int
    peers: tuple[Peer, ...]
    ask: Callable[[Asking, Peer, Step], Figures]


@dataclass(frozen=True, slots=True)
class Wanted:
    """`most` pictures of each set, 0 for all; a search among `size` templates, 0 for none."""

    faces: Sequence[Path] = ()
    plates: Sequence[Path] = ()
    size: int = 100_000
    queries: int = 200
    most: int = 0

    def rounds(self, work: Path) -> list[Round]:
        """Every set is read before anything is installed. Raises `BadSet`."""
        if self.size == 1:
            raise BadSet("a search for the two nearest needs two templates")
        found = [self._faces(file) for file in self.faces] + [self._plates(file) for file in self.plates]
        if self.size:
            found.append(self._match(work))
        if not found:
            raise BadSet("nothing to compare: name a set of faces or plates, or a size of gallery")
        return found

    def _faces(self, file: Path) -> Round:
        of = contest.face_set(file, self.most)
        return Round("faces", of.name, len(of.files), FACES, lambda a, p, step: contest.faces(a, p, of, step))

    def _plates(self, file: Path) -> Round:
        of = contest.plate_set(file, self.most)
        return Round("plates", of.name, len(of.files), PLATES, lambda a, p, step: contest.plates(a, p, of, step))

    def _match(self, work: Path) -> Round:
        of = contest.search(work, self.size, self.queries)
        return Round("match", f"{self.size:,}", len(of.nearest), MATCH, lambda a, p, step: contest.match(a, p, of, step))


@dataclass(slots=True)
class Contest:
    """Everybody is installed first; whoever cannot be is told as such in each of their rows."""

    asking: Asking
    told: progress.Told
    away: dict[tuple[str, ...], Refused] = field(default_factory=dict)

    def install(self, rounds: Sequence[Round]) -> None:
        peers = {peer.packages: peer for one in rounds for peer in one.peers if not peer.ours}
        for peer in peers.values():
            counted = _Counted(self.told, f"install {peer.name}", 0)
            try:
                self.asking.environment.install(peer, counted)
            except NotInstalled as refusal:
                self.away[peer.packages] = refusal

    def rows(self, rounds: Sequence[Round]) -> Iterator[dict[str, Any]]:
        for one in rounds:
            for peer in one.peers:
                yield {"kind": one.kind, "set": one.of, "who": peer.name, **self._row(one, peer)}

    def _row(self, one: Round, peer: Peer) -> dict[str, Any]:
        refusal = self.away.get(peer.packages)
        if refusal is None:
            try:
                return one.ask(self.asking, peer, _Counted(self.told, f"{one.of}: {peer.name}", one.many))
            except PeerFailed as failed:
                refusal = failed
        return {"error": {"code": refusal.code, "message": str(refusal), "hint": refusal.hint}}


@dataclass(slots=True)
class _Counted:
    """One step more of something; of how many is not known where `whole` is 0."""

    told: progress.Told
    what: str
    whole: int
    done: int = 0

    def __call__(self) -> None:
        self.done += 1
        self.told(self.what, self.done, max(self.whole, self.done))


def measure(wanted: Wanted, folder: Path | None, told: progress.Told) -> dict[str, Any]:
    """In a temporary folder unless one is given, which is kept for the next time. Raises `BadSet` and `NoEnvironment`."""
    with ExitStack() as rooms:
        work = Path(rooms.enter_context(tempfile.TemporaryDirectory(prefix="sealgate-peers-")))
        rounds = wanted.rounds(work)
        environment = Environment((folder or work / "environment").resolve())
        if environment.folder.exists() and not environment.folder.is_dir():
            raise NoEnvironment(f"{folder} is no folder")
        environment.make()
        one = Contest(Asking(environment, work), told)
        one.install(rounds)
        return {"rows": list(one.rows(rounds))}


def rows(result: dict[str, Any]) -> list[tuple[str, ...]]:
    return [_told(row) for row in result["rows"]]


def _told(row: dict[str, Any]) -> tuple[str, ...]:
    head = f"{row['kind']} {row['set']}"
    if "error" in row:
        return (head, row["who"], "-", AWAY[row["error"]["code"]], "", "", "")
    shares = ("-" if row[name] is None else f"{row[name]:.4f}" for name in SHARES[row["kind"]])
    who = " ".join((row["who"], *list(row["versions"].values())[:1]))
    return (head, who, str(row["n"]), *shares, str(row["cpu_ms_p50"]), str(row["ms_p50"]))


def away(result: dict[str, Any]) -> list[str]:
    """Who did not take part and why, once each; none where everybody did."""
    errors = [(row["who"], row["error"]) for row in result["rows"] if "error" in row]
    told = (f"{who}: {error['message']} ({error['code']})\n  {error['hint']}" for who, error in errors)
    return list(dict.fromkeys(told))
