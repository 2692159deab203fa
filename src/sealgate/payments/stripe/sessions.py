"""The adapter: Checkout sessions, refunds and the balance of one account at Stripe.

The surprising thing: Stripe remembers a key (`Idempotency-Key`) for a day only, and repeats under it even its own
failure. So an order is started within a day or never, an old attempt is looked for instead, and a refund is looked for
before it is made.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from urllib.parse import quote, urlencode

from sealgate.domain.agreements import AgreementTold
from sealgate.domain.billing import News, NothingToPay, NotPaid, Payment, Refund, Told, reference_of
from sealgate.domain.money import DECIMALS, Money
from sealgate.domain.reconciliation import StatementLine
from sealgate.payments.fields import MOST_NOTICE_BYTES, Fields, headers_of, read_json
from sealgate.payments.outbound import TIMEOUT, Answer, Outbound, refuse_trouble
from sealgate.payments.stripe import balance
from sealgate.payments.stripe.account import StripeAccount, checked
from sealgate.payments.stripe.agreements import StripeAgreements, told_of_intent, told_of_setup
from sealgate.payments.stripe.notices import intent_of, note_of, refund_of, told_of_event, told_of_session, verify
from sealgate.ports import (
    BadStatement,
    Clock,
    CurrencyNotTaken,
    GarbledAnswer,
    NoticeAnswer,
    Order,
    OversizedNotice,
    OwnBrowser,
    PayAddress,
    ProviderRefused,
    Started,
    StatementNotReady,
    TooLateToStart,
    Unreachable,
    UnreadableNotice,
    VerifiedNotice,
    WrongMode,
)

API = "https://api.stripe.com"
VERSION = "2026-10-28.endive"
KEY_LIVES = timedelta(hours=23)
"""They keep a key "at least 24 hours"."""

LEAST_TIME = timedelta(minutes=35)
"""A session lives 30 minutes at least, from when it reaches them."""
MOST_TIME = timedelta(hours=23, minutes=55)
MOST_ANSWER = 8 << 20
MOST_STATEMENT = 32 << 20
PAGE = 100
MOST_PAGES = 500
SETTLING = timedelta(minutes=10)

OTHER_DECIMALS = frozenset({"ISK", "MGA", "UGX"})
"""Stripe counts these with other decimals than ISO 4217; rather none than a hundredfold."""

_CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}", re.ASCII)


class Stripe:
    """`PaymentProvider` for one account. Holds keys and no connection; any thread may call."""

    name = "stripe"
    day_zone: tzinfo = UTC
    own_browser: OwnBrowser | None = None

    def __init__(self, account: StripeAccount, clock: Clock, *, api: str = API, timeout: timedelta = TIMEOUT) -> None:
        """`api` may be a stand-in on this machine. Raises `BadAccount`."""
        self._account = checked(account)
        self._clock = clock
        self._out = Outbound(api, timeout)
        self.agreements = StripeAgreements(self, clock)

    @property
    def merchant(self) -> str:
        return self._account.account or ("live" if self._account.live else "test")

    def start(self, order: Order) -> Started:
        """A page at Stripe's. Every field comes from the order alone, for the same key must bring the same words."""
        self._check(order)
        reference = reference_of(order.payment)
        ends = min(max(order.expires_at, order.started_at + LEAST_TIME), order.started_at + MOST_TIME)
        item = "line_items[0][price_data]"
        wanted = {
            "mode": "payment",
            f"{item}[currency]": order.money.currency.lower(),
            f"{item}[unit_amount]": str(order.money.minor),
            f"{item}[product_data][name]": order.subject[:250],
            "line_items[0][quantity]": "1",
            "success_url": order.return_address,
            "cancel_url": order.return_address,
            "client_reference_id": reference,
            "metadata[payment]": reference,
            "payment_intent_data[metadata][payment]": reference,
            "expires_at": str(int(ends.timestamp())),
        }
        session = self.read(self.send("POST", "/v1/checkout/sessions", wanted, key=reference))
        told = told_of_session(session, self.merchant, self._clock.now())
        if told is None or told.reference != reference or told.money != order.money:
            raise GarbledAnswer("the answer is about another session")
        return Started(PayAddress(session.text("url", 2048)), session.text("id"))

    def _check(self, order: Order) -> None:
        now = self._clock.now()
        if order.money.minor <= 0:
            raise NothingToPay
        thousandths = DECIMALS.get(order.money.currency) == 3
        if order.money.currency in OTHER_DECIMALS or (thousandths and order.money.minor % 10):
            raise CurrencyNotTaken
        if order.expires_at <= now or now - order.started_at > KEY_LIVES:
            raise TooLateToStart

    def read_notice(self, headers: Mapping[str, str], body: bytes) -> VerifiedNotice:
        if len(body) > MOST_NOTICE_BYTES:
            raise OversizedNotice
        verify(self._account.webhook_secrets, headers_of(headers).get("stripe-signature", ""), body, self._clock.now())
        event = read_json(body, UnreadableNotice)
        if event.truth("livemode") != self._account.live:
            raise WrongMode
        return VerifiedNotice(event.text("id"), told_of_any_event(event, self.merchant), agreed_of_event(event, self.merchant))

    def acknowledge(self, *, ok: bool) -> NoticeAnswer:
        return NoticeAnswer(200 if ok else 500, "text/plain", b"")

    def ask(self, payment: Payment) -> Told:
        if payment.agreement:
            return self.agreements.ask_charge(payment)
        session = self._session(payment)
        if session is None:
            return Told(reference_of(payment.id), self.merchant, News.UNKNOWN, self._clock.now())
        return self._told(payment, session)

    def close(self, payment: Payment) -> Told:
        if payment.agreement:
            return self.agreements.close_charge(payment)
        session = self._session(payment)
        if session is None:
            return Told(reference_of(payment.id), self.merchant, News.UNKNOWN, self._clock.now())
        answer = self.send("POST", f"/v1/checkout/sessions/{_path(session.text('id'))}/expire", {})
        told = self._told(payment, self.read(answer) if answer.ok else self._fresh(session))
        if told.news is News.WAITING and not answer.ok:
            raise _refusal(answer)
        return told

    def _session(self, payment: Payment) -> Fields | None:
        if not payment.handle:
            return self._found(payment)
        answer = self.send("GET", f"/v1/checkout/sessions/{_path(payment.handle)}?{_EXPANDED}")
        return None if answer.status == 404 else self.read(answer)

    def _fresh(self, session: Fields) -> Fields:
        return self.read(self.send("GET", f"/v1/checkout/sessions/{_path(session.text('id'))}?{_EXPANDED}"))

    def _found(self, payment: Payment) -> Fields | None:
        """The session whose number we never heard, for the answer was lost; a paid one before one that is not."""
        since, until = payment.started_at - timedelta(minutes=5), payment.started_at + KEY_LIVES + timedelta(hours=1)
        listed = self.listed("/v1/checkout/sessions", {"created[gte]": _unix(since), "created[lte]": _unix(until)})
        mine = [one for one in listed if one.text_or("client_reference_id", most=200) == reference_of(payment.id)]
        mine.sort(key=lambda one: one.text("payment_status", 32) == "unpaid")
        return self._fresh(mine[0]) if mine else None

    def _told(self, payment: Payment, session: Fields) -> Told:
        """With what the money itself says, where it came along: that it failed, or that some of it went back."""
        intent = session.part("payment_intent") if session.holds_part("payment_intent") else None
        charge = intent.part("latest_charge") if intent is not None and intent.holds_part("latest_charge") else None
        at = charge.unix("created") if charge is not None else self._clock.now()
        over = session.text("status", 32) == "complete" and intent is not None
        failed = over and intent is not None and intent.text("status", 64) in ("requires_payment_method", "canceled")
        told = told_of_session(session, self.merchant, at, failed=failed)
        if told is None or told.reference != reference_of(payment.id):
            raise GarbledAnswer("the answer is about another session")
        if charge is not None and charge.whole("amount_refunded") > 0:
            return Told(told.reference, told.merchant, News.REFUND, at, told.provider_ref, told.money)
        return told

    def refund(self, payment: Payment, reference: str, money: Money) -> Refund:
        """Looks for it first: a key older than a day would move the money again."""
        if not payment.provider_ref:
            raise NotPaid
        query = {"payment_intent": payment.provider_ref}
        made = (one for one in self.listed("/v1/refunds", query) if note_of(one, "refund") == reference)
        refund = next(made, None) or self._refunded(payment, reference, money)
        if note_of(refund, "refund") != reference or intent_of(refund) != payment.provider_ref:
            raise GarbledAnswer("the answer is about another refund")
        found = refund_of(refund)
        if found.money != money:
            raise GarbledAnswer("the refund was made with another sum")
        return found

    def _refunded(self, payment: Payment, reference: str, money: Money) -> Fields:
        wanted = {
            "payment_intent": payment.provider_ref,
            "amount": str(money.minor),
            "metadata[payment]": reference_of(payment.id),
            "metadata[refund]": reference,
        }
        return self.read(self.send("POST", "/v1/refunds", wanted, key=reference))

    def statement(self, day: date) -> Iterator[StatementLine]:
        """A day of UTC. Stripe has no file of it, so its balance is listed; shortly after midnight it is complete."""
        begins = datetime.combine(day, datetime.min.time(), UTC)
        ends = begins + timedelta(days=1)
        if self._clock.now() < ends + SETTLING:
            raise StatementNotReady
        query = {"created[gte]": _unix(begins), "created[lt]": _unix(ends), "expand[]": "data.source"}
        return _lines(self.listed("/v1/balance_transactions", query))

    def read_statement(self, file: bytes) -> Iterator[StatementLine]:
        """A list of balance transactions as JSON, their sources expanded: what `stripe balance_transactions list` prints."""
        if len(file) > MOST_STATEMENT:
            raise BadStatement("the list is too large")
        return _lines(read_json(file, BadStatement).parts("data"))

    def listed(self, path: str, query: Mapping[str, str]) -> Iterator[Fields]:
        """Every object of a list, page by page, newest first."""
        after: dict[str, str] = {}
        for _ in range(MOST_PAGES):
            answer = self.send("GET", f"{path}?{urlencode({**query, 'limit': str(PAGE), **after})}")
            page = self.read(answer)
            things = page.parts("data")
            yield from things
            if not page.truth("has_more") or not things:
                return
            after = {"starting_after": things[-1].text("id")}
        raise GarbledAnswer(f"more than {MOST_PAGES * PAGE} entries")

    def send(self, method: str, path: str, wanted: Mapping[str, str] | None = None, key: str = "") -> Answer:
        headers = {"Authorization": f"Bearer {self._account.secret_key}", "Stripe-Version": VERSION}
        body = urlencode(wanted).encode() if wanted else b""
        if wanted is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if key:
            headers["Idempotency-Key"] = key
        answer = self._out.ask(method, self._out.base + path, headers=headers, body=body, most=MOST_ANSWER)
        if answer.status >= 500 and answer.headers.get("idempotent-replayed") == "true":
            raise Unreachable("Stripe repeats its failure", permanent=True, hint="begin anew, with another payment")
        refuse_trouble(answer)
        if answer.status in (403, 409):
            raise Unreachable(f"the provider answered {answer.status}", permanent=answer.status == 403)
        return answer

    def read(self, answer: Answer) -> Fields:
        if not answer.ok:
            raise _refusal(answer)
        thing = read_json(answer.body, GarbledAnswer)
        if thing.has("livemode") and thing.truth("livemode") != self._account.live:
            raise GarbledAnswer("an answer of Stripe's other world", permanent=True)
        return thing


def told_of_any_event(event: Fields, merchant: str) -> Told | None:
    """Of a session, a refund, a dispute; or of a charge by an agreement."""
    family, _, verb = event.text("type", 128).rpartition(".")
    if family == "payment_intent" and verb in ("succeeded", "payment_failed", "canceled", "processing"):
        intent = event.part("data").part("object")
        by_agreement = note_of(intent, "agreement") and note_of(intent, "payment")
        return told_of_intent(intent, event.text_or("account", merchant, 64), event.unix("created")) if by_agreement else None
    return told_of_event(event, merchant)


def agreed_of_event(event: Fields, merchant: str) -> AgreementTold | None:
    if event.text("type", 128) not in ("checkout.session.completed", "checkout.session.expired"):
        return None
    session = event.part("data").part("object")
    return told_of_setup(session, event.text_or("account", merchant, 64), event.unix("created"))


_EXPANDED = urlencode({"expand[]": "payment_intent.latest_charge"})


def _lines(entries: Iterable[Fields]) -> Iterator[StatementLine]:
    try:
        lines = [balance.line_of(one) for one in entries]
    except GarbledAnswer as error:
        raise BadStatement(str(error)) from error
    return iter([line for line in lines if line is not None])


def _refusal(answer: Answer) -> ProviderRefused:
    """`code` where there is one, else `type`; both are short words of theirs."""
    try:
        error = read_json(answer.body, UnreadableNotice).part("error")
        said = error.text_or("code") or error.text_or("type")
    except UnreadableNotice:
        said = ""
    return ProviderRefused(said if _CODE.fullmatch(said) else f"HTTP-{answer.status}")


def _path(name: str) -> str:
    return quote(name, safe="")


def _unix(at: datetime) -> str:
    return str(int(at.timestamp()))
