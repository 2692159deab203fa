"""What people write about a day: punches by hand, corrections, requests for them, approved overtime.

Nobody writes into a derived day. A record says what was changed, by whom and why, is in the journal under the person
concerned, and the months it can reach are derived again in the same transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sealgate.domain.attendance import Direction, Source, WorkDay
from sealgate.domain.attendance_errors import AlreadySettled, BadRecord
from sealgate.domain.attendance_records import (
    AddedMark,
    Change,
    HourRecord,
    RecordKind,
    RecordState,
    change_document,
    checked_change,
    checked_why,
    read_change,
)
from sealgate.domain.errors import NotFound
from sealgate.domain.ids import HourRecordId, OperatorId, PersonId, TenantId
from sealgate.domain.operators import Permission
from sealgate.flows.hours import read_days, rederive
from sealgate.flows.hours_book import book
from sealgate.flows.hours_facts import record_place
from sealgate.flows.kit import House, Signed, seal, subject, unseal
from sealgate.flows.people import names_of
from sealgate.ports import Sealed
from sealgate.privacy import journal
from sealgate.store.engine import Actor, Reader, Tx
from sealgate.store.hours import records, rosters
from sealgate.store.hours.records import RecordRow
from sealgate.vault.errors import KeyDestroyed


@dataclass(frozen=True, slots=True)
class RecordLine:
    """A record with the person's name, for a list; `day` is how the day stands without it, where it waits."""

    record: HourRecord
    name: str
    day: WorkDay | None = None


def correct(house: House, signed: Signed, person: PersonId, day: date, change: Change, why: str) -> HourRecordId:
    """Add marks and take marks away (`change.taken` are sources of the day's presence). It holds at once.

    Raises `WhyNeeded`, `BadRecord`, `NegativeHours`, `NotFound`, `PassagesGone`.
    """
    return _made(house, signed, person, day, RecordKind.CORRECTION, change, why)


def punch(house: House, signed: Signed, person: PersonId, at: datetime, direction: Direction, why: str) -> HourRecordId:
    """One mark by hand, by an operator: somebody whose card was at home. Raises as `correct`."""
    with house.store.read(signed.tenant) as db:
        day = at.astimezone(book(db).home).date() if at.tzinfo else at.date()
    return _made(house, signed, person, day, RecordKind.PUNCH, Change((AddedMark(at, direction),)), why)


def confirm(house: House, signed: Signed, person: PersonId, day: date, why: str) -> HourRecordId:
    """The marks that were assumed on that day are right: they become marks that somebody answers for.

    Raises `BadRecord` where nothing was assumed.
    """
    with house.store.read(signed.tenant) as db:
        found = read_days(house, db, [person], day, day).get(person, ())
    added = [
        AddedMark(at, direction)
        for stretch in (found[0].presence if found else ())
        for assumed, at, direction in (
            (stretch.assumed_in, stretch.since, Direction.IN),
            (stretch.assumed_out, stretch.until, Direction.OUT),
        )
        if assumed
    ]
    if not added:
        raise BadRecord("nothing was assumed on that day", field="day")
    return correct(house, signed, person, day, Change(tuple(added)), why)


def approve_overtime(house: House, signed: Signed, person: PersonId, day: date, minutes: int, why: str) -> HourRecordId:
    """So many minutes of that day's overtime are approved, 0 refuses it; the newest approval stands. Raises as `correct`."""
    return _made(house, signed, person, day, RecordKind.OVERTIME, Change(minutes=minutes), why)


def ask_correction(house: House, tenant: TenantId, person: PersonId, day: date, change: Change, why: str) -> HourRecordId:
    """The person asks; nothing changes until somebody settles it. The caller has made sure that it is the person.

    Raises as `correct`.
    """
    actor = Actor("person", str(person))
    with house.store.begin(tenant, actor) as tx:
        row = _row(house, tx, person, day, RecordKind.CORRECTION, change, why, None, RecordState.ASKED)
        records.add(tx, row)
        told = f"record:{row.record}"
        journal.write(tx, house.keyring, house.clock.now(), "hours.correction-asked", about=person, object=told)
        tx.publish("hours", {"record": str(row.record), "state": RecordState.ASKED.value})
        tx.after_commit(house.wake)
    return row.record


def withdraw_correction(house: House, tenant: TenantId, person: PersonId, record: HourRecordId) -> None:
    """The person takes the request back. Raises `NotFound`, `AlreadySettled`."""
    with house.store.begin(tenant, Actor("person", str(person))) as tx:
        row = records.record(tx, record)
        if row.person != person:
            raise NotFound("hour record")
        _settled(house, tx, row, RecordState.WITHDRAWN, None, "")
        told = f"record:{record}"
        journal.write(tx, house.keyring, house.clock.now(), "hours.correction-withdrawn", about=person, object=told)


def settle_correction(house: House, signed: Signed, record: HourRecordId, *, approved: bool, answer: str) -> None:
    """Approve a request, and the day is derived anew; or refuse it. Raises `AlreadySettled`, `WhyNeeded`, `NotFound`."""
    signed.need(Permission.CHANGE_HOURS)
    words = checked_why(answer)
    state = RecordState.APPROVED if approved else RecordState.REFUSED
    with house.store.begin(signed.tenant, signed.actor) as tx:
        row = records.record(tx, record)
        _settled(house, tx, row, state, signed.operator, words)
        if approved:
            rederive(house, tx, row.person, row.day, row.day)
        action = f"hours.correction-{state}"
        journal.write(tx, house.keyring, house.clock.now(), action, about=row.person, object=f"record:{record}", purpose=words)
        tx.publish("hours", {"record": str(record), "state": state.value})
        tx.after_commit(house.wake)


def waiting(house: House, signed: Signed) -> list[RecordLine]:
    """Requests that wait, oldest first, each with how its day stands."""
    signed.need(Permission.SEE_HOURS)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        lines = _lines(house, tx, records.waiting(tx), with_days=True)
        journal.write(tx, house.keyring, house.clock.now(), "hours.requests-read", object=f"records:{len(lines)}")
    return lines


def records_of(house: House, signed: Signed, people: Sequence[PersonId], first: date, last: date) -> list[RecordLine]:
    """All that was written about the days of these people, in the order it was written."""
    signed.need(Permission.SEE_HOURS)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        lines = _lines(house, tx, records.of_people(tx, people, first, last))
        about = people[0] if len(people) == 1 else None
        journal.write(tx, house.keyring, house.clock.now(), "hours.records-read", about=about, object=f"records:{len(lines)}")
    return lines


def own_records(house: House, tenant: TenantId, person: PersonId, first: date, last: date) -> list[HourRecord]:
    """What was written about a person's own days; the caller has made sure that it is the person who asks."""
    with house.store.begin(tenant, Actor("person", str(person))) as tx:
        lines = _lines(house, tx, records.of_people(tx, [person], first, last))
        journal.write(tx, house.keyring, house.clock.now(), "hours.records-read", about=person, object=f"person:{person}")
    return [line.record for line in lines]


def _made(
    house: House, signed: Signed, person: PersonId, day: date, kind: RecordKind, change: Change, why: str
) -> HourRecordId:
    signed.need(Permission.CHANGE_HOURS)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        row = _row(house, tx, person, day, kind, change, why, signed.operator, RecordState.APPROVED)
        records.add(tx, row)
        rederive(house, tx, person, day, day)
        action = {RecordKind.OVERTIME: "hours.overtime-approved", RecordKind.PUNCH: "hours.punched"}.get(
            kind, "hours.corrected"
        )
        told = f"record:{row.record}:{day}"
        journal.write(tx, house.keyring, house.clock.now(), action, about=person, object=told, purpose=" ".join(why.split()))
        tx.publish("hours", {"record": str(row.record), "state": RecordState.APPROVED.value})
        tx.after_commit(house.wake)
    return row.record


def _row(
    house: House,
    tx: Tx,
    person: PersonId,
    day: date,
    kind: RecordKind,
    change: Change,
    why: str,
    by: OperatorId | None,
    state: RecordState,
) -> RecordRow:
    """Checked and sealed. Raises `NotFound` for somebody who is no staff."""
    noon = datetime.combine(day, time(12), book(tx).home)
    detail = {"change": change_document(checked_change(kind, day, change, noon)), "why": checked_why(why), "answer": ""}
    if not rosters.staff(tx, people=[person]):
        raise NotFound("person")
    record, now = HourRecordId(house.new_id()), house.clock.now()
    settled = now if state is RecordState.APPROVED else None
    sealed = _sealed(house, tx, person, record, detail)
    return RecordRow(record, person, day, kind, state, sealed, now, by, settled, by if settled else None)


def _settled(house: House, tx: Tx, row: RecordRow, state: RecordState, by: OperatorId | None, answer: str) -> None:
    """Whoever else settles it at this moment is second: the conditional update says so."""
    detail = {**unseal(house, record_place(tx.tenant, row.record), row.detail), "answer": answer}
    sealed = _sealed(house, tx, row.person, row.record, detail)
    if not records.settle(tx, row.record, state, sealed, house.clock.now(), by):
        raise AlreadySettled("the request is settled already")


def _sealed(house: House, tx: Tx, person: PersonId, record: HourRecordId, detail: dict[str, Any]) -> Sealed:
    return seal(house, tx.tenant, subject(person), record_place(tx.tenant, record), detail)


def _lines(house: House, db: Reader, rows: Sequence[RecordRow], *, with_days: bool = False) -> list[RecordLine]:
    names = names_of(house, db, [row.person for row in rows])
    days = _days_of(house, db, rows) if with_days else {}
    lines = []
    for row in rows:
        try:
            record = _opened(house, db, row)
        except KeyDestroyed:
            continue
        lines.append(RecordLine(record, names.get(row.person, ""), days.get((row.person, row.day))))
    return lines


def _days_of(house: House, db: Reader, rows: Sequence[RecordRow]) -> dict[tuple[PersonId, date], WorkDay]:
    """One reading for each month that is asked about, not one for each row."""
    found: dict[tuple[PersonId, date], WorkDay] = {}
    by_month: dict[date, set[PersonId]] = {}
    for row in rows:
        by_month.setdefault(row.day.replace(day=1), set()).add(row.person)
    for month, people in by_month.items():
        last = (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        for person, days in read_days(house, db, sorted(people), month, last).items():
            found |= {(person, day.day): day for day in days}
    return found


def _opened(house: House, db: Reader, row: RecordRow) -> HourRecord:
    detail = unseal(house, record_place(db.tenant, row.record), row.detail)
    return HourRecord(
        record=row.record,
        person=row.person,
        day=row.day,
        kind=row.kind,
        state=row.state,
        change=read_change(detail["change"]),
        why=detail["why"],
        made_at=row.made_at,
        made_by=row.made_by,
        settled_at=row.settled_at,
        settled_by=row.settled_by,
        answer=detail["answer"],
    )


def marks_of(day: WorkDay) -> list[Source]:
    """The marks of a day that a correction may take away: not those that were assumed."""
    told = [mark for stretch in day.presence for mark in (stretch.came, stretch.left)]
    return [mark for mark in dict.fromkeys(told) if mark.startswith(("passage:", "punch:", "correction:"))]
