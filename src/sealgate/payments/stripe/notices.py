"""Stripe's events: their signature, and what they tell of a payment, in our words.

The surprising thing: the key is the whole `whsec_...` text, not what it encodes; and the time is checked both ways, for
Stripe's own library takes any instant in the future. A session that is complete need not be paid yet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sealgate.domain.billing import News, Refund, RefundState, Told
from sealgate.payments.fields import Fields
from sealgate.payments.signing import hmac_verifies, is_fresh
from sealgate.ports import BadSignature, StaleNotice

MOST_HEADER = 4096
MOST_SIGNATURES = 16

REFUNDS: Mapping[str, RefundState] = {
    "pending": RefundState.ASKED,
    "requires_action": RefundState.STUCK,
    "succeeded": RefundState.DONE,
    "failed": RefundState.FAILED,
    "canceled": RefundState.FAILED,
}

SESSIONS = frozenset({"completed", "async_payment_succeeded", "async_payment_failed", "expired"})
DISPUTES = frozenset({"created", "funds_withdrawn", "funds_reinstated", "closed"})


def verify(secrets: Sequence[str], header: str, body: bytes, now: datetime) -> None:
    """Raises `BadSignature` unless one `v1` fits one secret, `StaleNotice` when it is too old or not yet."""
    if len(header) > MOST_HEADER:
        raise BadSignature
    pairs = [(name, value) for name, _, value in (part.partition("=") for part in header.split(","))]
    instants = [value for name, value in pairs if name == "t"]
    signatures = [value for name, value in pairs if name == "v1"][:MOST_SIGNATURES]
    if len(instants) != 1 or not signatures:
        raise BadSignature("no signature")
    text = instants[0].encode(errors="replace") + b"." + body
    if not any(hmac_verifies(secret.encode(), text, one) for secret in secrets for one in signatures):
        raise BadSignature
    if not is_fresh(instants[0], now):
        raise StaleNotice


def told_of_event(event: Fields, merchant: str) -> Told | None:
    """None for an event about something else. `merchant` is ours; a connected account's event names its own."""
    kind, at = event.text("type", 128), event.unix("created")
    thing = event.part("data").part("object")
    merchant = event.text_or("account", merchant, 64)
    family, _, verb = kind.rpartition(".")
    if family == "checkout.session" and verb in SESSIONS:
        return told_of_session(thing, merchant, at, failed=verb == "async_payment_failed")
    if family == "refund" and verb in ("created", "updated", "failed"):
        return _told_of_refund(thing, merchant, at)
    if family == "charge.dispute" and verb in DISPUTES:
        return _told_of_dispute(thing, verb, merchant, at)
    return None


def told_of_session(session: Fields, merchant: str, at: datetime, *, failed: bool = False) -> Told | None:
    """None for a session that is not a sale, such as one that saves a card, and for one that names nothing."""
    reference, intent = session.text_or("client_reference_id", most=200), intent_of(session)
    if session.text("mode", 32) != "payment" or not (reference or intent):
        return None
    return Told(
        reference=reference,
        merchant=merchant,
        news=News.FAILED if failed else _news(session),
        at=at,
        provider_ref=intent,
        money=session.minor("amount_total", session.currency("currency")),
    )


def _news(session: Fields) -> News:
    if session.text("payment_status", 32) != "unpaid":
        return News.PAID
    return News.CLOSED if session.text("status", 32) == "expired" else News.WAITING


def intent_of(thing: Fields) -> str:
    """The number of the money, whether it came as a number or as the whole object; empty where there is none yet."""
    return thing.part("payment_intent").text("id") if thing.holds_part("payment_intent") else thing.text_or("payment_intent")


def _told_of_refund(refund: Fields, merchant: str, at: datetime) -> Told | None:
    if not refund.has("payment_intent"):
        return None
    reference = note_of(refund, "payment")
    return Told(reference, merchant, News.REFUND, at, intent_of(refund), refund=refund_of(refund))


def refund_of(refund: Fields) -> Refund:
    state = REFUNDS.get(refund.text("status", 32))
    if state is None:
        refund.fail("status")
    reference = note_of(refund, "refund") or refund.text("id")
    return Refund(reference, refund.minor("amount", refund.currency("currency")), state)


def note_of(thing: Fields, name: str) -> str:
    """One of our own notes in `metadata`; empty where somebody else made the thing."""
    return thing.part("metadata").text_or(name, most=500) if thing.holds_part("metadata") else ""


def _told_of_dispute(dispute: Fields, verb: str, merchant: str, at: datetime) -> Told | None:
    """An inquiry (`warning_...`) has taken no money, and may never."""
    status = dispute.text("status", 64)
    lost = verb == "funds_withdrawn" or (verb == "created" and not status.startswith("warning_"))
    won = verb == "funds_reinstated" or (verb == "closed" and status == "won")
    if not dispute.has("payment_intent") or not (lost or won):
        return None
    news = News.CHARGED_BACK if lost else News.CHARGEBACK_LIFTED
    return Told("", merchant, news, at, intent_of(dispute))
