"""Tariffs as the console keeps them: the text of the file, in force from a local day on.

The surprising thing: a version that was in force is never changed, not even by whoever wrote it; a bill of last March is
explained by the text of last March. What was not in force yet cannot be changed either: a later version stands before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sealgate.domain.calendar import local_day
from sealgate.domain.errors import Invalid, NotFound
from sealgate.domain.lots import Lot
from sealgate.domain.operators import Permission
from sealgate.domain.tariff_errors import NotInForce
from sealgate.domain.tariff_file import read_tariff
from sealgate.domain.tariff_model import Tariff
from sealgate.flows.kit import House, Signed
from sealgate.flows.lots import changed
from sealgate.store import parking
from sealgate.store.engine import Tx


class OtherName(Invalid):
    """A new version has the name of the tariff that it is a version of."""

    code = "tariff.other-name"


class DayPassed(Invalid):
    """Cars have come in by the rules of that day."""

    code = "tariff.day-passed"


@dataclass(frozen=True, slots=True)
class TariffLine:
    """One tariff: `now` is the day from which the text in force today holds, None where none is yet. `lots` use it."""

    name: str
    now: date | None
    coming: tuple[date, ...]
    versions: int
    lots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Version:
    since: date
    text: str
    added_at: datetime


def tariffs(house: House, signed: Signed, today: date) -> list[TariffLine]:
    """By name. `today` is the site's local day."""
    signed.need(Permission.PARKING)
    with house.store.read(signed.tenant) as db:
        rows, lots = parking.tariffs(db), [lot for lot in parking.lots(db) if signed.works_at(lot.site)]
    return [_line(name, rows, lots, today) for name in dict.fromkeys(row.name for row in rows)]


def versions(house: House, signed: Signed, name: str) -> list[Version]:
    """The newest first. Raises `NotFound`."""
    signed.need(Permission.PARKING)
    with house.store.read(signed.tenant) as db:
        rows = parking.tariffs(db, name)
    if not rows:
        raise NotFound("tariff")
    return [Version(row.since, str(row.document), row.added_at) for row in rows]


def save(house: House, signed: Signed, text: str, since: date, *, name: str = "") -> Tariff:
    """A new tariff, or a new version of the tariff `name`. Raises a kind of `BadTariff`, `OtherName`, `DayPassed`."""
    tariff = read_tariff(text)
    if name and tariff.name != name:
        raise OtherName("a version has the name of its tariff", field="name")
    if not tariff.in_force_on(since):
        raise NotInForce("the text itself says that it is not in force on that day", field="since")
    today = local_day(house.clock.now(), tariff.zone)

    def write(tx: Tx) -> Tariff:
        if parking.tariffs(tx, tariff.name) and since < today:
            raise DayPassed("a new version begins today or later", field="since")
        parking.add_tariff(tx, parking.TariffRow(tariff.name, since, text, house.clock.now()))
        return tariff

    return changed(house, signed, "tariff.saved", f"tariff:{tariff.name[:60]} since:{since}", write)


def _line(name: str, rows: Sequence[parking.TariffRow], lots: Sequence[Lot], today: date) -> TariffLine:
    days = sorted(row.since for row in rows if row.name == name)
    begun = [day for day in days if day <= today]
    return TariffLine(
        name=name,
        now=begun[-1] if begun else None,
        coming=tuple(day for day in days if day > today),
        versions=len(days),
        lots=tuple(lot.name for lot in lots if lot.tariff == name),
    )
