"""Money on its way back: written down before a provider is asked for it, and asked for again until it answers.

The surprising thing: a refund has one reference from the moment it is written, so asking ten times moves the money once;
whoever is in doubt asks again. Money that an attendant took is given back by an attendant and needs no provider.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from sealgate.domain.billing import Payment, Refund, RefundState, ask_refund, refund_answered
from sealgate.domain.errors import Conflict, Fault, Refused
from sealgate.domain.fleets import ON_ACCOUNT
from sealgate.domain.ids import PaymentId, RefundId, TenantId
from sealgate.domain.money import Money
from sealgate.domain.operators import Permission
from sealgate.flows import payment_rows as rows
from sealgate.flows.fleet_charging import taken_back
from sealgate.flows.kit import House, Signed
from sealgate.flows.payment_calls import flag_refunds
from sealgate.flows.payment_rows import PROVIDERS, Known, Overtaken
from sealgate.ports import ProviderRefused, Unreachable
from sealgate.privacy import journal
from sealgate.store import parking
from sealgate.store.engine import Actor, Tx

log = logging.getLogger("sealgate.refunds")

AGAIN_AFTER = timedelta(seconds=30)
TRIES = 5


class RefundNeedsWords(Refused):
    """Sending money back asks for a reason in words."""

    code = "refund.why-needed"


class ByHand(StrEnum):
    """How an attendant takes money. Stored as the payment's provider, counted and translated by these words."""

    CASH = "cash"
    CARD_TERMINAL = "card-terminal"
    TRANSFER = "transfer"


WITHOUT_PROVIDER = frozenset({*ByHand, ON_ACCOUNT})
"""Means of which no provider has to be asked: with our words it has gone back."""


@dataclass(frozen=True, slots=True)
class SentBack:
    """`ASKED`: the provider has not said yet; it is asked again until it does."""

    refund: RefundId
    money: Money
    state: RefundState


class RefundElsewhere(Conflict):
    """This refund was asked for before, of another payment or with another sum."""

    code = "refund.another"


def refund(house: House, signed: Signed, payment: PaymentId, money: Money, why: str, name: RefundId | None = None) -> SentBack:
    """Send `money` of a payment back, whole or in part. Asked twice under one `name` it goes back once.

    Raises `RefundElsewhere`, `NotPaid`, `NothingToPay`, `RefundTooMuch`, `RefundNeedsWords`, and `ProviderRefused` where the
    provider said no: then the refund is written down as failed.
    """
    signed.need(Permission.REFUND)
    words = " ".join(why.split())
    if not 3 <= len(words) <= 300:
        raise RefundNeedsWords("say why in 3 to 300 characters")
    with house.store.begin(signed.tenant, signed.actor) as tx:
        now = house.clock.now()
        before, stay = rows.locked(house, tx, payment)
        there = None if name is None else parking.refund(tx, name)
        if there is not None:
            if (there.payment, there.money) != (payment, money):
                raise RefundElsewhere("this refund is another one")
            return SentBack(there.refund, there.money, there.state)
        made, after = promise(house, tx, before, money, words, name)
        about = f"payment:{payment} stay:{stay.stay.stay} refund:{made}"
        journal.write(tx, house.keyring, now, "refund.asked", object=about, purpose=words)
        rows.tell(tx, after.payment, stay.stay.stay)
        tx.after_commit(house.wake)
    return send(house, signed.tenant, payment, made, actor=signed.actor)


def promise(
    house: House, tx: Tx, before: Known, money: Money, why: str, name: RefundId | None = None
) -> tuple[RefundId, Known]:
    """Write down that this will go back; the caller journals it. By hand it has gone back with that."""
    made = name or RefundId(house.new_id())
    now = house.clock.now()
    asked = ask_refund(before.payment, made.hex, money)
    after = rows.change(house, tx, before, asked, now, why)
    if before.row.provider in WITHOUT_PROVIDER:
        after = rows.change(house, tx, rows.known(house, tx, after.row), _done(asked, made, money, before), now)
        taken_back(tx, before.row, made, money, now)
    return made, after


def _done(asked: Payment, made: RefundId, money: Money, before: Known) -> Payment:
    paid_at = before.row.paid_at or before.row.started_at
    return refund_answered(asked, Refund(made.hex, money, RefundState.DONE), paid_at).after


def send(house: House, tenant: TenantId, payment: PaymentId, refund: RefundId, *, actor: Actor = PROVIDERS) -> SentBack:
    """Ask the provider for a refund that was written down, or how far it is. Raises `ProviderRefused`."""
    with house.store.read(tenant) as db:
        row, owner = parking.refund(db, refund), parking.payment(db, payment)
        if row is None or owner is None:
            raise Fault(f"refund {refund} is gone")
        known = rows.known(house, db, owner)
    if row.state in (RefundState.DONE, RefundState.FAILED):
        return SentBack(refund, row.money, row.state)
    reference = next(name for name, one in known.refunds.items() if one.refund == refund)
    provider = house.providers.get(owner.provider)
    if provider is None:
        return SentBack(refund, row.money, row.state)
    try:
        answer = provider.refund(known.payment, reference, row.money)
    except Unreachable:
        log.warning("refund %s: %s does not answer, it is asked again", refund, owner.provider)
        return SentBack(refund, row.money, row.state)
    except ProviderRefused:
        _answered(house, tenant, payment, Refund(reference, row.money, RefundState.FAILED), actor)
        raise
    _answered(house, tenant, payment, answer, actor)
    return SentBack(refund, row.money, answer.state)


def _answered(house: House, tenant: TenantId, payment: PaymentId, answer: Refund, actor: Actor) -> None:
    for _ in range(TRIES):
        try:
            with house.store.begin(tenant, actor) as tx:
                now = house.clock.now()
                before, stay = rows.locked(house, tx, payment)
                outcome = refund_answered(before.payment, answer, now)
                if outcome.changed:
                    rows.change(house, tx, before, outcome.after, now)
                    flag_refunds(house, tx, before.payment, outcome.after, stay, now)
                    rows.note(house, tx, outcome, stay.stay.stay, f"refund.{answer.state}", now)
                    tx.after_commit(house.wake)
                return
        except Overtaken:
            continue
    raise Overtaken


def resume(house: House, tenant: TenantId) -> int:
    """Ask again for refunds that no provider has answered; how many. What a provider refuses is written down as failed."""
    latest = house.clock.now() - AGAIN_AFTER
    with house.store.read(tenant) as db:
        waiting = [row for row in parking.refunds_under_way(db) if row.asked_at <= latest]
    for row in waiting:
        try:
            send(house, tenant, row.payment, row.refund)
        except ProviderRefused as refusal:
            log.warning("refund %s was refused: %s", row.refund, refusal.said)
    return len(waiting)
