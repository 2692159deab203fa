"""Charging a car's bill by its agreement, while the car stands at the exit.

The surprising thing: nothing here decides that the gate opens. A charge is a payment like any other, pending and on the disk
before the provider is called; what the provider says of it is `settling`'s, and so is the gate. A charge that fails leaves
the car where it was: at a screen that asks for the sum.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from sealgate.domain.agreements import Agreement, AgreementState, agreement_of
from sealgate.domain.billing import News, Payment, PaymentState, Told, reference_of
from sealgate.domain.errors import Fault, NotFound, Refused
from sealgate.domain.ids import TenantId
from sealgate.domain.lots import Doubt
from sealgate.flows import agreement_rows, paying, payment_rows
from sealgate.flows.kit import House
from sealgate.flows.parking import let_go_owing
from sealgate.flows.payment_rows import Known
from sealgate.flows.pricing import prices
from sealgate.flows.settling import settle, waits_at
from sealgate.ports import Agreements, CurrencyNotTaken, Order, PaymentProvider, ProviderRefused, TooLateToStart, Unreachable
from sealgate.store import parking

log = logging.getLogger("sealgate.charging")

PATIENCE = timedelta(seconds=8)
"""A driver waits so long at the bar before a lot that would rather open does."""

WATCHED = timedelta(minutes=2)
"""A charge that is not answered is asked for in every round so long, then as rarely as any payment."""

MOST = 100


def charge_waiting(house: House, tenant: TenantId) -> int:
    """Send what was promised at the exits and is not answered; how many. For the clockwork, every second or two."""
    now = house.clock.now()
    with house.store.read(tenant) as db:
        waiting = [payment_rows.known(house, db, row) for row in parking.charges_under_way(db, MOST)]
    young = [known for known in waiting if now - known.payment.started_at <= WATCHED]
    silent: set[str] = set()
    for known in young:
        if known.payment.provider not in silent and not _charged(house, tenant, known):
            silent.add(known.payment.provider)
        _lose_patience(house, tenant, known)
    return len(young)


def _charged(house: House, tenant: TenantId, known: Known) -> bool:
    """Whether its provider answered, be it with a refusal."""
    payment, desk = known.payment, house.providers.get(known.payment.provider)
    if desk is None or desk.agreements is None:
        return False
    try:
        if payment.handle:
            settle(house, tenant, desk.name, desk.ask(payment))
        else:
            _charge(house, tenant, desk, desk.agreements, known)
    except Unreachable as silence:
        log.warning("charge %s: %s does not answer (%s)", payment.id, desk.name, silence.code)
        return False
    except (Refused, Fault):
        log.exception("charge %s was not sent; it comes again", payment.id)
    return True


def _charge(house: House, tenant: TenantId, desk: PaymentProvider, agreements: Agreements, known: Known) -> None:
    if paying.state_of(house, tenant, known.payment.id) is not PaymentState.PENDING:  # the driver chose another way
        return
    agreement = _agreement(house, tenant, known.payment)
    if agreement is None or agreement.state is not AgreementState.ACTIVE:  # withdrawn between the promise and now
        settle(house, tenant, desk.name, _failed(house, known.payment))
        return
    try:
        charged = agreements.charge(agreement, _order(house, tenant, desk, known))
    except (ProviderRefused, CurrencyNotTaken, TooLateToStart) as refusal:
        log.warning("charge %s: %s", known.payment.id, refusal)
        _not_charged(house, tenant, desk, known.payment)
    else:
        paying.keep_handle(house, tenant, known.payment.id, charged.handle)
        settle(house, tenant, desk.name, charged.told)
        if charged.told.news is not News.FAILED:
            return
    _look_at_agreement(house, tenant, agreements, agreement)


def _not_charged(house: House, tenant: TenantId, desk: PaymentProvider, payment: Payment) -> None:
    """They will not have it. They may say so of one that was paid meanwhile, so they are asked before we believe it."""
    word = desk.ask(payment)
    settle(house, tenant, desk.name, _failed(house, payment) if word.news in (News.UNKNOWN, News.WAITING) else word)


def _look_at_agreement(house: House, tenant: TenantId, agreements: Agreements, agreement: Agreement) -> None:
    """A charge that failed may mean that the driver withdrew at the provider, and its notice was lost."""
    try:
        told = agreements.ask(agreement)
    except (Unreachable, ProviderRefused):
        return
    agreement_rows.settle(house, tenant, agreement.provider, told, agreement.id)


def _agreement(house: House, tenant: TenantId, payment: Payment) -> Agreement | None:
    named = agreement_of(payment.agreement)
    if named is None:
        return None
    try:
        with house.store.read(tenant) as db:
            return agreement_rows.read(house, db, named).agreement
    except NotFound:
        return None


def _order(house: House, tenant: TenantId, desk: PaymentProvider, known: Known) -> Order:
    payment = known.payment
    return Order(
        payment=payment.id,
        money=payment.asked,
        subject=str(known.wording["subject"]),
        notify_address=f"{house.address}/api/v1/notices/{desk.name}/{tenant}",
        return_address="",
        started_at=payment.started_at,
        expires_at=payment.expires_at,
    )


def _failed(house: House, payment: Payment) -> Told:
    return Told(reference_of(payment.id), payment.merchant, News.FAILED, house.clock.now())


def _lose_patience(house: House, tenant: TenantId, known: Known) -> None:
    """By the lot's rule for doubt: where it would rather open, a car does not wait for a provider that is silent."""
    now = house.clock.now()
    if now - known.payment.started_at < PATIENCE:
        return
    with house.store.read(tenant) as db:
        row = parking.stay(db, known.row.stay)
        payment = parking.payment(db, known.payment.id)
        if row is None or payment is None or payment.state != known.row.state:
            return
        gate = waits_at(house, db, row, now) if parking.lot(db, row.stay.lot).doubt is Doubt.OPEN else None
    if gate is None:
        return
    try:
        let_go_owing(house, tenant, known.row.stay, gate, prices(house, tenant))
    except (Refused, Fault):
        log.exception("stay %s was not let go", known.row.stay)
