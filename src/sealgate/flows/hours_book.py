"""The book that everybody's days are derived by: shifts, rule sets, calendars and time zones, read whole.

China's calendar comes with the program, and a rule set `standard` holds until somebody writes one; a tenant's own of the
same name is taken in their place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import TypeVar
from zoneinfo import ZoneInfo

from sealgate.domain.attendance_calendar import Calendar, read_calendar
from sealgate.domain.attendance_errors import NoSuchCalendar
from sealgate.domain.attendance_plan import Book
from sealgate.domain.attendance_rules import STANDARD, Rules, RuleSet, read_rules
from sealgate.domain.attendance_shifts import Shift
from sealgate.domain.calendar import zone
from sealgate.domain.ids import ShiftId
from sealgate.domain.operators import Permission
from sealgate.flows.kit import House, Signed
from sealgate.privacy import journal
from sealgate.store import places
from sealgate.store.engine import Reader, Tx
from sealgate.store.hours import shifts as rows

Made = TypeVar("Made")
SHIPPED = ("cn",)
FOREVER = date(1970, 1, 1)


@cache
def shipped_calendar(name: str) -> Calendar:
    """One that comes with the program."""
    return read_calendar(name, (files("sealgate.flows") / "calendars" / f"{name}.csv").read_text(encoding="utf-8"))


def shipped_rules() -> RuleSet:
    """What holds where nobody wrote rules."""
    return RuleSet(STANDARD, (Rules(STANDARD, FOREVER),))


def book(db: Reader) -> Book:
    """In four queries. Raises `BadCalendar` and the like only where somebody changed the database by hand."""
    found = rows.shifts(db)
    versions: dict[ShiftId, tuple[Shift, ...]] = {}
    for row in found:
        versions[row.shift.shift] = (*versions.get(row.shift.shift, ()), row.shift)
    sites = places.sites(db)
    return Book(
        shifts=versions,
        rules=rule_sets(db),
        calendars=calendars(db),
        zones={site.site: zone(site.time_zone) for site in sites},
        home=zone(min(sites, key=lambda site: site.site).time_zone) if sites else ZoneInfo("UTC"),
        removed={row.shift.shift: row.removed_on for row in found if row.removed_on is not None},
    )


def rule_sets(db: Reader) -> dict[str, RuleSet]:
    own = {row.name: read_rules(row.name, row.document) for row in rows.rule_sets(db)}
    return {STANDARD: shipped_rules(), **own}


def calendars(db: Reader) -> dict[str, Calendar]:
    own = {row.name: read_calendar(row.name, row.document) for row in rows.calendars(db)}
    return {**{name: shipped_calendar(name) for name in SHIPPED}, **own}


def known_calendar(known: Mapping[str, Calendar], name: str) -> Calendar:
    """Raises `NoSuchCalendar`."""
    if name not in known:
        raise NoSuchCalendar(f"there is no calendar {name!r}", field="calendar")
    return known[name]


def changed(
    house: House, signed: Signed, permission: Permission, action: str, thing: str, write: Callable[[Tx], Made], why: str = ""
) -> Made:
    """A change of shifts, rosters or rules: asked for, written and journaled in one way."""
    signed.need(permission)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        made = write(tx)
        journal.write(tx, house.keyring, house.clock.now(), action, object=thing, purpose=" ".join(why.split())[:300])
        tx.after_commit(house.wake)
    return made
