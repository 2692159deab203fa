"""Openings by hand at the lanes of a site: who opened what when, and why.

The surprising thing: the page shows the newest and counts them all, a file has them all. They are read a page at a time, each
in a transaction of its own, so a list of a hundred thousand openings needs no more memory than one of five hundred.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime

from sealgate.domain.approvals import Kind
from sealgate.domain.calendar import local_day
from sealgate.domain.ids import GateId
from sealgate.domain.operators import Permission
from sealgate.flows import approving
from sealgate.flows.approving import Wanted
from sealgate.flows.kit import House, Signed, unseal
from sealgate.flows.parking_scene import detail_place
from sealgate.flows.reporting import Asking, Span, span_of
from sealgate.privacy import journal
from sealgate.store import parking, places
from sealgate.store.engine import Reader
from sealgate.store.parking import reports
from sealgate.vault.errors import KeyDestroyed

MOST_SHOWN = 1000
AT_A_TIME = 500


@dataclass(frozen=True, slots=True)
class ForcedLine:
    """`at` is on the clocks of the site. `by` and `why` are empty where the day's key is destroyed."""

    at: datetime
    gate: str
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class Openings:
    """The newest lines, and how many there were in all on each day."""

    lines: tuple[ForcedLine, ...]
    by_day: Counter[date]

    @property
    def cut(self) -> bool:
        return len(self.lines) < self.by_day.total()


@dataclass(frozen=True, slots=True)
class _Place:
    """Where to look: the lanes of the lots that were asked for."""

    asking: Asking
    span: Span
    gates: dict[GateId, str]


def forced(house: House, signed: Signed, asking: Asking) -> Openings:
    """The newest first, as many as a page shows. That somebody looked is journaled."""
    signed.need(Permission.SEE_REPORTS)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        place = _place(tx, asking)
        lines = tuple(_line(house, tx, place, row) for row in _rows(tx, place, MOST_SHOWN))
        by_day = Counter(local_day(at, place.span.tz) for at in _instants(tx, place))
        journal.write(tx, house.keyring, house.clock.now(), "forced.listed", object=f"site:{asking.site}")
    return Openings(lines, by_day)


def every_forced(house: House, signed: Signed, asking: Asking, purpose: str) -> Iterator[ForcedLine]:
    """All of them, newest first, read as they are asked for; to be taken along, with the names of operators.

    Right, journal entry and approval come before the first line. Raises `PurposeNeeded`, `NeedsSecond`.
    """
    signed.need(Permission.SEE_REPORTS)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        place = _place(tx, asking)
        why = approving.cleared(house, tx, signed, _wanted(asking, len(_instants(tx, place))), purpose)
        journal.write(tx, house.keyring, house.clock.now(), "forced.taken", object=f"site:{asking.site}", purpose=why)
    return _pages(house, signed, place)


def forced_wanted(house: House, signed: Signed, asking: Asking) -> Wanted:
    """What a file of them is, for whoever has to agree to it."""
    signed.need(Permission.SEE_REPORTS)
    with house.store.read(signed.tenant) as db:
        return _wanted(asking, len(_instants(db, _place(db, asking))))


def _wanted(asking: Asking, rows: int) -> Wanted:
    thing = f"forced:{asking.site}:{asking.since}:{asking.until}:{asking.lot or ''}"
    return Wanted(Kind.FORCED, thing, rows, asking.site)


def _instants(db: Reader, place: _Place) -> list[datetime]:
    return reports.forced_at(db, place.asking.site, list(place.gates), place.span.since, place.span.until)


def _pages(house: House, signed: Signed, place: _Place) -> Iterator[ForcedLine]:
    last: reports.Opened | None = None
    while True:
        with house.store.read(signed.tenant) as db:
            rows = _rows(db, place, AT_A_TIME, last)
            lines = [_line(house, db, place, row) for row in rows]
        yield from lines
        if len(rows) < AT_A_TIME:
            return
        last = rows[-1]


def _place(db: Reader, asking: Asking) -> _Place:
    span = span_of(db, asking)
    names = {row.gate: row.name for row in places.gates(db, asking.site)}
    lanes = [gate for lot in span.names for gate, _ in parking.lanes_of(db, lot)]
    return _Place(asking, span, {gate: names[gate] for gate in lanes})


def _rows(db: Reader, place: _Place, limit: int, after: reports.Opened | None = None) -> list[reports.Opened]:
    span = place.span
    return reports.forced(db, place.asking.site, list(place.gates), span.since, span.until, limit, after)


def _line(house: House, db: Reader, place: _Place, row: reports.Opened) -> ForcedLine:
    at, gate = row.at.astimezone(place.span.tz), place.gates[row.gate]
    if row.detail is not None:
        with suppress(KeyDestroyed):
            what = unseal(house, detail_place(db.tenant, row.passage), row.detail)
            return ForcedLine(at, gate, str(what.get("by", "")), str(what.get("why", "")))
    return ForcedLine(at, gate, "", "")
