"""Leave: asked for, approved or refused, withdrawn; what is left of it; who is away.

The surprising thing: which kind of leave it is lies sealed, because illness is nobody's business but the person's and who
decides; the plain columns say only that somebody is away. Approving derives the months it touches in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sealgate.domain.attendance import each_day
from sealgate.domain.attendance_deriving import Deriver
from sealgate.domain.attendance_errors import AlreadySettled, BadLeave, LeaveOverlaps, NegativeHours, NoBalance, TooManyDays
from sealgate.domain.attendance_facts import LeavePart, PersonFacts
from sealgate.domain.attendance_leave import (
    KINDS,
    Balance,
    Grant,
    Leave,
    LeaveBook,
    LeaveKind,
    LeaveState,
    Service,
    balance,
    checked_request,
    leave_minutes,
    read_span,
    span_document,
)
from sealgate.domain.attendance_records import checked_why
from sealgate.domain.attendance_rosters import by_person
from sealgate.domain.errors import NotFound
from sealgate.domain.ids import LeaveId, LeaveKindId, OperatorId, PersonId, TenantId
from sealgate.domain.operators import Permission
from sealgate.flows.hours import rederive
from sealgate.flows.hours_book import book, changed
from sealgate.flows.hours_facts import leave_place
from sealgate.flows.kit import House, Signed, seal, subject, unseal
from sealgate.flows.people import names_of
from sealgate.ports import Sealed
from sealgate.privacy import journal
from sealgate.store import directory
from sealgate.store.engine import Actor, Reader, Tx
from sealgate.store.hours import leaves as rows
from sealgate.store.hours import rosters
from sealgate.store.hours.leaves import GrantRow, LeaveRow
from sealgate.vault.envelope import Place
from sealgate.vault.errors import KeyDestroyed

MOST_SHOWN = timedelta(days=400)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class NewLeave:
    """`span` as `13:00-15:30`, with `part` HOURS alone; parts of a day are asked for one day."""

    kind: LeaveKindId
    first: date
    last: date
    why: str = ""
    part: LeavePart = LeavePart.WHOLE
    span: str = ""


@dataclass(frozen=True, slots=True)
class LeaveLine:
    """Leave with the person's name, for a calendar or a list of requests. `left` is the balance it would be taken from."""

    leave: Leave
    name: str
    left: Balance | None = None


# --- Kinds ---


def kinds(house: House, signed: Signed) -> list[LeaveKind]:
    """Those a new organisation begins with, changed where the organisation changed them, and its own."""
    signed.need(Permission.SEE_HOURS)
    with house.store.read(signed.tenant) as db:
        return list(_kinds(db).values())


def kinds_in_use(house: House, tenant: TenantId) -> list[LeaveKind]:
    """What a person may ask for."""
    with house.store.read(tenant) as db:
        return [kind for kind in _kinds(db).values() if kind.in_use]


def set_kind(house: House, signed: Signed, kind: LeaveKind) -> None:
    """A new kind, or a changed one. Read it by `domain.attendance_leave.read_kind`, which checks it."""

    def write(tx: Tx) -> None:
        rows.put_kind(tx, kind)

    changed(house, signed, Permission.HOUR_RULES, "leave.kind-set", f"leave-kind:{kind.kind}", write)


# --- Asking and settling ---


def ask(house: House, tenant: TenantId, person: PersonId, new: NewLeave) -> LeaveId:
    """The person asks; the caller has made sure that it is the person.

    Raises `BadLeave`, `NegativeHours`, `LeaveOverlaps`, `NoBalance`, `NotFound`.
    """
    return _asked(house, tenant, Actor("person", str(person)), None, person, new)


def ask_for(house: House, signed: Signed, person: PersonId, new: NewLeave) -> LeaveId:
    """An operator asks in the person's name. Raises as `ask`."""
    signed.need(Permission.CHANGE_HOURS)
    return _asked(house, signed.tenant, signed.actor, signed.operator, person, new)


def settle(house: House, signed: Signed, leave: LeaveId, *, approved: bool, answer: str) -> None:
    """Approve a request, and its days are derived anew; or refuse it. Raises `AlreadySettled`, `WhyNeeded`, `NotFound`."""
    signed.need(Permission.CHANGE_HOURS)
    state = LeaveState.APPROVED if approved else LeaveState.REFUSED
    with house.store.begin(signed.tenant, signed.actor) as tx:
        row = rows.leave(tx, leave)
        _moved(house, tx, row, (LeaveState.ASKED,), state, signed.operator, checked_why(answer))


def withdraw(house: House, tenant: TenantId, person: PersonId, leave: LeaveId) -> None:
    """The person takes back what was not settled, or was approved and has not begun. Raises `AlreadySettled`, `NotFound`."""
    with house.store.begin(tenant, Actor("person", str(person))) as tx:
        row = rows.leave(tx, leave)
        if row.person != person:
            raise NotFound("leave")
        begun = row.first <= house.clock.now().astimezone(book(tx).home).date()
        before = (LeaveState.ASKED,) if begun else (LeaveState.ASKED, LeaveState.APPROVED)
        _moved(house, tx, row, before, LeaveState.WITHDRAWN, None, "")


def revoke(house: House, signed: Signed, leave: LeaveId, why: str) -> None:
    """Approved leave is taken back by who may approve it, also afterwards: the person came to work after all."""
    signed.need(Permission.CHANGE_HOURS)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        row = rows.leave(tx, leave)
        _moved(house, tx, row, (LeaveState.APPROVED,), LeaveState.WITHDRAWN, signed.operator, checked_why(why))


# --- Reading ---


def waiting(house: House, signed: Signed) -> list[LeaveLine]:
    """Requests that wait, oldest first, each with the balance it is taken from."""
    signed.need(Permission.SEE_HOURS)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        found = rows.waiting(tx)
        lines = [
            replace(line, left=_balances(house, tx, line.leave.person, line.leave.first).get(line.leave.kind))
            for line in _lines(house, tx, found)
        ]
        journal.write(tx, house.keyring, house.clock.now(), "leave.requests-read", object=f"leaves:{len(lines)}")
    return lines


def calendar(house: House, signed: Signed, first: date, last: date) -> list[LeaveLine]:
    """Who is away from `first` to `last`, asked for or approved, in the order it was asked for. Raises `TooManyDays`."""
    signed.need(Permission.SEE_HOURS)
    if not timedelta(0) <= last - first <= MOST_SHOWN:
        raise TooManyDays("at most 400 days at once", field="last")
    with house.store.begin(signed.tenant, signed.actor) as tx:
        lines = _lines(house, tx, rows.of_people(tx, first, last))
        journal.write(tx, house.keyring, house.clock.now(), "leave.calendar-read", object=f"leaves:{len(lines)}:{first}:{last}")
    return lines


def book_of(house: House, signed: Signed, person: PersonId, on: date) -> LeaveBook:
    """One person's leave and balances as they stand on a day."""
    signed.need(Permission.SEE_HOURS)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        made = _book(house, tx, person, on)
        journal.write(tx, house.keyring, house.clock.now(), "leave.read", about=person, object=f"person:{person}")
    return made


def own_book(house: House, tenant: TenantId, person: PersonId, on: date) -> LeaveBook:
    """A person's own; the caller has made sure that it is the person who asks."""
    with house.store.begin(tenant, Actor("person", str(person))) as tx:
        made = _book(house, tx, person, on)
        journal.write(tx, house.keyring, house.clock.now(), "leave.read", about=person, object=f"person:{person}")
    return made


# --- What balances rest on ---


def set_service(house: House, signed: Signed, person: PersonId, service: Service) -> None:
    """Since when somebody is here, and has worked at all. Raises `NegativeHours` where the dates contradict each other."""
    if service.joined < service.working_since or (service.left is not None and service.left < service.joined):
        raise NegativeHours("work began after joining, or ended before", field="joined")

    def write(tx: Tx) -> None:
        _staff(tx, person)
        rows.put_service(tx, person, _sealed(house, tx, person, service_place(tx.tenant, person), _service_text(service)))

    _about(house, signed, person, "leave.service-set", write)


def grant(house: House, signed: Signed, person: PersonId, given: Grant) -> None:
    """Minutes given by hand, or taken where below zero: a carry-over from elsewhere, time in lieu of overtime."""
    words = checked_why(given.why)
    if abs(given.minutes) > 366 * 1440 or given.minutes == 0:
        raise BadLeave("that many minutes are not given at once", field="minutes")
    number = house.new_id()

    def write(tx: Tx) -> None:
        _staff(tx, person)
        if given.kind not in _kinds(tx):
            raise BadLeave("there is no such kind of leave", field="kind")
        detail = {"kind": given.kind, "minutes": given.minutes, "why": words}
        sealed = _sealed(house, tx, person, grant_place(tx.tenant, number), detail)
        rows.add_grant(tx, GrantRow(number, person, given.day, sealed, house.clock.now(), signed.operator))

    _about(house, signed, person, "leave.granted", write, words)


def _about(house: House, signed: Signed, person: PersonId, action: str, write: Any, why: str = "") -> None:
    signed.need(Permission.CHANGE_HOURS)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        write(tx)
        told = f"person:{person}"
        journal.write(tx, house.keyring, house.clock.now(), action, about=person, object=told, purpose=why)


def _asked(house: House, tenant: TenantId, actor: Actor, by: OperatorId | None, person: PersonId, new: NewLeave) -> LeaveId:
    leave = LeaveId(house.new_id())
    span = read_span(new.span) if new.span else None
    why = " ".join(new.why.split())[:300]
    with house.store.begin(tenant, actor) as tx:
        directory.person(tx, person)  # locked: of two requests at once the second sees the first
        _staff(tx, person)
        kind = _kinds(tx).get(new.kind)
        if kind is None:
            raise BadLeave("there is no such kind of leave", field="kind")
        checked_request(kind, new.first, new.last, new.part, span)
        wanted = Leave(leave, person, new.kind, new.first, new.last, LeaveState.ASKED, new.part, span, why)
        _apart(house, tx, wanted)
        if kind.needs_balance:
            _enough(house, tx, kind, wanted)
        detail = {"kind": new.kind, "part": new.part.value, "span": span_document(span), "why": why, "answer": ""}
        sealed = _sealed(house, tx, person, leave_place(tenant, leave), detail)
        rows.add(tx, LeaveRow(leave, person, new.first, new.last, LeaveState.ASKED, sealed, house.clock.now(), by))
        journal.write(tx, house.keyring, house.clock.now(), "leave.asked", about=person, object=f"leave:{leave}")
        tx.publish("leave", {"leave": str(leave), "state": LeaveState.ASKED.value})
        tx.after_commit(house.wake)
    return leave


def _apart(house: House, tx: Tx, wanted: Leave) -> None:
    """No two whole days at once, and no two parts that share a minute. Raises `LeaveOverlaps`."""
    for row in rows.of_people(tx, wanted.first, wanted.last, [wanted.person]):
        other = _opened(house, tx, row)
        halves = {wanted.part, other.part} == {LeavePart.FIRST_HALF, LeavePart.SECOND_HALF}
        hours = wanted.span and other.span and (wanted.span.end <= other.span.start or other.span.end <= wanted.span.start)
        if not halves and not hours:
            raise LeaveOverlaps("there is leave on these days already")


def _enough(house: House, tx: Tx, kind: LeaveKind, wanted: Leave) -> None:
    """Raises `NoBalance`. Each year that the leave touches is asked by itself, as it stands on the leave's last day there."""
    a_day = _day_minutes(tx)
    for year in range(wanted.first.year, wanted.last.year + 1):
        on = min(wanted.last, date(year, 12, 31))
        need = sum(minutes for day, minutes, _ in _used(tx, [wanted], wanted.person, a_day) if day.year == year)
        if need > _balances(house, tx, wanted.person, on, only=kind)[kind.kind].left:
            raise NoBalance("not enough of this leave is left")


def _moved(
    house: House,
    tx: Tx,
    row: LeaveRow,
    before: Sequence[LeaveState],
    state: LeaveState,
    by: OperatorId | None,
    answer: str,
) -> None:
    detail = {**unseal(house, leave_place(tx.tenant, row.leave), row.detail), "answer": answer}
    sealed = _sealed(house, tx, row.person, leave_place(tx.tenant, row.leave), detail)
    if not rows.settle(tx, row.leave, before, state, sealed, house.clock.now(), by):
        raise AlreadySettled("the request is settled already")
    if LeaveState.APPROVED in {state, row.state}:
        rederive(house, tx, row.person, row.first, row.last)
    now, told = house.clock.now(), f"leave:{row.leave}"
    journal.write(tx, house.keyring, now, f"leave.{state}", about=row.person, object=told, purpose=answer)
    tx.publish("leave", {"leave": str(row.leave), "state": state.value})
    tx.after_commit(house.wake)


def _staff(db: Reader, person: PersonId) -> None:
    if not rosters.staff(db, people=[person]):
        raise NotFound("person")


def _kinds(db: Reader) -> dict[LeaveKindId, LeaveKind]:
    return {kind.kind: kind for kind in (*KINDS, *rows.kinds(db))}


def _day_minutes(db: Reader) -> int:
    """Of the standard rules: what a whole day takes from a balance."""
    rules = book(db).rules["standard"].versions[-1]
    return rules.day_minutes


def _book(house: House, tx: Tx, person: PersonId, on: date) -> LeaveBook:
    _staff(tx, person)
    begin, end = date(on.year - 1, 1, 1), date(on.year + 1, 12, 31)
    found = [_opened(house, tx, row) for row in rows.of_people(tx, begin, end, [person], tuple(LeaveState))]
    return LeaveBook(tuple(reversed(found)), _balances(house, tx, person, on))


def _balances(
    house: House, tx: Reader, person: PersonId, on: date, *, only: LeaveKind | None = None
) -> dict[LeaveKindId, Balance]:
    """Of the kinds that are counted."""
    a_day = _day_minutes(tx)
    begin, end = date(on.year - 1, 1, 1), date(on.year, 12, 31)
    found = [_opened(house, tx, row) for row in rows.of_people(tx, begin, end, [person])]
    used = _used(tx, found, person, a_day)
    service = _service(house, tx, person)
    grants = [_grant(house, tx, row) for row in rows.grants_of(tx, person)]
    counted = [only] if only else [kind for kind in _kinds(tx).values() if kind.steps or kind.needs_balance]
    return {
        kind.kind: balance(
            kind,
            service,
            grants,
            [(day, minutes, leave.state) for day, minutes, leave in used if leave.kind == kind.kind],
            on,
            a_day,
        )
        for kind in counted
    }


def _used(db: Reader, leaves: Iterable[Leave], person: PersonId, a_day: int) -> list[tuple[date, int, Leave]]:
    """Each single day that these take: days on which nothing is to be worked take none."""
    given = list(leaves)
    if not given:
        return []
    first, last = min(leave.first for leave in given), max(leave.last for leave in given)
    patterns = by_person(rosters.patterns(db, first, last, [person]), rosters.groups_of(db, [person]), [person])
    singles = {one.day: one for one in rosters.single_days(db, [person], first, last)}
    deriver = Deriver(book(db), now=0)
    facts = PersonFacts(person, patterns[person], singles)
    return [
        (day, leave_minutes(leave.part, leave.span, a_day), leave)
        for leave in given
        for day in each_day(leave.first, leave.last)
        if deriver.works(facts, day)
    ]


def _lines(house: House, db: Reader, found: Sequence[LeaveRow]) -> list[LeaveLine]:
    names = names_of(house, db, [row.person for row in found])
    lines = []
    for row in found:
        try:
            lines.append(LeaveLine(_opened(house, db, row), names.get(row.person, "")))
        except KeyDestroyed:
            continue
    return lines


def _opened(house: House, db: Reader, row: LeaveRow) -> Leave:
    detail = unseal(house, leave_place(db.tenant, row.leave), row.detail)
    return Leave(
        leave=row.leave,
        person=row.person,
        kind=LeaveKindId(detail["kind"]),
        first=row.first,
        last=row.last,
        state=row.state,
        part=LeavePart(detail["part"]),
        span=read_span(detail["span"]) if detail["span"] else None,
        why=detail["why"],
        answer=detail["answer"],
    )


def _service(house: House, db: Reader, person: PersonId) -> Service | None:
    sealed = rows.service_of(db, person)
    if sealed is None:
        return None
    found = unseal(house, service_place(db.tenant, person), sealed)
    left = date.fromisoformat(found["left"]) if found["left"] else None
    return Service(date.fromisoformat(found["joined"]), date.fromisoformat(found["working_since"]), left)


def _service_text(service: Service) -> dict[str, Any]:
    return {
        "joined": service.joined.isoformat(),
        "working_since": service.working_since.isoformat(),
        "left": service.left.isoformat() if service.left else None,
    }


def _grant(house: House, db: Reader, row: GrantRow) -> Grant:
    found = unseal(house, grant_place(db.tenant, row.grant), row.detail)
    return Grant(LeaveKindId(found["kind"]), row.day, int(found["minutes"]), found["why"])


def _sealed(house: House, tx: Tx, person: PersonId, place: Place, detail: Mapping[str, Any]) -> Sealed:
    return seal(house, tx.tenant, subject(person), place, dict(detail))


def service_place(tenant: TenantId, person: PersonId) -> Place:
    return Place(tenant, "services", "detail", str(person))


def grant_place(tenant: TenantId, number: UUID) -> Place:
    return Place(tenant, "leave_grants", "detail", str(number))
