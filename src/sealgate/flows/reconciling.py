"""A provider's statement of one of its days, against our rows. Every difference is written down once, and stays until settled.

The surprising thing: two clocks never agree at midnight, so what moved in a day's last hour is judged with the next day's, and
what a statement lacks is looked for in those before. Organisations that share one
account see only their own; what no organisation here knows is told to the first, whose account it is.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache, partial
from typing import Any
from uuid import UUID

from sealgate.domain.billing import PaymentState, RefundState, payment_of, reference_of
from sealgate.domain.errors import Conflict, Invalid, Refused
from sealgate.domain.ids import TenantId
from sealgate.domain.operators import Permission
from sealgate.domain.reconciliation import Difference, Finding, Movement, OurMovement, StatementLine
from sealgate.domain.reconciliation import reconcile as compare
from sealgate.flows import payment_rows as rows
from sealgate.flows.kit import House, Signed, organisation, seal, unseal
from sealgate.flows.payment_rows import PROVIDERS
from sealgate.flows.settling import provider_named
from sealgate.ports import BadStatement, PaymentProvider, ProviderRefused, StatementNotReady, Unreachable
from sealgate.privacy import journal
from sealgate.store import parking
from sealgate.store.engine import Reader, Tx
from sealgate.vault.envelope import Place

log = logging.getLogger("sealgate.reconciling")

SLACK = timedelta(hours=1)
DAYS_BACK = 3
"""So many days are reconciled again and again: a statement may be late, and a late line is a line."""

DAY = timedelta(days=1)
Keys = frozenset[tuple[Movement, str, str]]


LOOKED_BACK = 8
"""Days of statements in which a movement is looked for that is not in its own: a refund may be done long before it is told."""


class StatementOfAnotherDay(Invalid):
    """Nothing in the file moved on the day for which it was given."""

    code = "statement.another-day"


class UnreadableStatement(Invalid):
    """A file that somebody gave us is no statement of that provider, or is cut off."""

    code = "statement.unreadable"


class DifferenceNeedsWords(Refused):
    """Settling a difference asks for a reason in words."""

    code = "difference.why-needed"


@dataclass(frozen=True, slots=True)
class Moved:
    """One movement of ours, and when we say it was. `since` is the earliest that the provider may say.

    `at` None: it happened, we cannot say when (a chargeback that was taken back).
    """

    movement: OurMovement
    at: datetime | None
    since: datetime


def reconcile(
    house: House, tenant: TenantId, provider: str, day: date, signed: Signed | None = None, file: bytes | None = None
) -> list[parking.DifferenceRow]:
    """All differences of that day's statement, those found before too. `signed` None is the clockwork.

    `file` is the statement as somebody downloaded it, where it cannot be fetched. Raises `UnknownProvider`,
    `StatementNotReady`, `BadStatement`, `StatementOfAnotherDay`, `Unreachable`, `ProviderRefused`.
    """
    if signed is not None:
        signed.need(Permission.PARKING)
    desk = provider_named(house, provider)
    theirs = list(desk.statement(day)) if file is None else _of_file(desk, day, file)
    with house.store.read(tenant) as db:
        moved = _ours(house, db, desk, day, theirs)
    findings = _findings(house, tenant, desk, day, theirs, moved, by_file=file is not None)
    with house.store.begin(tenant, signed.actor if signed else PROVIDERS) as tx:
        found = _write(house, tx, provider, day, findings)
        about = f"statement:{provider}:{day} lines:{len(theirs)} differences:{len(found)}" + ("" if file is None else " file")
        journal.write(tx, house.keyring, house.clock.now(), "payments.reconciled", object=about)
        tx.publish("reconciled", {"provider": provider, "day": day.isoformat(), "differences": len(found)})
        tx.after_commit(house.wake)
    return found


def _of_file(desk: PaymentProvider, day: date, file: bytes) -> list[StatementLine]:
    try:
        lines = list(desk.read_statement(file))
    except BadStatement as broken:
        raise UnreadableStatement("the file is no statement of this provider", field="file") from broken
    if lines and all(line.at.astimezone(desk.day_zone).date() != day for line in lines):
        raise StatementOfAnotherDay("nothing in the file moved on that day", field="day")
    return lines


def reconcile_lately(house: House, tenant: TenantId) -> int:
    """The last days of every provider, for the clockwork; how many statements were there."""
    done = 0
    for name, desk in house.providers.items():
        today = house.clock.now().astimezone(desk.day_zone).date()
        for back in range(1, DAYS_BACK + 1):
            done += _reconciled(house, tenant, name, today - back * DAY)
    return done


def differences(house: House, signed: Signed) -> list[parking.DifferenceRow]:
    """Those that nobody has settled, the oldest day first."""
    signed.need(Permission.PARKING)
    with house.store.read(signed.tenant) as db:
        return parking.open_differences(db)


def settle_difference(house: House, signed: Signed, difference: UUID, why: str) -> None:
    """Somebody knows how it came about. Raises `DifferenceNeedsWords`, `Conflict` where another was first."""
    signed.need(Permission.REFUND)
    words = " ".join(why.split())
    if not 3 <= len(words) <= 300:
        raise DifferenceNeedsWords("say why in 3 to 300 characters")
    with house.store.begin(signed.tenant, signed.actor) as tx:
        now = house.clock.now()
        sealed = seal(house, tx.tenant, organisation(), settled_place(tx.tenant, difference), {"why": words})
        if not parking.settle_difference(tx, difference, now, signed.operator, sealed):
            raise Conflict("this difference is settled, or is not there")
        journal.write(tx, house.keyring, now, "payments.difference-settled", object=f"difference:{difference}", purpose=words)


def settled_place(tenant: TenantId, difference: UUID) -> Place:
    return Place(tenant, "differences", "settled_why", str(difference))


def _reconciled(house: House, tenant: TenantId, provider: str, day: date) -> bool:
    """Whether it could be had. A statement in a bad state is logged, and asked for again."""
    try:
        reconcile(house, tenant, provider, day)
    except StatementNotReady:
        return False
    except (Unreachable, BadStatement, ProviderRefused):
        log.exception("%s: the statement of %s could not be had", provider, day)
        return False
    return True


def _ours(house: House, db: Reader, desk: PaymentProvider, day: date, theirs: Iterable[StatementLine]) -> list[Moved]:
    """What moved from an hour before the day until it was over, and whatever else the statement names."""
    begins, ends = _day(desk, day)
    paid = parking.payments_paid(db, desk.name, begins - SLACK, ends + SLACK)
    back = [payment for _, payment in parking.refunds_done(db, desk.name, begins - SLACK, ends + SLACK)]
    named = [payment_of(line.reference) for line in theirs]
    told = [row for name in set(named) if name and (row := parking.payment(db, name)) and row.provider == desk.name]
    by_id = {row.payment: row for row in (*paid, *back, *told)}
    return [moved for row in by_id.values() for moved in _moved(house, db, row)]


def _moved(house: House, db: Reader, row: parking.PaymentRow) -> Iterator[Moved]:
    known, reference, began = rows.known(house, db, row), reference_of(row.payment), row.started_at
    if row.paid_at is not None:
        yield Moved(OurMovement(Movement.PAYMENT, reference, "", row.asked), row.paid_at, row.paid_at)
    for name, refund in known.refunds.items():
        if refund.state is RefundState.DONE:
            since = began if payment_of(name) is None else refund.asked_at
            yield Moved(OurMovement(Movement.REFUND, reference, name, refund.money), refund.done_at, since)
    if row.disputed_at is None:
        return
    lifted = row.state is not PaymentState.CHARGED_BACK
    yield Moved(OurMovement(Movement.CHARGEBACK, reference, "", row.asked), None if lifted else row.disputed_at, began)
    if lifted:
        yield Moved(OurMovement(Movement.CHARGEBACK_LIFTED, reference, "", row.asked), None, began)


def _findings(
    house: House,
    tenant: TenantId,
    desk: PaymentProvider,
    day: date,
    theirs: list[StatementLine],
    moved: list[Moved],
    *,
    by_file: bool,
) -> list[Finding]:
    ours = {one.movement: one for one in moved}
    mine = [line for line in theirs if not _is_anothers(house, tenant, line, ours)]
    keys = lru_cache(partial(_keys, desk, by_file=by_file))
    return [
        finding
        for finding in compare(ours, mine).findings
        if finding.difference is not Difference.MISSING_THERE
        or finding.ours is None
        or _is_missed(desk, day, ours[finding.ours], keys)
    ]


def _is_missed(desk: PaymentProvider, day: date, one: Moved, keys: Callable[[date], Keys]) -> bool:
    """Whether it belongs into this day's statement, and is in none before."""
    begins, ends = _day(desk, day)
    if one.at is None or not begins - SLACK <= one.at < ends - SLACK:
        return False
    first = (one.since - SLACK).astimezone(desk.day_zone).date()
    days = [day - back * DAY for back in range(1, LOOKED_BACK + 1) if day - back * DAY >= first]
    key = (one.movement.movement, one.movement.reference, one.movement.refund)
    return all(key not in keys(before) for before in days)


def _day(desk: PaymentProvider, day: date) -> tuple[datetime, datetime]:
    midnights = (datetime.combine(one, time(0), desk.day_zone).astimezone(UTC) for one in (day, day + DAY))
    return next(midnights), next(midnights)


def _keys(desk: PaymentProvider, day: date, *, by_file: bool) -> Keys:
    """What a statement names; nothing where it is no longer kept. `by_file`: nor where it cannot be fetched."""
    try:
        lines = desk.statement(day)
    except StatementNotReady:
        return frozenset()
    except (Unreachable, ProviderRefused):
        if not by_file:
            raise
        return frozenset()
    return frozenset((line.movement, line.reference, line.refund) for line in lines)


def _is_anothers(house: House, tenant: TenantId, line: StatementLine, ours: Iterable[OurMovement]) -> bool:
    """Of another organisation that shares the account; or of nobody here, and this is not the first organisation."""
    named = payment_of(line.reference)
    if named is None or any(one.reference == line.reference for one in ours):
        return False
    tenants = [known.tenant for known in house.store.tenants()]
    for other in tenants:
        with house.store.read(other) as db:
            if other != tenant and parking.payment(db, named) is not None:
                return True
    return bool(tenants) and tenants[0] != tenant


def _write(house: House, tx: Tx, provider: str, day: date, findings: Iterable[Finding]) -> list[parking.DifferenceRow]:
    there = {_key(house, row, tx.tenant): row for row in parking.differences_of(tx, provider, day)}
    for finding in findings:
        row, refs = _row(house, provider, day, finding)
        key = (row.kind, row.movement, row.ours, row.theirs, *refs.values())
        if key not in there:
            place = Place(tx.tenant, "differences", "refs", str(row.difference))
            parking.add_difference(tx, replace(row, refs=seal(house, tx.tenant, organisation(), place, refs)))
            there[key] = row
    return parking.differences_of(tx, provider, day)


def _key(house: House, row: parking.DifferenceRow, tenant: TenantId) -> tuple[Any, ...]:
    refs = refs_of(house, tenant, row)
    return (row.kind, row.movement, row.ours, row.theirs, *(refs.get(name, "") for name in REFS))


REFS = ("reference", "refund", "provider_ref")


def refs_of(house: House, tenant: TenantId, row: parking.DifferenceRow) -> dict[str, str]:
    """The payment as it was named, the refund, and the provider's number: what to look for at the provider's desk."""
    return {} if row.refs is None else unseal(house, Place(tenant, "differences", "refs", str(row.difference)), row.refs)


def _row(house: House, provider: str, day: date, finding: Finding) -> tuple[parking.DifferenceRow, dict[str, str]]:
    ours, theirs = finding.ours, finding.theirs
    side = ours or theirs
    assert side is not None
    refs = dict(zip(REFS, (side.reference, side.refund, theirs.provider_ref if theirs else ""), strict=True))
    row = parking.DifferenceRow(
        difference=house.new_id(),
        provider=provider,
        day=day,
        kind=finding.difference,
        movement=side.movement,
        currency=side.money.currency,
        found_at=house.clock.now(),
        payment=payment_of(side.reference),
        ours=ours.money.minor if ours else None,
        theirs=theirs.money.minor if theirs else None,
    )
    return row, refs
