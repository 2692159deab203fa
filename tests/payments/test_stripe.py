"""Stripe: its sample event, its signature both ways in time, its keys that live a day, and what a stand-in cannot show.

`stripe` (PyPI) is asked as an oracle for signatures.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from stripe import WebhookSignature

from sealgate.domain.billing import News, NotPaid, Payment, PaymentState, RefundState, Verdict, apply
from sealgate.domain.money import Money
from sealgate.domain.reconciliation import Movement
from sealgate.payments.fields import Fields
from sealgate.payments.signing import hmac_hex
from sealgate.payments.stripe import Stripe, StripeAccount, balance
from sealgate.ports import (
    BadAccount,
    BadSignature,
    BadStatement,
    CurrencyNotTaken,
    GarbledAnswer,
    Order,
    ProviderRefused,
    StaleNotice,
    TooLateToStart,
    Unreachable,
    UnreadableNotice,
    WrongMode,
)

SECRET, NEXT = "whsec_test_secret", "whsec_next"
ACCOUNT = StripeAccount("sk_test_alice", (SECRET, NEXT), live=False)


@pytest.fixture
def stripe(clock: Any, talker: Any) -> Stripe:
    return Stripe(ACCOUNT, clock, api=talker.base, timeout=timedelta(seconds=30))


@pytest.fixture
def event(clock: Any, order: Order) -> Callable[..., tuple[dict[str, str], bytes]]:
    """A signed event of this kind about this object."""

    def make(kind: str, thing: dict[str, Any], secret: str = SECRET, **other: Any) -> tuple[dict[str, str], bytes]:
        unix = int(clock.at.timestamp())
        words = {"id": "evt_1", "created": unix, "livemode": False, "type": kind, "data": {"object": thing}, **other}
        body = json.dumps(words).encode()
        return {"Stripe-Signature": f"t={unix},v1={hmac_hex(secret.encode(), f'{unix}.'.encode() + body)}"}, body

    return make


def session_of(order: Order, **other: Any) -> dict[str, Any]:
    session = {"id": "cs_test_1", "object": "checkout.session", "mode": "payment", "status": "complete", "livemode": False}
    session |= {"payment_status": "paid", "payment_intent": "pi_1", "client_reference_id": order.payment.hex}
    return {**session, "amount_total": 1000, "currency": "cny", "url": "https://checkout.stripe.com/c/1", **other}


def refund(**other: Any) -> dict[str, Any]:
    thing = {"id": "re_1", "object": "refund", "amount": 300, "currency": "cny", "status": "succeeded"}
    return {**thing, "payment_intent": "pi_1", "metadata": {}, **other}


# Notices


def test_the_sample_event_is_read_in_our_words(shared_data: Path, stripe: Stripe, clock: Any) -> None:
    vector = json.loads((shared_data / "protocols" / "stripe" / "checkout_completed_paid.json").read_text())
    clock.at = datetime.fromtimestamp(vector["at_unix"], UTC)
    notice = stripe.read_notice({"stripe-signature": vector["header"]}, vector["body"].encode())
    assert notice.id == "evt_1Pgc76B7WZ01zgkWwyRHS12y"
    assert notice.told is not None
    assert (notice.told.reference, notice.told.news, notice.told.merchant) == ("pay_0001", News.PAID, "test")
    assert (notice.told.money, notice.told.provider_ref) == (Money(800, "USD"), "pi_1PgafyB7WZ01zgkWSjxsAJo3")
    for seconds in (-300, 300, 366 * 86400):
        clock.at = datetime.fromtimestamp(vector["at_unix"] + seconds, UTC)
        with pytest.raises(StaleNotice):
            stripe.read_notice({"stripe-signature": vector["header"]}, vector["body"].encode())


def test_the_published_vector_is_what_we_compute() -> None:
    body = b'{"id":"evt_test_webhook","object":"event"}'
    known = "d95c6b7477fbd7e9f90b1b0ef5f9c7ac25abca5382460e0d988c2b2a5b71b990"
    assert hmac_hex(b"whsec_test_secret", b"1700000000." + body) == known


def test_the_oracle_signs_as_we_verify_and_takes_what_we_refuse(stripe: Stripe, order: Order, clock: Any, event: Any) -> None:
    _, body = event("checkout.session.completed", session_of(order))
    unix = int(clock.at.timestamp())
    header = WebhookSignature.generate_signature_header(body.decode(), SECRET, timestamp=unix)
    assert stripe.read_notice({"Stripe-Signature": header}, body).told is not None
    future = 4102444800  # the year 2100
    header = WebhookSignature.generate_signature_header(body.decode(), SECRET, timestamp=future)
    assert WebhookSignature.verify_header(body.decode(), header, SECRET, tolerance=300)
    with pytest.raises(StaleNotice):
        stripe.read_notice({"Stripe-Signature": header}, body)


def test_any_signature_by_any_of_our_secrets_will_do(stripe: Stripe, order: Order, event: Any) -> None:
    header, body = event("checkout.session.completed", session_of(order), secret=NEXT)
    unix, _, good = header["Stripe-Signature"].partition(",")
    for text in (f"{unix},v1={'0' * 64},{good},v0=abc", f"{unix},v0=abc,{good}", f"{good},{unix}"):
        assert stripe.read_notice({"Stripe-Signature": text}, body).told is not None
    for text in (unix, good, f"{unix},{unix},{good}", f"{unix},{good.replace('v1', 'v0')}", "", "," * 100, "v1=" * 2000):
        with pytest.raises(BadSignature):
            stripe.read_notice({"Stripe-Signature": text}, body)


def test_a_complete_session_need_not_be_paid(stripe: Stripe, order: Order, event: Any) -> None:
    cases: list[tuple[str, dict[str, Any], News]] = [
        ("completed", {"payment_status": "unpaid"}, News.WAITING),
        ("async_payment_succeeded", {}, News.PAID),
        ("async_payment_failed", {"payment_status": "unpaid"}, News.FAILED),
        ("expired", {"payment_status": "unpaid", "status": "expired", "payment_intent": None}, News.CLOSED),
    ]
    for verb, other, news in cases:
        told = stripe.read_notice(*event(f"checkout.session.{verb}", session_of(order, **other))).told
        assert told is not None
        assert told.news is news


def test_a_test_payment_does_not_settle_a_live_one(stripe: Stripe, clock: Any, order: Order, event: Any) -> None:
    with pytest.raises(WrongMode):
        stripe.read_notice(*event("checkout.session.completed", session_of(order), livemode=True))
    live = Stripe(StripeAccount("sk_live_alice", (SECRET,), live=True), clock)
    with pytest.raises(WrongMode):
        live.read_notice(*event("checkout.session.completed", session_of(order)))


def test_a_connected_accounts_payment_is_another_merchants(stripe: Stripe, order: Order, event: Any, payment: Payment) -> None:
    told = stripe.read_notice(*event("checkout.session.completed", session_of(order), account="acct_2")).told
    assert told is not None
    assert apply(replace(payment, merchant=stripe.merchant), told).verdict is Verdict.OTHER_MERCHANT


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("pending", RefundState.ASKED),
        ("requires_action", RefundState.STUCK),
        ("succeeded", RefundState.DONE),
        ("failed", RefundState.FAILED),
        ("canceled", RefundState.FAILED),
    ],
)
def test_a_refund_is_told_by_our_number_or_theirs(stripe: Stripe, event: Any, status: str, state: RefundState) -> None:
    ours = refund(status=status, metadata={"refund": "r1", "payment": "p1"})
    for thing, reference, number in ((ours, "p1", "r1"), (refund(status=status), "", "re_1")):
        told = stripe.read_notice(*event("refund.updated", thing)).told
        assert told is not None
        assert told.refund is not None
        assert (told.reference, told.provider_ref, told.money) == (reference, "pi_1", None)
        assert (told.refund.reference, told.refund.money, told.refund.state) == (number, Money(300, "CNY"), state)


def test_a_dispute_takes_the_money_and_an_inquiry_does_not(
    stripe: Stripe, event: Any, order: Order, payment: Payment, clock: Any
) -> None:
    paid = stripe.read_notice(*event("checkout.session.completed", session_of(order))).told
    assert paid is not None
    row = apply(replace(payment, merchant=stripe.merchant), paid).after
    dispute = {"id": "dp_1", "object": "dispute", "payment_intent": "pi_1", "status": "warning_needs_response"}
    assert stripe.read_notice(*event("charge.dispute.created", dispute)).told is None
    steps = [
        ("created", "needs_response", PaymentState.CHARGED_BACK),
        ("funds_withdrawn", "needs_response", PaymentState.CHARGED_BACK),
        ("funds_reinstated", "won", PaymentState.PAID),
        ("closed", "won", PaymentState.PAID),
    ]
    for verb, status, state in steps:
        clock.at += timedelta(seconds=30)
        told = stripe.read_notice(*event(f"charge.dispute.{verb}", {**dispute, "status": status})).told
        assert told is not None
        row = apply(row, told).after
        assert row.state is state
    assert stripe.read_notice(*event("charge.dispute.closed", {**dispute, "status": "lost"})).told is None


@pytest.mark.parametrize(
    "kind", ["customer.created", "charge.refunded", "refund.created.extra", "refund", "checkout.session.new"]
)
def test_an_event_about_something_else_is_genuine_and_tells_nothing(stripe: Stripe, event: Any, kind: str) -> None:
    assert stripe.read_notice(*event(kind, {"id": "x"})).told is None


def test_a_session_that_is_no_sale_and_a_refund_of_no_payment_tell_nothing(stripe: Stripe, event: Any, order: Order) -> None:
    assert stripe.read_notice(*event("checkout.session.completed", session_of(order, mode="setup"))).told is None
    assert stripe.read_notice(*event("refund.created", refund(payment_intent=None))).told is None
    nameless = session_of(order, client_reference_id=None, payment_intent=None)
    assert stripe.read_notice(*event("checkout.session.expired", nameless)).told is None


def test_genuine_and_yet_unreadable_is_refused(stripe: Stripe, event: Any, order: Order) -> None:
    for other in ({"amount_total": "1000"}, {"amount_total": 10.5}, {"currency": "xxx"}, {"payment_status": None}, {"mode": 1}):
        with pytest.raises(UnreadableNotice):
            stripe.read_notice(*event("checkout.session.completed", session_of(order, **other)))
    with pytest.raises(UnreadableNotice):
        stripe.read_notice(*event("refund.created", refund(status="new")))
    with pytest.raises(UnreadableNotice):
        stripe.read_notice(*event("refund.created", refund(), livemode="false"))


# Sessions


def wanted_by(talker: Any) -> dict[str, str]:
    return dict(parse_qsl(talker.asked[-1].body.decode(), strict_parsing=True))


def test_an_order_is_told_the_same_way_each_time(stripe: Stripe, order: Order, talker: Any, clock: Any) -> None:
    talker.says = lambda _: (200, {}, json.dumps(session_of(order, payment_status="unpaid", status="open")).encode())
    stripe.start(order)
    first = talker.asked[-1]
    clock.at += timedelta(minutes=20)
    stripe.start(order)
    assert talker.asked[-1].body == first.body
    assert talker.asked[-1].headers["idempotency-key"] == first.headers["idempotency-key"] == order.payment.hex
    wanted = wanted_by(talker)
    assert wanted["expires_at"] == str(int(order.expires_at.timestamp()))
    assert wanted["line_items[0][price_data][unit_amount]"] == "1000"
    assert wanted["payment_intent_data[metadata][payment]"] == wanted["client_reference_id"] == order.payment.hex
    assert first.headers["stripe-version"]


def test_a_session_lives_as_long_as_stripe_lets_it(stripe: Stripe, order: Order, talker: Any) -> None:
    talker.says = lambda _: (200, {}, json.dumps(session_of(order)).encode())
    for lives, given in ((5, 35), (90, 90), (5000, 23 * 60 + 55)):
        stripe.start(replace(order, expires_at=order.started_at + timedelta(minutes=lives)))
        expires = datetime.fromtimestamp(int(wanted_by(talker)["expires_at"]), UTC)
        assert expires - order.started_at == timedelta(minutes=given)


def test_an_order_older_than_their_memory_is_not_started_again(stripe: Stripe, order: Order, clock: Any, talker: Any) -> None:
    old = replace(order, expires_at=order.started_at + timedelta(days=3))
    clock.at += timedelta(hours=23, seconds=1)
    with pytest.raises(TooLateToStart):
        stripe.start(old)
    clock.at = order.expires_at
    with pytest.raises(TooLateToStart):
        stripe.start(order)
    assert talker.asked == []


def test_a_sum_that_stripe_counts_otherwise_is_refused(stripe: Stripe, order: Order, talker: Any) -> None:
    for money in (Money(1000, "ISK"), Money(1000, "UGX"), Money(1000, "MGA"), Money(1005, "KWD")):
        with pytest.raises(CurrencyNotTaken):
            stripe.start(replace(order, money=money))
    for money, currency in ((Money(500, "JPY"), "jpy"), (Money(1010, "KWD"), "kwd")):
        answer = json.dumps(session_of(order, amount_total=money.minor, currency=currency)).encode()
        talker.says = lambda _, answer=answer: (200, {}, answer)
        stripe.start(replace(order, money=money))
        wanted = wanted_by(talker)
        assert wanted["line_items[0][price_data][unit_amount]"] == str(money.minor)
        assert wanted["line_items[0][price_data][currency]"] == currency


def test_another_sum_or_another_world_in_the_answer_is_not_taken(stripe: Stripe, order: Order, talker: Any) -> None:
    for other in ({"amount_total": 999}, {"currency": "usd"}, {"client_reference_id": "x"}, {"livemode": True}, {"url": None}):
        talker.says = lambda _, other=other: (200, {}, json.dumps(session_of(order, **other)).encode())
        with pytest.raises(GarbledAnswer):
            stripe.start(order)


def test_a_failure_that_stripe_repeats_is_permanent(stripe: Stripe, order: Order, talker: Any) -> None:
    talker.says = lambda _: (500, {}, b"{}")
    with pytest.raises(Unreachable) as trouble:
        stripe.start(order)
    assert not trouble.value.permanent
    talker.says = lambda _: (500, {"Idempotent-Replayed": "true"}, b"{}")
    with pytest.raises(Unreachable) as trouble:
        stripe.start(order)
    assert trouble.value.permanent
    for status, permanent in ((409, False), (403, True), (401, True), (429, False)):
        talker.says = lambda _, status=status: (status, {}, b"{}")
        with pytest.raises(Unreachable) as trouble:
            stripe.start(order)
        assert trouble.value.permanent is permanent


def test_a_session_whose_number_was_lost_is_found_and_the_paid_one_first(
    stripe: Stripe, order: Order, payment: Payment, talker: Any
) -> None:
    open_one = session_of(order, id="cs_test_2", payment_status="unpaid", status="open", payment_intent=None)
    pages = {"": ([session_of(order, id="cs_test_9", client_reference_id="other"), open_one], True)}
    pages["cs_test_2"] = ([session_of(order)], False)

    def says(asked: Any) -> tuple[int, dict[str, str], bytes]:
        path, _, query = asked.path.partition("?")
        if path == "/v1/checkout/sessions/cs_test_1":
            return 200, {}, json.dumps(session_of(order)).encode()
        things, more = pages[dict(parse_qsl(query)).get("starting_after", "")]
        return 200, {}, json.dumps({"data": things, "has_more": more}).encode()

    talker.says = says
    assert stripe.ask(payment).news is News.PAID


def test_a_handle_is_not_a_path(stripe: Stripe, payment: Payment, talker: Any) -> None:
    assert stripe.ask(replace(payment, handle="../refunds?x=")).news is News.UNKNOWN
    assert talker.asked[0].path.startswith("/v1/checkout/sessions/..%2Frefunds%3Fx%3D?")


def test_what_the_money_says_comes_along(stripe: Stripe, order: Order, payment: Payment, talker: Any) -> None:
    known = replace(payment, handle="cs_test_1")

    def asked(session: dict[str, Any]) -> News:
        talker.says = lambda _: (200, {}, json.dumps(session).encode())
        return stripe.ask(known).news

    charge = {"id": "ch_1", "created": 1772337660, "amount_refunded": 0}
    intent: dict[str, Any] = {"id": "pi_1", "status": "succeeded", "latest_charge": charge}
    assert asked(session_of(order, payment_intent=intent)) is News.PAID
    assert stripe.ask(known).at == datetime.fromtimestamp(1772337660, UTC)
    intent["latest_charge"] = {**charge, "amount_refunded": 300}
    assert asked(session_of(order, payment_intent=intent)) is News.REFUND
    declined = {"id": "pi_1", "status": "requires_payment_method", "latest_charge": None}
    assert asked(session_of(order, payment_status="unpaid", payment_intent=declined)) is News.FAILED
    assert asked(session_of(order, payment_status="unpaid", status="open", payment_intent=declined)) is News.WAITING


# Refunds and the balance


def test_a_refund_is_looked_for_before_it_is_made(stripe: Stripe, payment: Payment, talker: Any) -> None:
    row = replace(payment, provider_ref="pi_1")
    made = refund(metadata={"refund": "r1"}, status="pending")
    talker.says = lambda _: (200, {}, json.dumps({"data": [refund(), made], "has_more": False}).encode())
    assert stripe.refund(row, "r1", Money(300, "CNY")).state is RefundState.ASKED
    assert [asked.method for asked in talker.asked] == ["GET"]
    with pytest.raises(GarbledAnswer):
        stripe.refund(row, "r1", Money(301, "CNY"))
    with pytest.raises(NotPaid):
        stripe.refund(payment, "r1", Money(300, "CNY"))


def test_a_no_is_told_by_its_code(stripe: Stripe, order: Order, talker: Any) -> None:
    for error, said in (
        ({"type": "invalid_request_error", "code": "amount_too_small"}, "amount_too_small"),
        ({"type": "idempotency_error"}, "idempotency_error"),
        ({"code": "<b>Alice</b>"}, "HTTP-400"),
    ):
        talker.says = lambda _, error=error: (400, {}, json.dumps({"error": error}).encode())
        with pytest.raises(ProviderRefused) as refusal:
            stripe.start(order)
        assert refusal.value.said == said


def test_a_list_without_end_is_given_up(stripe: Stripe, clock: Any, talker: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sealgate.payments.stripe.sessions.MOST_PAGES", 3)
    clock.at += timedelta(days=2)
    entry = {"id": "txn_1", "type": "payout"}
    talker.says = lambda _: (200, {}, json.dumps({"data": [entry], "has_more": True}).encode())
    with pytest.raises(BadStatement):
        stripe.statement(date(2026, 3, 1))
    assert len(talker.asked) == 3


def test_a_balance_entry_is_a_line_where_a_drivers_money_moved() -> None:
    def line(kind: str, amount: int, **source: Any) -> Any:
        thing = {
            "id": "x_1",
            "amount": 800,
            "currency": "usd",
            "payment_intent": "pi_1",
            "metadata": {"payment": "p1"},
            **source,
        }
        entry = {
            "id": "txn_1",
            "type": kind,
            "amount": amount,
            "fee": 30,
            "currency": "eur",
            "created": 1772337600,
            "source": thing,
        }
        return balance.line_of(Fields(entry, GarbledAnswer))

    paid = line("charge", 740)
    assert (paid.movement, paid.reference, paid.money, paid.fee) == (
        Movement.PAYMENT,
        "p1",
        Money(800, "USD"),
        Money(30, "EUR"),
    )
    back = line("payment_refund", -740, metadata={"payment": "p1", "refund": "r1"})
    assert (back.movement, back.refund) == (Movement.REFUND, "r1")
    assert line("refund", -740).refund == "x_1"
    assert line("adjustment", -740, object="dispute").movement is Movement.CHARGEBACK
    assert line("adjustment", 740, object="dispute").movement is Movement.CHARGEBACK_LIFTED
    assert line("adjustment", 1, object="other") is None
    assert line("payout", -1) is None
    assert line("stripe_fee", -1) is None


# The account


@pytest.mark.parametrize(
    "wrong",
    [
        replace(ACCOUNT, secret_key="sk_live_alice"),
        replace(ACCOUNT, secret_key="pk_test_alice"),
        replace(ACCOUNT, secret_key=""),
        replace(ACCOUNT, live=True),
        replace(ACCOUNT, webhook_secrets=()),
        replace(ACCOUNT, webhook_secrets=("secret",)),
    ],
)
def test_an_account_that_cannot_work_is_refused_at_once(wrong: StripeAccount, clock: Any) -> None:
    with pytest.raises(BadAccount):
        Stripe(wrong, clock)


def test_a_restricted_key_will_do(clock: Any) -> None:
    assert Stripe(replace(ACCOUNT, secret_key="rk_test_alice", account="acct_1"), clock).merchant == "acct_1"
