"""One entry of Stripe's balance as a line of a statement.

The sum is taken from what moved (`source`), in the currency in which the driver paid; the entry itself may be in
another one, after Stripe changed the money.
"""

from __future__ import annotations

from sealgate.domain.money import Money
from sealgate.domain.reconciliation import Movement, StatementLine
from sealgate.payments.fields import Fields
from sealgate.payments.stripe.notices import intent_of, note_of

PAYMENTS = frozenset({"charge", "payment"})
REFUNDS = frozenset({"refund", "payment_refund"})


def line_of(entry: Fields) -> StatementLine | None:
    """None for what is no movement of a driver's money: payouts, fees, transfers."""
    kind = entry.text("type", 64)
    if kind in PAYMENTS:
        return _line(entry, Movement.PAYMENT)
    if kind in REFUNDS:
        return _line(entry, Movement.REFUND)
    if kind == "adjustment" and entry.holds_part("source") and entry.part("source").text_or("object") == "dispute":
        taken = entry.signed("amount") < 0
        return _line(entry, Movement.CHARGEBACK if taken else Movement.CHARGEBACK_LIFTED)
    return None


def _line(entry: Fields, movement: Movement) -> StatementLine:
    source = entry.part("source")
    refund = (note_of(source, "refund") or source.text("id")) if movement is Movement.REFUND else ""
    return StatementLine(
        movement=movement,
        reference=note_of(source, "payment"),
        refund=refund,
        provider_ref=intent_of(source),
        money=source.minor("amount", source.currency("currency")),
        fee=Money(entry.signed("fee"), entry.currency("currency")),
        at=entry.unix("created"),
    )
