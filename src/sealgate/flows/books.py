"""The books: a site's payments of some days with what went back of them, and what a provider's statement says otherwise.

Nothing in these lists names a plate. A difference's numbers at the provider open on its own page, and that is journaled.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from uuid import UUID

from sealgate.domain.calendar import DAY, zone
from sealgate.domain.errors import Invalid, NotFound
from sealgate.domain.ids import PaymentId, SiteId, StayId
from sealgate.domain.money import Money
from sealgate.domain.operators import Permission
from sealgate.flows.kit import House, Signed, unseal
from sealgate.flows.reconciling import refs_of, settled_place
from sealgate.flows.refunds import ByHand
from sealgate.flows.reporting import LONGEST, ReportBackwards, ReportTooLong
from sealgate.flows.signin import operator_names
from sealgate.flows.stay_record import SentBackLine, receipt_number, sent_back
from sealgate.privacy import journal
from sealgate.store import parking, places
from sealgate.store.engine import Reader
from sealgate.store.parking import books
from sealgate.store.parking.books import Differed, Paid

__all__ = ["Asked", "BookLine", "Differed", "DifferenceRecord", "Paid", "difference", "differences", "payments"]

MOST_SHOWN = 200


class BadNumber(Invalid):
    """A receipt's number has twelve characters, digits and A to F."""

    code = "receipt.bad-number"


@dataclass(frozen=True, slots=True)
class Asked:
    """The local days of a site from `since` to `until`, both included."""

    site: SiteId
    since: date
    until: date

    def __post_init__(self) -> None:
        if self.until < self.since:
            raise ReportBackwards("the last day lies before the first", field="until")
        if self.until - self.since >= LONGEST:
            raise ReportTooLong("at most 93 days", field="until")


@dataclass(frozen=True, slots=True)
class BookLine:
    """A payment in the list. `back` is what went back of it, as far as we know."""

    row: parking.PaymentRow
    lot: str
    refunds: tuple[SentBackLine, ...]
    back: Money

    @property
    def payment(self) -> PaymentId:
        return self.row.payment

    @property
    def stay(self) -> StayId:
        return self.row.stay

    @property
    def number(self) -> str:
        return receipt_number(self.row.payment)


@dataclass(frozen=True, slots=True)
class BookPage:
    lines: tuple[BookLine, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class DifferenceRecord:
    """`refs` are the numbers to look for at the provider's desk; `by` and `why` are of whoever settled it."""

    line: Differed
    refs: dict[str, str]
    by: str
    why: str


def payments(house: House, signed: Signed, asked: Asked, which: Paid = Paid.ALL, number: str = "") -> BookPage:
    """Newest first. `number` is a receipt's: then only its payment, among those of the days. Raises `BadNumber`."""
    signed.need(Permission.PARKING)
    wanted = _number(number)
    with house.store.read(signed.tenant) as db:
        since, until = _instants(db, asked)
        names = {lot.lot: lot.name for lot in parking.lots(db, asked.site)}
        limit = MOST_SHOWN + 1 if not wanted else 100_000
        rows = books.booked(db, asked.site, since, until, which, [means.value for means in ByHand], limit)
        if wanted:
            rows = [row for row in rows if receipt_number(row.payment.payment) == wanted]
        lines = [_line(house, db, row, names.get(row.lot, "")) for row in rows[:MOST_SHOWN]]
    return BookPage(tuple(lines), more=len(rows) > MOST_SHOWN)


def differences(
    house: House, signed: Signed, since: date, until: date, *, provider: str = "", settled: bool | None = None
) -> list[Differed]:
    """Of the whole organisation, for a provider's account knows no site: those of statements of these days."""
    signed.need(Permission.PARKING)
    with house.store.read(signed.tenant) as db:
        return books.differences_between(db, since, until, provider=provider, settled=settled, limit=MOST_SHOWN)


def unsettled(house: House, signed: Signed) -> int:
    """How many differences nobody has settled, up to two hundred."""
    signed.need(Permission.PARKING)
    with house.store.read(signed.tenant) as db:
        return len(parking.open_differences(db))


def difference(house: House, signed: Signed, name: UUID) -> DifferenceRecord:
    """With the provider's numbers; that they were looked at is journaled. Raises `NotFound`."""
    signed.need(Permission.PARKING)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        found = books.difference(tx, name)
        if found is None:
            raise NotFound("difference")
        row = found.row
        by = operator_names(house, tx).get(str(row.settled_by), "") if row.settled_by else ""
        why = "" if row.settled_why is None else str(unseal(house, settled_place(tx.tenant, name), row.settled_why)["why"])
        made = DifferenceRecord(found, refs_of(house, tx.tenant, row), by, why)
        journal.write(tx, house.keyring, house.clock.now(), "difference.opened", object=f"difference:{name}")
    return made


def _number(typed: str) -> str:
    text = "".join(typed[:100].upper().split())
    if text and (len(text) != 12 or not set(text) <= set("0123456789ABCDEF")):
        raise BadNumber("a receipt's number has twelve characters, 0 to 9 and A to F", field="number")
    return text


def _instants(db: Reader, asked: Asked) -> tuple[datetime, datetime]:
    tz = zone(places.site(db, asked.site).time_zone)
    since, until = (datetime.combine(day, time(0), tz).astimezone(UTC) for day in (asked.since, asked.until + DAY))
    return since, until


def _line(house: House, db: Reader, booked: books.Booked, lot: str) -> BookLine:
    done = sum(refund.money.minor for refund in booked.refunds if refund.done_at is not None)
    back = Money(max(done, booked.payment.refunded_told), booked.payment.asked.currency)
    return BookLine(booked.payment, lot, tuple(sent_back(house, db, one) for one in booked.refunds), back)
