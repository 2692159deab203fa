"""Which backups are kept, and taking away the others with what only they name.

The surprising thing: an object store that locks says no to us as to everybody; what it holds is counted, and goes another day.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sealgate.backup import pieces, points
from sealgate.backup.depots import Depot
from sealgate.backup.making import Place, Told, objects, untold
from sealgate.backup.points import Point
from sealgate.domain.errors import Invalid

FRESH = timedelta(hours=24)
"""What was put this lately may belong to a backup that is being made and has no point yet."""

_RULE = re.compile(r"\s*(?:(\d{1,4})\s*d)?\s*(?:(\d{1,3})\s*w)?\s*(?:(\d{1,3})\s*m)?\s*")


class BadRule(Invalid):
    """Not a rule such as `14d 8w 12m`: days, weeks, months."""

    code = "backup.bad-rule"


@dataclass(frozen=True, slots=True)
class Keep:
    """Every point of the last `days`, with the log between them; of the `weeks` and `months` before the newest of each."""

    days: int = 14
    weeks: int = 8
    months: int = 12

    @classmethod
    def parse(cls, text: str) -> Keep:
        """Raises `BadRule`."""
        found = _RULE.fullmatch(text)
        if found is None or not found[1] or int(found[1]) < 1:
            raise BadRule(f"{text!r} is no rule such as 14d 8w 12m", field="keep")
        return cls(*(int(part or 0) for part in found.groups()))

    def is_recent(self, point: Point, now: datetime) -> bool:
        return now - point.at <= timedelta(days=self.days)

    def of(self, made: Sequence[Point], now: datetime) -> list[Point]:
        """Of the points, newest first, those that are kept. The newest always is."""
        kept = made[:1]
        weeks: set[tuple[int, ...]] = set()
        months: set[tuple[int, ...]] = set()
        for point in made:
            week, month = point.at.isocalendar()[:2], (point.at.year, point.at.month)
            new_week, new_month = (
                week not in weeks and len(weeks) < self.weeks,
                month not in months and len(months) < self.months,
            )
            if self.is_recent(point, now) or new_week or new_month:
                kept = [*kept, point] if point not in kept else kept
            if new_week:
                weeks.add(week)
            if new_month:
                months.add(month)
        return list(kept)


@dataclass(slots=True)
class Pruned:
    """`held` objects are locked still."""

    points: int = 0
    kept: int = 0
    objects: int = 0
    bytes: int = 0
    held: int = 0


def prune(to: Place, keep: Keep, now: datetime, *, dry: bool = False, told: Told = untold) -> Pruned:
    """Take away what the rule does not keep; `dry` only counts. Raises `Unreachable`, `NoSuchObject` for a damaged point."""
    done = Pruned()
    made = list(points.points(to.depot, to.safe))
    kept = keep.of(made, now)
    wanted = {name for point in kept for name in objects(to, point)}
    lately = [point for point in kept if point is kept[0] or keep.is_recent(point, now)]
    wanted |= _logged_pictures(to, lately)
    gone = [point for point in made if point not in kept]
    done.kept, done.points = len(kept), len(gone)
    _delete(to.depot, [(point.name, 0) for point in gone], done, dry=dry)
    old = now - FRESH
    for prefix in ("chunks/", "pictures/"):
        unused = [(one.name, one.size) for one in to.depot.names(prefix) if one.name not in wanted and one.at < old]
        _delete(to.depot, unused, done, dry=dry, told=told)
    _delete(to.depot, list(_pieces(to, lately, old)), done, dry=dry, told=told)
    return done


def _logged_pictures(to: Place, kept: Sequence[Point]) -> set[str]:
    """Pictures that pieces of the log name, of every log behind these points."""
    found = set()
    for log, seq in _logs(kept).items():
        for piece in pieces.along(to.depot, to.safe, log, seq):
            found |= {to.safe.picture(name) for name in piece.pictures}
    return found


def _logs(kept: Sequence[Point]) -> dict[str, int]:
    """Each log with the number behind which the oldest of these points needs it."""
    found: dict[str, int] = {}
    for point in kept:
        if point.log:
            found[point.log] = min(point.seq, found.get(point.log, point.seq))
    return found


def _pieces(to: Place, kept: Sequence[Point], old: datetime) -> Iterable[tuple[str, int]]:
    """Pieces that no recent point lies before: what was between older points is not kept."""
    needed = _logs(kept)
    for one in to.depot.names(pieces.FOLDER):
        log, seq = one.name.split("/")[1], pieces.number_of(one.name)
        if one.at < old and (log not in needed or seq is None or seq <= needed[log]):
            yield one.name, one.size


def _delete(depot: Depot, names: list[tuple[str, int]], done: Pruned, *, dry: bool, told: Told = untold) -> None:
    for number, (name, size) in enumerate(names, 1):
        if dry or depot.delete(name):
            done.objects += 1
            done.bytes += size
        else:
            done.held += 1
        told("pruning", number, len(names))
