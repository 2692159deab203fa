"""Stripe's way to charge without the driver: a Checkout session that only saves a card, then PaymentIntents off-session.

The surprising thing: the notice of a signature names a SetupIntent and no card, and a notice asks nobody. So the SetupIntent is
the agreement's number here, and the card is looked up when something is charged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from sealgate.domain.agreements import Agreement, AgreementTold, Consent, reference_of
from sealgate.domain.billing import News, Payment, Told
from sealgate.domain.billing import reference_of as payment_reference
from sealgate.domain.money import Money
from sealgate.payments.fields import Fields, read_json
from sealgate.payments.outbound import Answer
from sealgate.payments.stripe.notices import note_of
from sealgate.ports import Charged, Clock, GarbledAnswer, Order, PayAddress, ProviderRefused, Signing, Started, TooLateToStart

LEAST_TIME = timedelta(minutes=35)
MOST_TIME = timedelta(hours=23, minutes=55)
KEY_LIVES = timedelta(hours=23)

INTENTS: Mapping[str, News] = {
    "succeeded": News.PAID,
    "processing": News.WAITING,
    "requires_capture": News.WAITING,
    "requires_confirmation": News.WAITING,
    "requires_payment_method": News.FAILED,
    "requires_action": News.FAILED,
    "canceled": News.CLOSED,
}
"""`requires_action`: the bank wants to see the driver, who is not there."""


class Wire(Protocol):
    """How the adapter asks Stripe."""

    @property
    def merchant(self) -> str: ...
    def send(self, method: str, path: str, wanted: Mapping[str, str] | None = None, key: str = "") -> Answer: ...
    def read(self, answer: Answer) -> Fields: ...
    def listed(self, path: str, query: Mapping[str, str]) -> Iterable[Fields]: ...


class StripeAgreements:
    """`Agreements` for one account; and questions about what was charged by one."""

    def __init__(self, wire: Wire, clock: Clock) -> None:
        self._wire, self._clock = wire, clock

    def sign(self, signing: Signing) -> Started:
        """A page at Stripe's that saves a card. Every field comes from the signing alone, as with an order."""
        now = self._clock.now()
        if signing.expires_at <= now or now - signing.started_at > KEY_LIVES:
            raise TooLateToStart
        reference = reference_of(signing.agreement)
        ends = min(max(signing.expires_at, signing.started_at + LEAST_TIME), signing.started_at + MOST_TIME)
        wanted = {
            "mode": "setup",
            "currency": signing.most.currency.lower(),
            "customer_creation": "always",
            "success_url": signing.return_address,
            "cancel_url": signing.return_address,
            "client_reference_id": reference,
            "metadata[agreement]": reference,
            "setup_intent_data[metadata][agreement]": reference,
            "expires_at": str(int(ends.timestamp())),
        }
        session = self._wire.read(self._wire.send("POST", "/v1/checkout/sessions", wanted, key=reference))
        if told_of_setup(session, self._wire.merchant, now) is None or session.text("client_reference_id", 200) != reference:
            raise GarbledAnswer("the answer is about another session")
        return Started(PayAddress(session.text("url", 2048)), session.text("id"))

    def ask(self, agreement: Agreement) -> AgreementTold:
        now = self._clock.now()
        unknown = AgreementTold(reference_of(agreement.id), self._wire.merchant, Consent.UNKNOWN, now)
        if not agreement.handle:
            return unknown
        answer = self._wire.send("GET", f"/v1/checkout/sessions/{agreement.handle}")
        if answer.status == 404:
            return unknown
        told = told_of_setup(self._wire.read(answer), self._wire.merchant, now)
        if told is None or told.reference != unknown.reference:
            raise GarbledAnswer("the answer is about another session")
        if told.consent is Consent.SIGNED and self._card(told.number) is None:
            return AgreementTold(told.reference, told.merchant, Consent.WITHDRAWN, now, told.number)
        return told

    def charge(self, agreement: Agreement, order: Order) -> Charged:
        card = self._card(agreement.number)
        if card is None:
            raise ProviderRefused("card_detached")
        reference = payment_reference(order.payment)
        wanted = {
            "amount": str(order.money.minor),
            "currency": order.money.currency.lower(),
            "customer": card[0],
            "payment_method": card[1],
            "off_session": "true",
            "confirm": "true",
            "description": order.subject[:250],
            "metadata[payment]": reference,
            "metadata[agreement]": reference_of(agreement.id),
        }
        answer = self._wire.send("POST", "/v1/payment_intents", wanted, key=reference)
        # A card that is declined is answered by 402, with the intent beside the reason.
        failed = read_json(answer.body, GarbledAnswer).part("error") if answer.status == 402 else None
        if failed is not None and not failed.holds_part("payment_intent"):
            raise ProviderRefused(failed.text_or("code", "card_declined"))
        intent = self._wire.read(answer) if failed is None else failed.part("payment_intent")
        told = told_of_intent(intent, self._wire.merchant, self._clock.now())
        if told.reference != reference or told.money != order.money:
            raise GarbledAnswer("the answer is about another charge")
        return Charged(told, intent.text("id"))

    def cancel(self, agreement: Agreement) -> AgreementTold:
        """The card is forgotten; a page that waits for one is closed."""
        told = self.ask(agreement)
        if told.consent is Consent.WAITING:
            self._wire.send("POST", f"/v1/checkout/sessions/{agreement.handle}/expire", {})
            told = self.ask(agreement)
        card = self._card(told.number) if told.consent is Consent.SIGNED else None
        if card is not None:
            self._wire.read(self._wire.send("POST", f"/v1/payment_methods/{card[1]}/detach", {}))
        if told.consent is Consent.UNKNOWN:
            return told
        return AgreementTold(told.reference, told.merchant, Consent.WITHDRAWN, self._clock.now(), told.number)

    def _card(self, setup: str) -> tuple[str, str] | None:
        """The customer and the card that were saved; None where the card was taken away."""
        intent = self._wire.read(self._wire.send("GET", f"/v1/setup_intents/{setup}?expand[]=payment_method"))
        if not intent.holds_part("payment_method"):
            return None
        card = intent.part("payment_method")
        return (card.text("customer"), card.text("id")) if card.has("customer") else None

    def ask_charge(self, payment: Payment) -> Told:
        intent = self._intent(payment)
        if intent is None:
            return Told(payment_reference(payment.id), self._wire.merchant, News.UNKNOWN, self._clock.now())
        told = told_of_intent(intent, self._wire.merchant, self._clock.now())
        if told.reference != payment_reference(payment.id):
            raise GarbledAnswer("the answer is about another charge")
        return told

    def close_charge(self, payment: Payment) -> Told:
        intent = self._intent(payment)
        if intent is not None:  # what cannot be cancelled is paid, or was cancelled before
            self._wire.send("POST", f"/v1/payment_intents/{intent.text('id')}/cancel", {})
        return self.ask_charge(payment)

    def _intent(self, payment: Payment) -> Fields | None:
        if payment.handle:
            answer = self._wire.send("GET", f"/v1/payment_intents/{payment.handle}?expand[]=latest_charge")
            return None if answer.status == 404 else self._wire.read(answer)
        since = int((payment.started_at - timedelta(minutes=5)).timestamp())
        listed = self._wire.listed("/v1/payment_intents", {"created[gte]": str(since), "expand[]": "data.latest_charge"})
        return next((one for one in listed if note_of(one, "payment") == payment_reference(payment.id)), None)


def told_of_setup(session: Fields, merchant: str, at: datetime) -> AgreementTold | None:
    """None for a session that saves no card for an agreement of ours."""
    reference = note_of(session, "agreement")
    if session.text("mode", 32) != "setup" or not reference:
        return None
    status = session.text("status", 32)
    consent = {"complete": Consent.SIGNED, "expired": Consent.REFUSED}.get(status, Consent.WAITING)
    number = ""
    if consent is Consent.SIGNED:
        number = session.part("setup_intent").text("id") if session.holds_part("setup_intent") else session.text("setup_intent")
    return AgreementTold(reference, merchant, consent, at, number)


def told_of_intent(intent: Fields, merchant: str, now: datetime) -> Told:
    """What became of a charge. An intent that is not by an agreement is told by its session instead."""
    news = INTENTS.get(intent.text("status", 64))
    if news is None:
        intent.fail("status")
    charge = intent.part("latest_charge") if intent.holds_part("latest_charge") else None
    money = Money(intent.whole("amount"), intent.currency("currency"))
    at = charge.unix("created") if charge is not None and news is News.PAID else now
    if charge is not None and charge.has("amount_refunded") and charge.whole("amount_refunded") > 0:
        news = News.REFUND
    return Told(note_of(intent, "payment"), merchant, news, at, intent.text("id"), money)
