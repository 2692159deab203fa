"""Reading every byte of a backup back, and opening it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

from sealgate.backup import pieces, points
from sealgate.backup.depots import NoSuchObject
from sealgate.backup.making import Place, Told, objects, untold
from sealgate.backup.points import Point
from sealgate.backup.putting import ID_BYTES, listed
from sealgate.backup.safe import chunk_name

MOST_TOLD = 20
AT_ONCE = 8


@dataclass(slots=True)
class Verified:
    """`bytes` were read and opened; `lost` are names of what is missing or does not open."""

    points: int = 0
    objects: int = 0
    pieces: int = 0
    bytes: int = 0
    strangers: int = 0
    lost: list[str] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        return not self.lost


def verify(to: Place, *, told: Told = untold) -> Verified:
    """Every point, everything that it names, and every piece of the logs behind them. Raises `Unreachable`."""
    found = Verified()
    known, seen = [], set[str]()
    for name in points.names(to.depot):
        try:
            known.append(points.read(to.depot, to.safe, name))
        except NoSuchObject:
            found.strangers += 1
    found.points = len(known)
    if found.strangers and not known:
        found.lost.append("every point: none opens with this key")
    wanted: list[Callable[[], int]] = []
    for point in known:
        wanted += _of_point(to, point, seen, found)
    _read_all(wanted, found, told)
    for log in {point.log for point in known if point.log}:
        _log(to, log, [point.seq for point in known if point.log == log], found)
    return found


def _of_point(to: Place, point: Point, seen: set[str], found: Verified) -> Iterator[Callable[[], int]]:
    try:
        ids = {chunk_name(one): one for file in point.files for one in listed(to.depot, to.safe, file.parts, ID_BYTES)}
        ids |= {chunk_name(one): one for file in point.files for one in file.parts}
        ids |= {chunk_name(one): one for one in point.pictures}
        names = [*objects(to, point)]
    except NoSuchObject as error:
        found.lost.append(f"{error} of {point.name}")
        return
    for name in names:
        if name not in seen:
            seen.add(name)
            yield partial(_chunk, to, ids[name]) if name in ids else partial(_object, to, name)


def _chunk(to: Place, chunk: bytes) -> int:
    return len(to.safe.chunk(to.depot, chunk))


def _object(to: Place, name: str) -> int:
    return len(to.safe.read(to.depot, name))


def _read_all(wanted: list[Callable[[], int]], found: Verified, told: Told) -> None:
    def read(work: Callable[[], int]) -> tuple[int, str]:
        try:
            return work(), ""
        except NoSuchObject as error:
            return 0, str(error)

    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="verify") as threads:
        for number, (size, lost) in enumerate(threads.map(read, wanted), 1):
            found.objects += 1
            found.bytes += size
            if lost:
                found.lost.append(lost)
            told("objects", number, len(wanted))


def _log(to: Place, log: str, seqs: list[int], found: Verified) -> None:
    """Without a gap from the newest point that it lies behind to its last piece; what is before that may have been pruned."""
    there = [number for number, _ in pieces.names(to.depot, log)]
    if not there:
        return
    seq = max(min(seqs), min(there) - 1)
    if seq > max(seqs):
        found.lost.append(f"log {log} behind piece {max(seqs)}")
        return
    for piece in pieces.along(to.depot, to.safe, log, seq):
        seq = piece.seq
        found.pieces += 1
        found.bytes += sum(map(len, piece.pages.values()))
        for picture in piece.pictures:
            try:
                found.bytes += _object(to, to.safe.picture(picture))
            except NoSuchObject as error:
                found.lost.append(str(error))
    if max(there) > seq:
        found.lost.append(f"log {log} behind piece {seq}")
