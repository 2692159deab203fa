"""One stay, whole: what was seen of it, what it was billed, what was paid and went back, and who was asked about it.

The surprising thing: a closed stay has no token any more, so it is found by its passages, whose tokens change every day;
whoever looks for one says the day as well as the plate. That a record was opened is journaled, for it shows a plate.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sealgate.domain.billing import PaymentState, RefundState
from sealgate.domain.calendar import day_number, local_day, zone
from sealgate.domain.errors import NotFound
from sealgate.domain.ids import CallId, PassageId, PaymentId, RefundId, SiteId, StayId
from sealgate.domain.lots import Lot
from sealgate.domain.money import Money
from sealgate.domain.operators import Permission
from sealgate.domain.plates import normalise
from sealgate.domain.sightings import Means
from sealgate.domain.stays import Stay, StayOver, StayState, settled
from sealgate.domain.stays_calls import CallReason
from sealgate.domain.tariff_bill import BillReason, Line
from sealgate.domain.tariff_errors import CannotPrice
from sealgate.flows import payment_rows
from sealgate.flows.kit import House, Signed, unseal
from sealgate.flows.looking import PassageLine, lines_of
from sealgate.flows.lots import StayLine, StayList, stay_lines
from sealgate.flows.parking_scene import detail_place, leaving_place
from sealgate.flows.parking_writing import Account, seen_of, told
from sealgate.flows.passage import NeedsWords
from sealgate.flows.paying import account_now
from sealgate.flows.people import checked_purpose
from sealgate.flows.signin import operator_names
from sealgate.ports import Token
from sealgate.privacy import journal
from sealgate.store import parking, passages, places
from sealgate.store.engine import Reader
from sealgate.vault.errors import KeyDestroyed

MOST_PASSAGES = 50
MOST_FOUND = 20
MOMENT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class SentBackLine:
    """One refund. `why` is empty where nobody of ours asked for it."""

    refund: RefundId
    state: RefundState
    money: Money
    asked_at: datetime
    done_at: datetime | None
    why: str


@dataclass(frozen=True, slots=True)
class PaymentLine:
    """`back` went back, `refundable` still may. `means` is the provider's name; `number` that of the receipt."""

    payment: PaymentId
    number: str
    means: str
    state: PaymentState
    asked: Money
    started_at: datetime
    paid_at: datetime | None
    disputed_at: datetime | None
    back: Money
    refundable: Money
    refunds: tuple[SentBackLine, ...]
    invoice_asked: datetime | None = None
    invoice_number: str | None = None


@dataclass(frozen=True, slots=True)
class BillLine:
    at: datetime
    lines: tuple[Line, ...]
    total: Money
    final: bool


@dataclass(frozen=True, slots=True)
class CallLine:
    """`outcome` is a word of `domain.desk.Act`, or what answered the call; `by` names the attendant."""

    call: CallId
    reason: CallReason
    at: datetime
    by: str
    done_at: datetime | None
    outcome: str | None


@dataclass(frozen=True, slots=True)
class StayRecord:
    """`exit_plate` is what was read at the exit, where it was another. `owed` None: the lot bills nobody, or has no tariff."""

    line: StayLine
    lot: Lot
    exit_gate: str
    exit_plate: str
    by_ticket: bool
    passages: tuple[PassageLine, ...]
    bills: tuple[BillLine, ...]
    payments: tuple[PaymentLine, ...]
    calls: tuple[CallLine, ...]
    owed: Account | None

    @property
    def stay(self) -> Stay:
        return self.line.stay

    @property
    def final(self) -> BillLine | None:
        """The bill that holds for good, once it has left."""
        return next((bill for bill in self.bills if bill.final), None)

    @property
    def total(self) -> Money | None:
        """What it costs: by its final bill, else if it left now."""
        return self.final.total if self.final else self.owed.bill.total if self.owed else None

    @property
    def lines(self) -> tuple[Line, ...]:
        return self.final.lines if self.final else self.owed.bill.lines if self.owed else ()

    @property
    def received(self) -> Money | None:
        """What was paid for it and is still ours."""
        return self.owed.received if self.owed else None

    @property
    def due(self) -> Money | None:
        """None where nobody is asked for money any more."""
        if self.owed is None or self.stay.state is StayState.CLOSED:
            return None
        left = self.final.total.minor - self.owed.received.minor if self.final else self.owed.due.minor
        return Money(max(left, 0), self.owed.due.currency)

    @property
    def overpaid(self) -> Money | None:
        """What was paid beyond the final bill, or beyond a bill that the desk lowered; None where it was not."""
        if self.total is None or self.received is None or (self.final is None and not self.stay.validations):
            return None
        over = self.received.minor - self.total.minor
        return Money(over, self.total.currency) if over > 0 else None


def stay_record(house: House, signed: Signed, site: SiteId, stay: StayId) -> StayRecord:
    """Raises `NotFound`, also for a stay at another site."""
    signed.need(Permission.PARKING)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        row = parking.stay(tx, stay)
        if row is None or row.site != site:
            raise NotFound("stay")
        gates = {gate.gate: gate.name for gate in places.gates(tx, site)}
        seen, leaving = _seen(house, tx, row), _seen_leaving(house, tx, row)
        other = str(leaving.get("plate") or "")
        made = StayRecord(
            line=stay_lines(house, tx, [row])[0],
            lot=parking.lot(tx, row.stay.lot),
            exit_gate=gates.get(row.exit_gate, "") if row.exit_gate else "",
            exit_plate="" if other == seen.get("plate") else other,
            by_ticket=row.ticket_hash is not None,
            passages=tuple(_passages(house, tx, row, {str(seen.get("plate") or ""), other} - {""})),
            bills=tuple(_bill(bill) for bill in parking.bills_of(tx, stay)),
            payments=tuple(payment_line(house, tx, one) for one in parking.payments_of(tx, stay)),
            calls=tuple(_calls(house, tx, stay)),
            owed=_owed(tx, row, house.clock.now()),
        )
        journal.write(tx, house.keyring, house.clock.now(), "stay.opened", object=f"stay:{stay}")
    return made


def stay_of_payment(house: House, signed: Signed, site: SiteId, payment: PaymentId) -> tuple[Stay, PaymentLine]:
    """Raises `NotFound`, also for a payment at another site."""
    signed.need(Permission.PARKING)
    with house.store.read(signed.tenant) as db:
        row = parking.payment(db, payment)
        stay = None if row is None else parking.stay(db, row.stay)
        if row is None or stay is None or stay.site != site:
            raise NotFound("payment")
        return stay.stay, payment_line(house, db, row)


def end_by_hand(house: House, signed: Signed, site: SiteId, stay: StayId, why: str) -> None:
    """The car is gone and nobody saw it leave: its stay is over, nobody is billed for it, and its space is free.

    Raises `NeedsWords`, `NotFound`, `StayOver`.
    """
    signed.need(Permission.DESK)
    words = " ".join(why.split())
    if not 3 <= len(words) <= 300:
        raise NeedsWords("say why in 3 to 300 characters")
    with house.store.begin(signed.tenant, signed.actor) as tx:
        now, row = house.clock.now(), parking.stay(tx, stay)
        if row is None or row.site != site:
            raise NotFound("stay")
        if not row.stay.inside or not parking.change_stay(tx, row.stay, settled(row.stay), now):
            raise StayOver("it is over already")
        parking.give_back(tx, row.stay.lot, row.stay.right.space)
        for call in parking.calls_of_stay(tx, stay):
            parking.finish_call(tx, call.call, "ended-by-hand", now)
        told(tx, settled(row.stay))
        journal.write(tx, house.keyring, now, "stay.ended-by-hand", object=f"stay:{stay}", purpose=words)
        tx.after_commit(house.wake)


def find_past(house: House, signed: Signed, site: SiteId, plate: str, day: date, purpose: str) -> StayList:
    """Stays, also closed ones, whose car of exactly this plate passed a lane on that local day. Raises `PurposeNeeded`,
    `BadPlate`."""
    signed.need(Permission.PARKING)
    why, text = checked_purpose(purpose), normalise(plate)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        token = house.index.find_day_token(tx.tenant, site, day, Means.PLATE.value, text)
        views = [] if token is None else passages.page(tx, site=site, tokens=[(day_number(day), token)], limit=MOST_PASSAGES)
        named = dict.fromkeys(filter(None, (_stay_of(house, tx, view) for view in views)))
        rows = [row for name in named if (row := parking.stay(tx, name)) is not None and row.site == site]
        found = StayList(tuple(stay_lines(house, tx, rows[:MOST_FOUND])), more=len(rows) > MOST_FOUND)
        journal.write(tx, house.keyring, house.clock.now(), "stays.searched", object=f"site:{site}", purpose=why)
    return found


def payment_line(house: House, db: Reader, row: parking.PaymentRow) -> PaymentLine:
    known = payment_rows.known(house, db, row)
    asked = parking.invoice(db, row.payment)
    return PaymentLine(
        payment=row.payment,
        number=receipt_number(row.payment),
        means=row.provider,
        state=row.state,
        asked=row.asked,
        started_at=row.started_at,
        paid_at=row.paid_at,
        disputed_at=row.disputed_at,
        back=known.payment.refunded,
        refundable=known.payment.refundable,
        refunds=tuple(sent_back(house, db, refund) for refund in known.refunds.values()),
        invoice_asked=asked.asked_at if asked else None,
        invoice_number=asked.number if asked else None,
    )


def sent_back(house: House, db: Reader, row: parking.RefundRow) -> SentBackLine:
    why = ""
    if row.reason is not None:
        why = str(unseal(house, payment_rows.refund_place(db.tenant, "reason", row.refund), row.reason)["why"])
    return SentBackLine(row.refund, row.state, row.money, row.asked_at, row.done_at, why)


def receipt_number(payment: PaymentId) -> str:
    """As it stands on the receipt: the random end of the payment's identity."""
    return payment.hex[-12:].upper()


def _passages(house: House, db: Reader, row: parking.StayRow, plates: Iterable[str]) -> list[PassageLine]:
    """Those that say they were this stay's: by its plates on its first and last day, and at the gates where it was seen."""
    tz = zone(places.site(db, row.site).time_zone)
    last = row.stay.left or row.closed_at or house.clock.now()
    views = passages.page(db, gate=row.entry_gate, since=row.stay.entered, until=row.stay.entered + MOMENT, limit=5)
    if row.exit_gate is not None and row.stay.left is not None:
        views += passages.page(db, gate=row.exit_gate, since=row.stay.left, until=row.stay.left + MOMENT, limit=5)
    tokens = _tokens(house, db, row.site, {local_day(row.stay.entered, tz), local_day(last, tz)}, plates)
    views += passages.page(db, site=row.site, since=row.stay.entered, tokens=tokens, limit=MOST_PASSAGES)
    mine = {view.row.passage: view for view in views if _is_of(house, db, view, row)}
    return lines_of(house, db, tz, [mine[name] for name in sorted(mine)])


def _tokens(house: House, db: Reader, site: SiteId, days: Iterable[date], plates: Iterable[str]) -> list[tuple[int, Token]]:
    found = (
        (day_number(day), house.index.find_day_token(db.tenant, site, day, Means.PLATE.value, plate))
        for day in days
        for plate in plates
    )
    return [(day, token) for day, token in found if token is not None]


def _is_of(house: House, db: Reader, view: passages.PassageView, row: parking.StayRow) -> bool:
    return _stay_of(house, db, view) == row.stay.stay


def _stay_of(house: House, db: Reader, view: passages.PassageView) -> StayId | None:
    if view.row.detail is None:
        return None
    with suppress(KeyDestroyed):
        named = unseal(house, detail_place(db.tenant, PassageId(view.row.passage)), view.row.detail).get("stay")
        return StayId(UUID(named)) if named else None
    return None


def _seen(house: House, db: Reader, row: parking.StayRow) -> dict[str, Any]:
    try:
        return seen_of(house, db.tenant, row)
    except KeyDestroyed:
        return {}


def _seen_leaving(house: House, db: Reader, row: parking.StayRow) -> dict[str, Any]:
    if row.seen_leaving is None:
        return {}
    try:
        return unseal(house, leaving_place(db.tenant, row.stay.stay), row.seen_leaving)
    except KeyDestroyed:
        return {}


def _bill(row: parking.BillRow) -> BillLine:
    return BillLine(row.at, bill_lines(row), row.total, row.final)


def bill_lines(row: parking.BillRow) -> tuple[Line, ...]:
    """The lines of a bill that was kept."""
    currency = row.total.currency
    return tuple(
        Line(BillReason(line["reason"]), Money(line["minor"], currency), line.get("about", ""), line.get("units", 0))
        for line in row.lines
    )


def _calls(house: House, db: Reader, stay: StayId) -> Sequence[CallLine]:
    rows = parking.calls_of_stay(db, stay)
    names = operator_names(house, db) if rows else {}
    return [
        CallLine(row.call, row.reason, row.at, names.get(str(row.claimed_by), ""), row.done_at, row.outcome) for row in rows
    ]


def _owed(db: Reader, row: parking.StayRow, now: datetime) -> Account | None:
    if not row.stay.bills:
        return None
    try:
        return account_now(db, row, now)
    except CannotPrice:
        return None
