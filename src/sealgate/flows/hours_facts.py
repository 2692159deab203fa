"""Reading what is known of people before their days are derived: in a fixed number of queries for any number of people.

The surprising thing: passages carry no person but a token that is another one each day (VAULT 3), so for each site and day
the tokens of the people asked about are made and looked up. Nothing of a passage is opened for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sealgate.domain.attendance import Direction, Mark, Source, each_day, source
from sealgate.domain.attendance_deriving import AROUND
from sealgate.domain.attendance_errors import PassagesGone
from sealgate.domain.attendance_facts import Approval, ApprovedLeave, LeavePart, PersonFacts
from sealgate.domain.attendance_leave import LeaveState, read_span
from sealgate.domain.attendance_plan import Book
from sealgate.domain.attendance_records import Change, RecordKind, RecordState, read_change
from sealgate.domain.attendance_rosters import Pattern, RosterDay, by_person
from sealgate.domain.calendar import day_number, local_day
from sealgate.domain.ids import GateId, LeaveKindId, PersonId, SiteId, TenantId
from sealgate.flows.kit import House, unseal
from sealgate.ports import Token
from sealgate.store import passages, places
from sealgate.store.columns import microseconds
from sealgate.store.engine import Reader
from sealgate.store.hours import leaves, records, rosters
from sealgate.store.hours.rosters import StaffRow
from sealgate.vault.envelope import Place
from sealgate.vault.errors import KeyDestroyed

DAY = timedelta(days=1)
FEW = 256
"""Tokens of several days that are asked for at once: those of one person, not of many."""

PERSON = "person"


@dataclass(frozen=True, slots=True)
class Gates:
    """Which way each gate leads: in from outside, or out; gates between two rooms are in neither."""

    sites: tuple[SiteId, ...]
    ways: dict[GateId, tuple[Direction, str]]


def gates(db: Reader, sites: Iterable[SiteId]) -> Gates:
    outside = {zone.zone: zone.outside for zone in places.all_zones(db)}
    ways: dict[GateId, tuple[Direction, str]] = {}
    for gate in places.gates(db):
        comes, goes = outside[gate.from_zone], outside[gate.to_zone]
        if comes != goes:
            ways[gate.gate] = (Direction.OUT if goes else Direction.IN, str(gate.site))
    return Gates(tuple(sorted(sites)), ways)


def facts(house: House, db: Reader, staff: Sequence[StaffRow], first: date, last: date, laid: Book) -> list[PersonFacts]:
    """Of these people, for deriving the days from `first` to `last`. Whose key is destroyed is left out.

    Raises `PassagesGone` where the passages of one of those days were destroyed.
    """
    people = [row.person for row in staff]
    begin, end = first - DAY * AROUND, last + DAY * AROUND
    patterns = by_person(rosters.patterns(db, begin, end, people), rosters.groups_of(db, people), people)
    singles = _singles(rosters.single_days(db, people, begin, end))
    marks = seen(house, db, people, begin, end, needed=(first, last), sites=laid.zones)
    written, gone = _written(house, db, people, begin, end)
    away = _leaves(house, db, people, begin, end, gone)
    return [
        _facts(row, patterns[row.person], singles, marks, written.get(row.person, _Written()), away, laid.home)
        for row in staff
        if row.person not in gone
    ]


def seen(
    house: House,
    db: Reader,
    people: Sequence[PersonId],
    begin: date,
    end: date,
    *,
    needed: tuple[date, date],
    sites: Iterable[SiteId],
) -> dict[PersonId, list[Mark]]:
    """The passages that opened, as marks. Raises `PassagesGone` for a day of `needed` whose key is destroyed."""
    ways = gates(db, sites)
    values = [str(person) for person in people]
    marks: dict[PersonId, list[Mark]] = {person: [] for person in people}
    whose: dict[Token, list[Mark]] = {}
    asked: list[tuple[int, Sequence[Token]]] = []
    pending = 0
    for site in ways.sites:
        for day in each_day(begin, end):
            tokens = _tokens(house, db.tenant, site, day, values, needed)
            whose.update(zip(tokens, marks.values(), strict=False))
            for number in range(0, len(tokens), passages.MAX_MARKS):
                some = tokens[number : number + passages.MAX_MARKS]
                if asked and pending + len(some) > FEW:
                    _note(db, asked, ways, whose)
                    asked, pending = [], 0
                asked.append((day_number(day), some))
                pending += len(some)
    _note(db, asked, ways, whose)
    return marks


def _note(db: Reader, asked: Sequence[tuple[int, Sequence[Token]]], ways: Gates, whose: Mapping[Token, list[Mark]]) -> None:
    for token, passage, (direction, there), at in passages.marks(db, asked, ways.ways):
        whose[token].append(Mark(at, direction, Source(f"passage:{passage}"), there))


def _tokens(
    house: House, tenant: TenantId, site: SiteId, day: date, values: list[str], needed: tuple[date, date]
) -> list[Token]:
    try:
        return house.index.find_day_tokens(tenant, site, day, PERSON, values)
    except KeyDestroyed:
        if needed[0] <= day <= needed[1]:
            raise PassagesGone(f"the passages of {day} are destroyed") from None
        return []


@dataclass(slots=True)
class _Written:
    """What people wrote about one person's days, as far as it counts."""

    added: list[Mark] | None = None
    taken: frozenset[Source] = frozenset()
    approvals: dict[date, Approval] | None = None


def _written(
    house: House, db: Reader, people: Sequence[PersonId], begin: date, end: date
) -> tuple[dict[PersonId, _Written], set[PersonId]]:
    """By person; and those whose key is destroyed."""
    found: dict[PersonId, _Written] = {}
    gone: set[PersonId] = set()
    for row in records.of_people(db, people, begin, end, RecordState.APPROVED):
        try:
            change = read_change(unseal(house, record_place(db.tenant, row.record), row.detail)["change"])
        except KeyDestroyed:
            gone.add(row.person)
            continue
        _count(found.setdefault(row.person, _Written([], frozenset(), {})), row, change)
    return found, gone


def _count(written: _Written, row: records.RecordRow, change: Change) -> None:
    told = source("approval" if row.kind is RecordKind.OVERTIME else row.kind.value, row.record)
    if row.kind is RecordKind.OVERTIME and written.approvals is not None:
        written.approvals[row.day] = Approval(change.minutes, (told,))  # the newest stands
        return
    if written.added is not None:
        written.added += [
            Mark(microseconds(mark.at), mark.direction, told if len(change.added) == 1 else Source(f"{told}#{number}"))
            for number, mark in enumerate(change.added)
        ]
    written.taken |= frozenset(change.taken)


def _leaves(
    house: House, db: Reader, people: Sequence[PersonId], begin: date, end: date, gone: set[PersonId]
) -> dict[PersonId, tuple[ApprovedLeave, ...]]:
    found: dict[PersonId, tuple[ApprovedLeave, ...]] = {}
    for row in leaves.of_people(db, begin, end, people, [LeaveState.APPROVED], limit=1_000_000):
        try:
            detail = unseal(house, leave_place(db.tenant, row.leave), row.detail)
        except KeyDestroyed:
            gone.add(row.person)
            continue
        span = read_span(detail["span"]) if detail["span"] else None
        leave = ApprovedLeave(
            source("leave", row.leave), LeaveKindId(detail["kind"]), row.first, row.last, LeavePart(detail["part"]), span
        )
        found[row.person] = (*found.get(row.person, ()), leave)
    return found


def _singles(days: Iterable[RosterDay]) -> dict[PersonId, dict[date, RosterDay]]:
    found: dict[PersonId, dict[date, RosterDay]] = {}
    for one in days:
        found.setdefault(one.person, {})[one.day] = one
    return found


def _facts(
    row: StaffRow,
    patterns: tuple[Pattern, ...],
    singles: dict[PersonId, dict[date, RosterDay]],
    marks: dict[PersonId, list[Mark]],
    written: _Written,
    away: dict[PersonId, tuple[ApprovedLeave, ...]],
    home: ZoneInfo,
) -> PersonFacts:
    own = [*marks[row.person], *(written.added or ())]
    if written.taken:
        own = [mark for mark in own if mark.source not in written.taken]
    return PersonFacts(
        person=row.person,
        patterns=patterns,
        singles=singles.get(row.person, {}),
        marks=tuple(own),
        approvals=written.approvals or {},
        leaves=away.get(row.person, ()),
        since=None if row.valid_since is None else local_day(row.valid_since, home),
        until=None if row.valid_until is None else _last_day(row.valid_until, home),
    )


def _last_day(until: datetime, home: ZoneInfo) -> date:
    """The last local day of which any moment lies before `until`."""
    return local_day(until - timedelta(microseconds=1), home)


def record_place(tenant: TenantId, record: UUID) -> Place:
    return Place(tenant, "hour_records", "detail", str(record))


def leave_place(tenant: TenantId, leave: UUID) -> Place:
    return Place(tenant, "leaves", "detail", str(leave))


def days_place(tenant: TenantId, person: PersonId, month: date) -> Place:
    return Place(tenant, "work_months", "days", f"{month:%Y-%m}/{person}")
