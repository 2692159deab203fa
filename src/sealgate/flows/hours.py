"""Hours: work days derived from passages and from what people wrote, kept sealed by person and month, read again.

The surprising thing: deriving is done while only reading, and what is written is written in short commits, so that no gate
waits for a month's sums. A month that a correction changed meanwhile is derived once more; one whose bytes are the same is
not written at all, so a second derivation leaves the very same bytes on the disk.

For other flows: `derive` and `rederive` make days, `work_days` and `own_days` read them; see `domain.attendance.WorkDay`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from sealgate.domain.attendance import Issue, Total, WorkDay, each_day, minute_of, month_bounds, totals
from sealgate.domain.attendance_coding import decoded, encoded
from sealgate.domain.attendance_deriving import AROUND, Deriver
from sealgate.domain.attendance_errors import PassagesGone, TooManyDays
from sealgate.domain.attendance_periods import OverCap, over_caps
from sealgate.domain.attendance_rosters import Rostered, rostered
from sealgate.domain.attendance_rules import Rules, RuleSet
from sealgate.domain.errors import NotFound
from sealgate.domain.ids import PersonId, TenantId
from sealgate.domain.operators import Permission
from sealgate.flows.hours_book import book
from sealgate.flows.hours_collecting import rarely_collected
from sealgate.flows.hours_facts import days_place, facts
from sealgate.flows.kit import House, Signed, of_day, subject
from sealgate.ports import Sealed
from sealgate.privacy import journal
from sealgate.store import places
from sealgate.store.engine import Actor, Reader, Tx
from sealgate.store.hours import months, rosters
from sealgate.store.hours.months import MonthRow
from sealgate.store.hours.rosters import StaffRow
from sealgate.vault.errors import KeyDestroyed

CHUNK = 2_000
"""People derived together: a fixed number of queries, some ten megabytes of memory. The passages of a day lie in the order of
time, so each further chunk reads the same pages once more."""

COMMIT = 500
"""Months written in one commit: gates wait no longer than for that."""

MOST_READ = 400
"""Days of one reading."""

TRIES = 4
DAY = timedelta(days=1)
LATE = timedelta(days=3)
"""How late the passages of an offline gate are still looked for by itself."""

Told = Callable[[int, int], None]
"""Called with how many people are done, and of how many."""


@dataclass(frozen=True, slots=True)
class Derived:
    """What a derivation did. `changed` are months that were written; `erased` people whose key is destroyed."""

    month: str
    people: int
    days: int
    changed: int
    erased: int
    totals: tuple[Total, ...]
    issues: Mapping[Issue, int]


@dataclass(slots=True)
class _Sum:
    people: int = 0
    days: int = 0
    changed: int = 0
    erased: int = 0
    totals: dict[tuple[object, object, object], Total] = field(default_factory=dict)
    issues: dict[Issue, int] = field(default_factory=dict)

    def add(self, days: Sequence[WorkDay]) -> None:
        self.people += 1
        self.days += len(days)
        for total in totals(days):
            key = (total.figure, total.day_class, total.leave)
            had = self.totals.get(key)
            self.totals[key] = total if had is None else _both(had, total)
        for day in days:
            for issue in day.issues:
                self.issues[issue] = self.issues.get(issue, 0) + 1


def derive(
    house: House,
    signed: Signed,
    month: str,
    people: Sequence[PersonId] | None = None,
    told: Told = lambda _done, _of: None,
) -> Derived:
    """Derive `2026-10` for these people, or all staff, and keep it. Raises before anything is written: `BadMonth`,
    `RulesGap`, `NoSuchRules`, `NoSuchCalendar`, `ShiftMissing`, `BadRoster`, `PassagesGone`."""
    signed.need(Permission.CHANGE_HOURS)
    return derive_month(house, signed.tenant, signed.actor, month, people, told)


def derive_month(
    house: House,
    tenant: TenantId,
    actor: Actor,
    month: str,
    people: Sequence[PersonId] | None = None,
    told: Told = lambda _done, _of: None,
) -> Derived:
    """As `derive`, for the command line and the clockwork."""
    first, last = month_bounds(month)
    with house.store.read(tenant) as db:
        deriver = Deriver(book(db), minute_of(house.clock.now()))
        _check(house, db, deriver, first, last)
        total = len(people) if people is not None else rosters.count_staff(db)
    done = _Sum()
    seen = 0
    told(0, total)
    with rarely_collected():
        for chunk in _chunks(house, tenant, people):
            _derive_chunk(house, tenant, actor, deriver, chunk, (first, last), done)
            seen += len(chunk)
            told(seen, total)
    ordered = tuple(done.totals[key] for key in sorted(done.totals, key=str))
    return Derived(month, done.people, done.days, done.changed, done.erased, ordered, dict(sorted(done.issues.items())))


def derive_lately(house: House, tenant: TenantId) -> None:
    """For the clockwork: the month in which it was three days ago, and today's, so that what came late is counted.

    An organisation without rosters has nothing to derive; trouble with its rules is told where somebody derives by hand.
    """
    now = house.clock.now()
    with house.store.read(tenant) as db:
        home = book(db).home
        first = (now - LATE).astimezone(home).date()
        if not rosters.patterns(db, first.replace(day=1), now.astimezone(home).date()):
            return
    for month in sorted({f"{at.astimezone(home):%Y-%m}" for at in (now - LATE, now)}):
        derive_month(house, tenant, Actor("system", "clockwork"), month)


def rederive(house: House, tx: Tx, person: PersonId, first: date, last: date) -> None:
    """In a transaction that changed something of that person: the months those days can reach, where they were derived."""
    staff = rosters.staff(tx, people=[person])
    if not staff:
        return
    laid = book(tx)
    deriver = Deriver(laid, minute_of(house.clock.now()))
    begin, end = (first - DAY * AROUND).replace(day=1), last + DAY * AROUND
    for row in months.months(tx, [person], begin, end):
        bounds = month_bounds(f"{row.month:%Y-%m}")
        for one in facts(house, tx, staff, *bounds, laid):
            _write(house, tx, person, row.month, row, encoded(deriver.days(one, *bounds)))


def work_days(
    house: House, signed: Signed, people: Sequence[PersonId], first: date, last: date
) -> dict[PersonId, tuple[WorkDay, ...]]:
    """The days of these people, from `first` to `last`; months that were never derived are derived for the answer, not kept.

    Visitors and erased people are missing. Raises `TooManyDays`.
    """
    signed.need(Permission.SEE_HOURS)
    return days_for(house, signed.tenant, signed.actor, people, first, last)


def days_for(
    house: House, tenant: TenantId, actor: Actor, people: Sequence[PersonId], first: date, last: date
) -> dict[PersonId, tuple[WorkDay, ...]]:
    """As `work_days`, for the command line."""
    with house.store.begin(tenant, actor) as tx:
        found = read_days(house, tx, people, first, last)
        about = people[0] if len(people) == 1 else None
        told = f"people:{len(people)}:{first}:{last}"
        journal.write(tx, house.keyring, house.clock.now(), "hours.read", about=about, object=told)
    return found


def own_days(house: House, tenant: TenantId, person: PersonId, first: date, last: date) -> tuple[WorkDay, ...]:
    """A person's own days; the caller has made sure that it is the person who asks."""
    with house.store.begin(tenant, Actor("person", str(person))) as tx:
        found = read_days(house, tx, [person], first, last)
        journal.write(tx, house.keyring, house.clock.now(), "hours.read", about=person, object=f"person:{person}")
    return found.get(person, ())


def month_totals(days: Sequence[WorkDay], house: House, signed: Signed) -> tuple[tuple[Total, ...], tuple[OverCap, ...]]:
    """The sums of one person's days, and the caps of the rules that were passed."""
    with house.store.read(signed.tenant) as db:
        rules = book(db).rules
    found = rules_of(days, rules)
    return totals(days), () if found is None else over_caps(days, found)


def rules_of(days: Sequence[WorkDay], known: Mapping[str, RuleSet]) -> Rules | None:
    """By which these days were derived, as they stand on the last of them; None where nothing was to be worked."""
    name = next((told for day in days for line in day.lines for told in line.sources if told.startswith("rules:")), None)
    return None if name is None else known[name.removeprefix("rules:").partition("@")[0]].on(days[-1].day)


def read_days(
    house: House, db: Reader, people: Sequence[PersonId], first: date, last: date
) -> dict[PersonId, tuple[WorkDay, ...]]:
    """For flows that journal their own reading: payroll, performance. See `work_days`.

    Days that were not over when their month was derived are worked out anew: a month derived on the tenth knows nothing of the
    twelfth.
    """
    if (last - first).days >= MOST_READ:
        raise TooManyDays(f"at most {MOST_READ} days at once", field="last")
    found: dict[PersonId, dict[date, WorkDay]] = {}
    missing: dict[date, set[PersonId]] = {month: set(people) for month in _months(first, last)}
    home = book(db).home
    unfinished: dict[tuple[date, date], set[PersonId]] = {}
    for number in range(0, len(people), CHUNK):
        for row in months.months(db, people[number : number + CHUNK], first.replace(day=1), last):
            missing[row.month].discard(row.person)
            try:
                kept = decoded(house.keyring.open(days_place(db.tenant, row.person, row.month), row.days))
            except KeyDestroyed:
                continue
            found.setdefault(row.person, {}).update({day.day: day for day in kept if first <= day.day <= last})
            begin = max(first, row.month, row.derived_at.astimezone(home).date() - DAY)
            end = min(last, month_bounds(f"{row.month:%Y-%m}")[1])
            if begin <= end:
                unfinished.setdefault((begin, end), set()).add(row.person)
    _fill_in(house, db, missing, (first, last), found)
    for (begin, end), staff in unfinished.items():
        for person, days in derived_now(house, db, sorted(staff), begin, end).items():
            found[person].update({day.day: day for day in days})
    return {person: tuple(found[person][day] for day in sorted(found[person])) for person in people if person in found}


def derived_now(
    house: House, db: Reader, people: Sequence[PersonId], first: date, last: date
) -> dict[PersonId, tuple[WorkDay, ...]]:
    """Worked out from what is known at this moment, and not kept: a single day needs no more than its neighbours."""
    laid = book(db)
    deriver = Deriver(laid, minute_of(house.clock.now()))
    found: dict[PersonId, tuple[WorkDay, ...]] = {}
    for number in range(0, len(people), CHUNK):
        staff = rosters.staff(db, people=people[number : number + CHUNK])
        found |= {one.person: deriver.days(one, first, last) for one in facts(house, db, staff, first, last, laid)}
    return found


def _fill_in(
    house: House,
    db: Reader,
    missing: Mapping[date, set[PersonId]],
    bounds: tuple[date, date],
    found: dict[PersonId, dict[date, WorkDay]],
) -> None:
    """Months that were never derived, worked out for the answer."""
    for month, people in missing.items():
        if people:
            first, last = max(month, bounds[0]), min(month_bounds(f"{month:%Y-%m}")[1], bounds[1])
            for person, days in derived_now(house, db, sorted(people), first, last).items():
                found.setdefault(person, {}).update({day.day: day for day in days})


# --- Deriving ---


def _check(house: House, db: Reader, deriver: Deriver, first: date, last: date) -> None:
    """What is wrong with rosters and rules is said now, before the first person's month is written."""
    begin, end = first - DAY * AROUND, last + DAY * AROUND
    plans = deriver.plans
    for day in each_day(begin, end):
        plans.of(Rostered((), None, None), day)
    for pattern in rosters.patterns(db, begin, end):
        for day in each_day(max(begin, pattern.since), min(end, pattern.until or end)):
            plans.of(rostered(None, pattern, day, plans.calendar(pattern, day)), day)
    for single in rosters.different_days(db, begin, end):
        plans.of(Rostered(single.shifts, single.site, None, single=True), single.day)
    for site in places.sites(db):
        for day in each_day(first, last):
            try:
                house.keyring.keyed_if_made(db.tenant, *of_day(site.site, day), "index/day")
            except KeyDestroyed:
                raise PassagesGone(f"the passages of {day} are destroyed") from None


def _chunks(house: House, tenant: TenantId, people: Sequence[PersonId] | None) -> Iterator[list[StaffRow]]:
    """Staff, so many at once. Raises `NotFound` for people named who are none."""
    after: PersonId | None = None
    if people is not None:
        wanted = sorted(set(people))
        for number in range(0, len(wanted), CHUNK):
            with house.store.read(tenant) as db:
                staff = rosters.staff(db, people=wanted[number : number + CHUNK])
            if len(staff) != len(wanted[number : number + CHUNK]):
                raise NotFound("person")
            yield staff
        return
    while True:
        with house.store.read(tenant) as db:
            staff = rosters.staff(db, after=after, limit=CHUNK)
        if staff:
            yield staff
        if len(staff) < CHUNK:
            return
        after = staff[-1].person


def _derive_chunk(
    house: House,
    tenant: TenantId,
    actor: Actor,
    deriver: Deriver,
    staff: list[StaffRow],
    bounds: tuple[date, date],
    done: _Sum,
) -> None:
    """Read and work out, then write shortly; whoever was changed meanwhile goes round once more."""
    waiting = staff
    for _ in range(TRIES):
        with house.store.read(tenant) as db:
            before = {row.person: row for row in months.months(db, [row.person for row in waiting], bounds[0], bounds[0])}
            known = facts(house, db, waiting, *bounds, deriver.plans.book)
        fresh: dict[PersonId, bytes] = {}
        for one in known:
            days = deriver.days(one, *bounds)
            fresh[one.person] = encoded(days)
            if waiting is staff:
                done.add(days)
        done.erased += len(waiting) - len(known) if waiting is staff else 0
        changed = [person for person, new in fresh.items() if _differs(house, tenant, before.get(person), new)]
        if not changed:
            return
        lost: set[PersonId] = set()
        for number in range(0, len(changed), COMMIT):
            some = {person: fresh[person] for person in changed[number : number + COMMIT]}
            lost |= _write_all(house, tenant, actor, bounds[0], some, before)
        done.changed += len(changed) - len(lost)
        waiting = [row for row in staff if row.person in lost]
        if not waiting:
            return


def _write_all(
    house: House,
    tenant: TenantId,
    actor: Actor,
    month: date,
    fresh: Mapping[PersonId, bytes],
    before: Mapping[PersonId, MonthRow],
) -> set[PersonId]:
    """Those whose month somebody else wrote first: theirs is derived from newer facts than ours, maybe."""
    now = house.clock.now()
    rows = [
        MonthRow(month, person, before[person].revision if person in before else 0, now, sealed)
        for person, new in fresh.items()
        if (sealed := _sealed(house, tenant, person, month, new)) is not None
    ]
    with house.store.begin(tenant, actor) as tx:
        added = months.add(tx, [row for row in rows if row.revision == 0])
        lost = {row.person for row in rows if row.revision == 0} - added
        lost |= {row.person for row in rows if row.revision and not months.replace(tx, row)}
        journal.write(tx, house.keyring, now, "hours.derived", object=f"month:{month:%Y-%m}:people:{len(rows) - len(lost)}")
        tx.after_commit(house.wake)
    return lost


def _write(house: House, tx: Tx, person: PersonId, month: date, before: MonthRow, new: bytes) -> None:
    if not _differs(house, tx.tenant, before, new):
        return
    sealed = _sealed(house, tx.tenant, person, month, new)
    if sealed is not None:
        months.replace(tx, MonthRow(month, person, before.revision, house.clock.now(), sealed))


def _differs(house: House, tenant: TenantId, before: MonthRow | None, new: bytes) -> bool:
    if before is None:
        return True
    try:
        return house.keyring.open(days_place(tenant, before.person, before.month), before.days) != new
    except KeyDestroyed:
        return False


def _sealed(house: House, tenant: TenantId, person: PersonId, month: date, new: bytes) -> Sealed | None:
    """None for somebody who was erased meanwhile."""
    try:
        return house.keyring.seal(tenant, *subject(person), days_place(tenant, person, month), new)
    except KeyDestroyed:
        return None


def _months(first: date, last: date) -> list[date]:
    return sorted({day.replace(day=1) for day in each_day(first, last)})


def _both(one: Total, other: Total) -> Total:
    return Total(
        one.figure,
        one.day_class,
        one.leave,
        one.minutes + other.minutes,
        one.approved + other.approved,
        one.days + other.days,
    )
