"""Short words for rosters, marks and days, for the tests of attendance. Nothing here decides anything."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sealgate.domain.attendance import Direction, Mark, Source, WorkDay, minute_of
from sealgate.domain.attendance_calendar import Calendar
from sealgate.domain.attendance_deriving import Deriver
from sealgate.domain.attendance_facts import PersonFacts
from sealgate.domain.attendance_plan import Book
from sealgate.domain.attendance_rosters import Pattern, RosterDay
from sealgate.domain.attendance_rules import read_rules
from sealgate.domain.attendance_shifts import Shift, read_shift
from sealgate.domain.ids import PersonId, RosterId, ShiftId, SiteId

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
HERE, THERE = SiteId(UUID(int=1)), SiteId(UUID(int=2))
ALICE = PersonId(UUID(int=10))
MONDAY = date(2026, 3, 2)
AFTERWARDS = datetime(2027, 6, 1, tzinfo=UTC)

OFFICE = {"spans": ["09:00-18:00"], "breaks": [{"span": "12:00-13:00"}]}
NIGHT = {"spans": ["22:00-06:00"]}
FLEXIBLE = {"kind": "flexible", "band": "07:00-20:00", "target": 480, "spans": ["10:00-15:00"]}
NOBODYS = Source("passage:0")


def shift(number: int, document: dict[str, Any], since: date = date(2020, 1, 1)) -> Shift:
    return read_shift(ShiftId(UUID(int=100 + number)), since, f"Shift {number}", document)


def marks(*texts: str, day: date = MONDAY, zone: ZoneInfo = SHANGHAI) -> tuple[Mark, ...]:
    """`in 08:55`, `out 18:05`, `out +1 06:02` (the day after), each with a source of its own."""
    return tuple(_mark(number, text, day, zone) for number, text in enumerate(texts))


def _mark(number: int, text: str, day: date, zone: ZoneInfo) -> Mark:
    word, *later, clock = text.split()
    on = day + timedelta(days=int(later[0]) if later else 0)
    at = datetime.fromisoformat(f"{on} {clock}").replace(tzinfo=zone)
    return Mark(int(at.timestamp() * 1_000_000), Direction(word), Source(f"passage:{day:%m%d}{number}"), str(HERE))


def book(*shifts: Shift, rules: dict[str, Any] | None = None, calendar: Calendar | None = None) -> Book:
    versions: dict[ShiftId, tuple[Shift, ...]] = {}
    for one in shifts:
        versions[one.shift] = (*versions.get(one.shift, ()), one)
    return Book(
        shifts=versions,
        rules={"standard": read_rules("standard", [{"since": "2020-01-01", **(rules or {})}])},
        calendars={"cn": calendar or Calendar("cn")},
        zones={HERE: SHANGHAI, THERE: BERLIN},
        home=SHANGHAI,
    )


def weekly(*shifts: Shift, site: SiteId = HERE, all_days: bool = False, number: int = 1) -> Pattern:
    """These shifts from Monday to Friday, or every day whatever the calendar says."""
    day = tuple(one.shift for one in shifts)
    cycle = (day,) * 7 if all_days else (day,) * 5 + ((), ())
    return Pattern(
        RosterId(UUID(int=number)), ALICE, None, site, date(2020, 1, 1), None, MONDAY, cycle, follows_calendar=not all_days
    )


def derived(
    facts: PersonFacts, laid: Book, first: date = MONDAY, last: date | None = None, now: datetime = AFTERWARDS
) -> tuple[WorkDay, ...]:
    return Deriver(laid, minute_of(now)).days(facts, first, last or first)


def one_day(document: dict[str, Any], *texts: str, rules: dict[str, Any] | None = None, **more: Any) -> WorkDay:
    """Monday with that one shift and those marks."""
    only = shift(1, document)
    facts = PersonFacts(ALICE, (weekly(only),), marks=marks(*texts), **more)
    return derived(facts, book(only, rules=rules))[0]


def with_marks(facts: PersonFacts, more: Iterable[Mark]) -> PersonFacts:
    return replace(facts, marks=tuple(more))


def single(day: date, *shifts: Shift, site: SiteId = HERE) -> dict[date, RosterDay]:
    return {day: RosterDay(ALICE, day, tuple(one.shift for one in shifts), site)}
