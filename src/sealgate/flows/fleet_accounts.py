"""Fleets as the console keeps them: an account for a permit of many cars, and its statements, due and paid.

The surprising thing: a statement is made once and never changes. What is taken back later, and what an edge told late, stands
on the next one; so the sum of all statements and of what stands on none is what was charged less what was taken back.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from sealgate.domain.calendar import local_day, zone
from sealgate.domain.errors import Conflict, Invalid, NotFound
from sealgate.domain.fleets import DUE_WITHIN, Account, BadMonth, EntryKind, end_of_month, month_before
from sealgate.domain.ids import PaymentId, PermitId, StayId, TenantId
from sealgate.domain.lots import PermitKind
from sealgate.domain.money import MOST_MINOR, Money
from sealgate.domain.operators import Permission
from sealgate.domain.tariff_errors import CannotPrice
from sealgate.flows import permits, pricing
from sealgate.flows.kit import House, Signed, unseal
from sealgate.flows.lots import changed
from sealgate.flows.parking_scene import seen_place
from sealgate.flows.stay_record import receipt_number
from sealgate.ports import Sealed
from sealgate.privacy import journal
from sealgate.store import parking, places
from sealgate.store.engine import Actor, Reader, Tx
from sealgate.store.parking import fleets
from sealgate.store.parking.fleets import EntryRow, StatementRow
from sealgate.vault.errors import KeyDestroyed

CLOCKWORK = Actor("system", "clockwork")
AT_A_TIME = 200
MOST_SHOWN = 200


class NoFleet(Conflict):
    """Only a permit of a fleet has an account, and only where a garage asks for money."""

    code = "fleet.no-account"


class WrongLimit(Invalid):
    code = "fleet.wrong-limit"


class NothingToState(Conflict):
    """Nothing stands open for that month, or it has its statement."""

    code = "fleet.nothing-open"


class StatementPaid(Conflict):
    code = "fleet.statement-paid"


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One stay that was charged, or what was taken back of it. `plate` is empty where the day's key is destroyed. Times UTC."""

    row: EntryRow
    lot: str
    plate: str

    @property
    def money(self) -> Money:
        return Money(self.row.minor, self.row.currency)

    @property
    def back(self) -> bool:
        return self.row.kind is EntryKind.BACK


@dataclass(frozen=True, slots=True)
class StatementLine:
    row: StatementRow
    overdue: bool

    @property
    def number(self) -> str:
        return receipt_number(PaymentId(self.row.statement))

    @property
    def total(self) -> Money:
        return Money(self.row.total, self.row.currency)


@dataclass(frozen=True, slots=True)
class AccountView:
    """`owed` is on no statement yet or on one that is not paid; `loose` what stands on none, oldest first, `more` if not all of
    it. `currency` is what an account would be in."""

    account: Account | None
    owed: Money | None
    loose: tuple[EntryLine, ...] = ()
    more: bool = False
    statements: tuple[StatementLine, ...] = ()
    currency: str = ""


@dataclass(frozen=True, slots=True)
class StatementView:
    """`holder` is the company, as the permit has it."""

    line: StatementLine
    permit: PermitId
    holder: str


def account(house: House, signed: Signed, permit: PermitId) -> AccountView:
    """The account of a permit with what stands open; None of it where it has none. The plates are journaled."""
    with house.store.begin(signed.tenant, signed.actor) as tx:
        row = permits.held_permit(tx, signed, permit)
        terms = row.permit.account
        if terms is None:
            journal.write(tx, house.keyring, house.clock.now(), "permit.opened", object=f"permit:{permit}")
            return AccountView(None, None, currency=_currency(house, tx, row) or "")
        rows = fleets.loose_entries(tx, permit, limit=MOST_SHOWN + 1)
        lines = tuple(_lines(house, tx, rows[:MOST_SHOWN]))
        owed = Money(fleets.owed(tx, permit), terms.currency)
        today = house.clock.now().date()
        stated = tuple(_statement_line(one, today) for one in fleets.statements_of(tx, permit))
        journal.write(tx, house.keyring, house.clock.now(), "fleet.account-opened", object=f"permit:{permit}")
    return AccountView(terms, owed, lines, len(rows) > MOST_SHOWN, stated, terms.currency)


def open_account(house: House, signed: Signed, permit: PermitId, limit: int | None) -> None:
    """From now on its cars' stays are charged to it; or its limit (minor units, None: any sum) is another from now on.

    Raises `NoFleet`, `WrongLimit`.
    """
    if limit is not None and not 1 <= limit <= MOST_MINOR:
        raise WrongLimit("a limit is above nothing", field="limit")

    def write(tx: Tx) -> None:
        row = permits.held_permit(tx, signed, permit)
        permits.may_change(tx, signed, row.permit)
        terms = row.permit.account
        currency = _currency(house, tx, row) if terms is None else terms.currency
        if row.permit.kind is not PermitKind.FLEET or not currency:
            raise NoFleet("no account is for this permit")
        if not fleets.set_account(tx, permit, replace(terms, limit=limit) if terms else Account(currency, limit)):
            raise NotFound("permit")

    changed(house, signed, "fleet.account-set", f"permit:{permit}", write)


def suspend(house: House, signed: Signed, permit: PermitId, *, on: bool) -> None:
    """Nothing more is charged to it, and its cars are visitors that pay themselves, until it is taken up again."""

    def write(tx: Tx) -> None:
        row = permits.held_permit(tx, signed, permit)
        permits.may_change(tx, signed, row.permit)
        terms = row.permit.account
        if terms is None:
            raise NoFleet("no account is for this permit")
        fleets.set_account(tx, permit, replace(terms, suspended=house.clock.now() if on else None))

    changed(house, signed, "fleet.suspended" if on else "fleet.resumed", f"permit:{permit}", write)


def make_statement(house: House, signed: Signed, permit: PermitId, month: str) -> UUID:
    """Of a month (`2026-03`) that is over, with all that stood open until its end. Raises `BadMonth`, `NothingToState`."""
    signed.need(Permission.REFUND)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        row = permits.held_permit(tx, signed, permit)
        made = _made(house, tx, row, month)
        if made is None:
            raise NothingToState("nothing stands open for that month")
        return made.statement


def state_months(house: House, tenant: TenantId) -> int:
    """Every account's month that is over, once; how many statements were made. For the clockwork."""
    now = house.clock.now()
    with house.store.read(tenant) as db:
        waiting = fleets.has_loose(db, now)
    count = 0
    for permit in waiting:
        with house.store.begin(tenant, CLOCKWORK) as tx:
            row = parking.permit(tx, permit)
            if row is None or row.permit.account is None:
                continue
            month = month_before(local_day(now, _zone(tx, row)))
            count += _made(house, tx, row, month) is not None
    return count


def paid(house: House, signed: Signed, statement: UUID) -> None:
    """Its money is here. Raises `StatementPaid` where somebody noted that before."""
    signed.need(Permission.REFUND)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        row = _statement(tx, signed, statement)
        now = house.clock.now()
        if not fleets.pay_statement(tx, statement, now, signed.operator):
            raise StatementPaid("its money was noted before")
        journal.write(tx, house.keyring, now, "fleet.statement-paid", object=f"statement:{statement} permit:{row.permit}")


def statement(house: House, signed: Signed, statement: UUID) -> StatementView:
    signed.need(Permission.PARKING)
    with house.store.read(signed.tenant) as db:
        row = _statement(db, signed, statement)
        permit = permits.held_permit(db, signed, row.permit)
        line = _statement_line(row, house.clock.now().date())
        return StatementView(line, row.permit, permits.holder_of(house, db, permit))


def statement_lines(house: House, signed: Signed, statement: UUID) -> Iterator[EntryLine]:
    """All of them, oldest first, read as they are asked for. Right and journal entry come before the first line."""
    signed.need(Permission.PARKING)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        _statement(tx, signed, statement)
        journal.write(tx, house.keyring, house.clock.now(), "fleet.statement-opened", object=f"statement:{statement}")
    return _pages(house, signed, statement)


def _pages(house: House, signed: Signed, statement: UUID) -> Iterator[EntryLine]:
    last: EntryRow | None = None
    while True:
        with house.store.read(signed.tenant) as db:
            rows = fleets.entries_of(db, statement, last, AT_A_TIME)
            lines = _lines(house, db, rows)
        yield from lines
        if len(rows) < AT_A_TIME:
            return
        last = rows[-1]


def _made(house: House, tx: Tx, row: parking.PermitRow, month: str) -> StatementRow | None:
    terms, permit, now = row.permit.account, row.permit.permit, house.clock.now()
    if terms is None:
        raise NoFleet("no account is for this permit")
    end = end_of_month(month, _zone(tx, row))
    if end > now:
        raise BadMonth("that month is not over", field="month")
    due_on = local_day(now, _zone(tx, row)) + DUE_WITHIN
    empty = StatementRow(house.new_id(), permit, month, now, due_on, 0, terms.currency, 0)
    made = fleets.take_entries(tx, empty, end)
    if made is not None:
        about = f"statement:{made.statement} permit:{permit} month:{month}"
        journal.write(tx, house.keyring, now, "fleet.statement-made", object=about)
    return made


def _statement(db: Reader, signed: Signed, statement: UUID) -> StatementRow:
    """Raises `NotFound`, also for one of a permit that holds in no lot of the site."""
    row = fleets.statement(db, statement)
    if row is None:
        raise NotFound("statement")
    permits.held_permit(db, signed, row.permit)
    return row


def _statement_line(row: StatementRow, today: date) -> StatementLine:
    return StatementLine(row, row.paid_at is None and row.due_on < today)


def _lines(house: House, db: Reader, rows: list[EntryRow]) -> list[EntryLine]:
    names = {lot.lot: lot.name for lot in parking.lots(db)}
    seen = fleets.seen_of_stays(db, [row.stay for row in rows])
    return [EntryLine(row, names.get(row.lot, ""), _plate(house, db, row.stay, seen.get(row.stay))) for row in rows]


def _plate(house: House, db: Reader, stay: StayId, sealed: Sealed | None) -> str:
    if sealed is not None:
        with suppress(KeyDestroyed):
            return str(unseal(house, seen_place(db.tenant, stay), sealed).get("plate", ""))
    return ""


def _zone(db: Reader, row: parking.PermitRow) -> ZoneInfo:
    """The clocks of the first garage in which it holds: its months begin and end by them."""
    lots = [lot for lot in parking.lots(db) if row.permit.covers(lot)]
    return zone(places.site(db, lots[0].site).time_zone if lots else "UTC")


def _currency(house: House, db: Reader, row: parking.PermitRow) -> str | None:
    """That of the tariff of a garage in which it holds."""
    for lot in parking.lots(db):
        if row.permit.covers(lot):
            with suppress(CannotPrice):
                return pricing.tariff_for(db, lot, house.clock.now()).currency
    return None
