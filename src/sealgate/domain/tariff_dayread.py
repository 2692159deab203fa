"""The kinds of days that a tariff file names, and lists of such names where a band says when it holds."""

from __future__ import annotations

from dataclasses import dataclass, field

from sealgate.domain.tariff_days import EVERY_DAY, WEEKDAYS, DaySet
from sealgate.domain.tariff_errors import DoubleName, TariffTooLarge, UnknownName
from sealgate.domain.tariff_table import Table, weekdays_in

MOST_SETS = 40
MOST_DEPTH = 8


@dataclass
class Calendar:
    """Sets by name. `days` reads the keys `days` and `not_days` of any table."""

    tables: dict[str, Table] = field(default_factory=dict)
    _known: dict[str, DaySet] = field(default_factory=dict)

    def days(self, table: Table, key: str = "days") -> DaySet:
        some = self._sets(table, key, 0)
        none = self._sets(table, f"not_{key}", 0)
        if not some and not none:
            return EVERY_DAY
        return some[0] if len(some) == 1 and not none else DaySet(some=some, none=none)

    def named(self, name: str, table: Table, key: str, depth: int = 0) -> DaySet:
        weekdays = weekdays_in(name)
        if weekdays is not None:
            return DaySet(weekdays=weekdays)
        if name not in self.tables:
            raise table.trouble(UnknownName, key, f"{name!r} is neither a weekday nor one of [days]")
        if depth > MOST_DEPTH:
            raise table.trouble(UnknownName, key, f"{name!r} is defined by itself, or through more than {MOST_DEPTH} others")
        if name not in self._known:
            self._known[name] = self._read(self.tables[name], depth)
        return self._known[name]

    def _read(self, table: Table, depth: int) -> DaySet:
        found = DaySet(
            dates=table.dates("dates"),
            yearly=table.seasons("yearly"),
            some=self._sets(table, "any", depth + 1),
            every=self._sets(table, "all", depth + 1),
            none=self._sets(table, "none", depth + 1),
        )
        table.done()
        return found

    def _sets(self, table: Table, key: str, depth: int) -> tuple[DaySet, ...]:
        return tuple(self.named(name, table, key, depth) for name in table.names(key))


def read_calendar(root: Table) -> Calendar:
    """The table `[days]`; every set in it is read, used or not."""
    calendar = Calendar()
    table = root.table("days")
    if table is None:
        return calendar
    if len(table.data) > MOST_SETS:
        raise root.trouble(TariffTooLarge, "days", f"at most {MOST_SETS} kinds of days are read")
    for name in table.data:
        if weekdays_in(name) is not None or name in WEEKDAYS:
            raise table.trouble(DoubleName, name, "is a weekday already")
        inner = table.table(name)
        assert inner is not None
        calendar.tables[name] = inner
    for name, inner in calendar.tables.items():
        calendar.named(name, inner, "days")
    return calendar
