"""What every payment provider does, whoever it is: one order is paid once, told truly, sent back once, and found in the books.

Alice is a driver. The other side of the wire (conftest.py) keeps its provider's rules and checks what we sign.
"""

import gzip
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sealgate.domain.billing import (
    News,
    NothingToPay,
    Payment,
    PaymentState,
    RefundState,
    Verdict,
    apply,
    ask_refund,
    reference_of,
    refund_answered,
)
from sealgate.domain.ids import PaymentId
from sealgate.domain.money import Money
from sealgate.domain.reconciliation import Movement, OurMovement, reconcile
from sealgate.ports import (
    BadSignature,
    GarbledAnswer,
    NoticeRefused,
    Order,
    OversizedNotice,
    PaymentProvider,
    ProviderRefused,
    StaleNotice,
    StatementNotReady,
    Unreachable,
)

Reply = tuple[int, dict[str, str], bytes]


class Clock(Protocol):
    at: datetime


class Line(Protocol):
    trouble: Callable[[Reply], Reply | None] | None
    asked: list[str]
    broken: list[str]


class Rig(Protocol):
    provider: PaymentProvider
    clock: Clock
    line: Line

    def day(self) -> date: ...
    def pays(self, order: Order) -> None: ...
    def notice(self, order: Order) -> tuple[dict[str, str], bytes]: ...
    def forged(self, order: Order) -> tuple[dict[str, str], bytes]: ...
    def sent_back(self, order: Order) -> int: ...
    def orders_made(self) -> int: ...


def order_of(rig: Rig, number: int = 1, minor: int = 1000) -> Order:
    return Order(
        payment=PaymentId(UUID(int=0x018F3B2C_0000_7000_8000_000000000000 + number)),
        money=Money(minor, "CNY"),
        subject="停车费 & 北门, A=1",
        notify_address="https://gate.example.org/notices/acme",
        return_address="https://gate.example.org/pay/1?lang=zh",
        started_at=rig.clock.at,
        expires_at=rig.clock.at + timedelta(hours=1),
    )


def started(rig: Rig, order: Order) -> Payment:
    """The row as it is after starting."""
    provider = rig.provider
    handle = provider.start(order).handle
    pending = PaymentState.PENDING
    return Payment(
        order.payment, provider.name, provider.merchant, order.money, pending, order.started_at, order.expires_at, handle
    )


def paid(rig: Rig, order: Order) -> Payment:
    payment = started(rig, order)
    rig.pays(order)
    told = rig.provider.read_notice(*rig.notice(order)).told
    assert told is not None
    return apply(payment, told).after


def test_alice_pays_and_the_notice_settles_her_payment(payment_rig: Rig) -> None:
    order = order_of(payment_rig)
    payment = started(payment_rig, order)
    payment_rig.pays(order)
    headers, body = payment_rig.notice(order)
    notice = payment_rig.provider.read_notice({name.upper(): value for name, value in headers.items()}, body)
    assert notice.told is not None
    outcome = apply(payment, notice.told)
    assert (outcome.verdict, outcome.newly_paid) == (Verdict.SETTLED, True)
    assert outcome.after.provider_ref
    assert outcome.after.paid_at is not None
    assert abs(outcome.after.paid_at - payment_rig.clock.at) < timedelta(minutes=1)


def test_a_repeated_notice_has_the_same_number_and_changes_nothing(payment_rig: Rig) -> None:
    order = order_of(payment_rig)
    payment = paid(payment_rig, order)
    again, once_more = (payment_rig.provider.read_notice(*payment_rig.notice(order)) for _ in range(2))
    assert again.id == once_more.id
    assert again.told is not None
    assert apply(payment, again.told).verdict is Verdict.REPEATED


def test_starting_twice_makes_one_order(payment_rig: Rig) -> None:
    order = order_of(payment_rig)
    first = started(payment_rig, order)
    payment_rig.clock.at += timedelta(minutes=5)
    assert started(payment_rig, order) == first
    payment_rig.pays(order)
    assert payment_rig.orders_made() == 1


def test_a_lost_notice_is_found_by_asking(payment_rig: Rig) -> None:
    order = order_of(payment_rig)
    payment = started(payment_rig, order)
    before = apply(payment, payment_rig.provider.ask(payment))
    assert (before.verdict, before.changed) == (Verdict.NO_NEWS, False)
    payment_rig.pays(order)
    told = payment_rig.provider.ask(payment)
    assert told.news is News.PAID
    settled = apply(payment, told)
    assert settled.verdict is Verdict.SETTLED
    late = payment_rig.provider.read_notice(*payment_rig.notice(order)).told
    assert late is not None
    assert apply(settled.after, late).verdict is Verdict.REPEATED


def test_an_order_that_was_never_started_is_unknown(payment_rig: Rig) -> None:
    order = order_of(payment_rig)
    started(payment_rig, order)
    stranger = replace(started(payment_rig, order_of(payment_rig, 2)), id=PaymentId(UUID(int=99)), handle="")
    told = payment_rig.provider.ask(stranger)
    assert (told.news, told.reference) == (News.UNKNOWN, reference_of(stranger.id))


def test_money_goes_back_in_parts_and_each_part_once(payment_rig: Rig) -> None:
    order = order_of(payment_rig)
    payment = paid(payment_rig, order)
    for reference, minor in (("a" * 32, 300), ("b" * 32, 700)):
        money = Money(minor, "CNY")
        payment = ask_refund(payment, reference, money)
        for _ in range(3):
            refund = payment_rig.provider.refund(payment, reference, money)
            assert (refund.reference, refund.money, refund.state) == (reference, money, RefundState.DONE)
        payment = refund_answered(payment, refund, payment_rig.clock.at).after
    assert (payment.state, payment.refunded) == (PaymentState.REFUNDED, order.money)
    assert payment_rig.sent_back(order) == 1000


def test_what_went_back_does_not_settle_a_payment_we_never_saw(payment_rig: Rig) -> None:
    """Paid and wholly refunded while we heard nothing: the exit must not open on it."""
    order = order_of(payment_rig)
    payment = started(payment_rig, order)
    payment_rig.provider.refund(paid(payment_rig, order), "a" * 32, order.money)
    outcome = apply(payment, payment_rig.provider.ask(payment))
    assert outcome.verdict in (Verdict.UNCLEAR, Verdict.REFUND_NOTED)
    assert not outcome.newly_paid


def test_more_than_was_paid_is_refused_by_its_name(payment_rig: Rig) -> None:
    order = order_of(payment_rig)
    payment = paid(payment_rig, order)
    with pytest.raises(ProviderRefused) as refusal:
        payment_rig.provider.refund(payment, "a" * 32, Money(1001, "CNY"))
    assert refusal.value.said
    assert payment_rig.sent_back(order) == 0


def test_a_closed_order_is_closed_and_a_paid_one_says_paid(payment_rig: Rig) -> None:
    unpaid, bought = order_of(payment_rig, 1), order_of(payment_rig, 2)
    payment = started(payment_rig, unpaid)
    told = payment_rig.provider.close(payment)
    assert told.news in (News.CLOSED, News.UNKNOWN)
    assert payment_rig.provider.ask(payment).news is told.news
    assert payment_rig.provider.close(payment).news is told.news
    told = payment_rig.provider.close(paid(payment_rig, bought))
    assert (told.news, told.money) == (News.PAID, bought.money)


def test_the_days_statement_agrees_with_our_books(payment_rig: Rig) -> None:
    whole, part, never = (order_of(payment_rig, number, 1000 + number) for number in (1, 2, 3))
    paid(payment_rig, whole)
    payment_rig.provider.refund(paid(payment_rig, part), "a" * 32, Money(302, "CNY"))
    started(payment_rig, never)
    day = payment_rig.day()
    with pytest.raises(StatementNotReady):
        payment_rig.provider.statement(day)
    payment_rig.clock.at += timedelta(days=1, hours=12)
    ours = [
        OurMovement(Movement.PAYMENT, reference_of(whole.payment), "", whole.money),
        OurMovement(Movement.PAYMENT, reference_of(part.payment), "", part.money),
        OurMovement(Movement.REFUND, reference_of(part.payment), "a" * 32, Money(302, "CNY")),
    ]
    lines = list(payment_rig.provider.statement(day))
    done = reconcile(ours, lines)
    assert (done.matched, done.foreign, done.findings) == (3, 0, ())
    assert all(line.at.tzinfo is not None and line.fee is not None for line in lines)


def test_nothing_is_not_charged(payment_rig: Rig) -> None:
    for minor in (0, -1):
        with pytest.raises(NothingToPay):
            payment_rig.provider.start(order_of(payment_rig, minor=minor))
    assert payment_rig.orders_made() == 0


def test_a_strangers_notice_is_refused(payment_rig: Rig) -> None:
    order = order_of(payment_rig)
    paid(payment_rig, order)
    with pytest.raises(BadSignature):
        payment_rig.provider.read_notice(*payment_rig.forged(order))


def test_a_notice_without_its_signature_is_refused(payment_rig: Rig) -> None:
    order = order_of(payment_rig)
    paid(payment_rig, order)
    headers, body = payment_rig.notice(order)
    with pytest.raises(NoticeRefused):
        payment_rig.provider.read_notice({}, body.partition(b"&sign=")[0])
    for name in headers:
        if "signature" in name.lower() and not name.endswith("Type"):
            with pytest.raises(BadSignature):
                payment_rig.provider.read_notice({**headers, name: ""}, body)


def test_an_old_notice_and_one_from_the_future_are_refused_where_they_say_when(payment_rig: Rig) -> None:
    order = order_of(payment_rig)
    paid(payment_rig, order)
    headers, body = payment_rig.notice(order)
    sent = payment_rig.clock.at
    for seconds in (-299, 299):
        payment_rig.clock.at = sent + timedelta(seconds=seconds)
        payment_rig.provider.read_notice(headers, body)
    for seconds in (-301, 301, 366 * 86400):
        payment_rig.clock.at = sent + timedelta(seconds=seconds)
        if payment_rig.provider.name == "alipay":  # a notice of theirs does not say when it was signed
            payment_rig.provider.read_notice(headers, body)
            continue
        with pytest.raises(StaleNotice):
            payment_rig.provider.read_notice(headers, body)


def test_a_notice_larger_than_any_is_not_looked_at(payment_rig: Rig) -> None:
    with pytest.raises(OversizedNotice):
        payment_rig.provider.read_notice({}, b"x" * (256 * 1024 + 1))


HYPOTHESIS = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)


@pytest.fixture
def came(payment_rig: Rig) -> tuple[dict[str, str], bytes]:
    """A genuine notice of Alice's payment."""
    order = order_of(payment_rig)
    started(payment_rig, order)
    payment_rig.pays(order)
    return payment_rig.notice(order)


@HYPOTHESIS
@given(st.data())
def test_a_notice_with_any_byte_changed_is_refused(
    payment_rig: Rig, came: tuple[dict[str, str], bytes], data: st.DataObject
) -> None:
    """Or says, letter for letter, the same: a form may spell `%2F` as `%2f`."""
    headers, body = came
    genuine = payment_rig.provider.read_notice(headers, body)
    at, bit = data.draw(st.integers(0, len(body) - 1)), data.draw(st.integers(0, 7))
    flipped = bytearray(body)
    flipped[at] ^= 1 << bit
    try:
        notice = payment_rig.provider.read_notice(headers, bytes(flipped))
    except NoticeRefused:
        return
    assert payment_rig.provider.name == "alipay"
    assert notice == genuine


@HYPOTHESIS
@given(st.data())
def test_a_notice_with_any_letter_of_its_signed_headers_changed_is_refused(
    payment_rig: Rig, came: tuple[dict[str, str], bytes], data: st.DataObject
) -> None:
    headers, body = came
    signed = [name for name in headers if name.startswith(("Wechatpay", "Stripe", "Simulated"))]
    if not signed:  # Alipay signs within the body
        return
    name = data.draw(st.sampled_from(signed))
    at = data.draw(st.integers(0, len(headers[name]) - 1))
    other = data.draw(st.characters().filter(lambda letter: letter != headers[name][at]))
    changed = headers[name][:at] + other + headers[name][at + 1 :]
    with pytest.raises(NoticeRefused):
        payment_rig.provider.read_notice({**headers, name: changed}, body)


WORDS = st.text(max_size=60) | st.sampled_from(
    ["1772337600", "WECHATPAY/SIGNTEST/abc", "t=1,v1=00", "PUB_KEY_ID_0119000000012024"]
)
SIGNING = ["Wechatpay-Timestamp", "Wechatpay-Nonce", "Wechatpay-Serial", "Wechatpay-Signature", "Stripe-Signature"]
NAMES = st.sampled_from([*SIGNING, "Simulated-Time", "Simulated-Signature", "Content-Type"])


@HYPOTHESIS
@given(st.dictionaries(NAMES, WORDS), st.binary(max_size=300))
def test_random_bytes_are_refused_and_nothing_else(payment_rig: Rig, headers: dict[str, str], body: bytes) -> None:
    with pytest.raises(NoticeRefused):
        payment_rig.provider.read_notice(headers, body)


def test_nobody_is_asked_about_a_notice(wired_rig: Rig) -> None:
    order = order_of(wired_rig)
    paid(wired_rig, order)
    asked = len(wired_rig.line.asked)
    headers, body = wired_rig.notice(order)
    wired_rig.provider.read_notice(headers, body)
    for strange in ({**headers, "Wechatpay-Serial": "0" * 40}, {}):
        with suppress(NoticeRefused):
            wired_rig.provider.read_notice(strange, body)
    assert len(wired_rig.line.asked) == asked


TROUBLES: dict[str, Callable[[Reply], Reply]] = {
    "a server in trouble": lambda _: (500, {}, b"oops"),
    "a server that is busy": lambda _: (429, {}, b""),
    "somebody who sends us away": lambda _: (302, {"Location": "http://127.0.0.1:1/"}, b""),
    "an answer without end": lambda _: (200, {}, b"x" * (9 << 20)),
    "an answer that is not one": lambda reply: (200, reply[1], b"\x00\xff{["),
    "an empty answer": lambda _: (200, {}, b""),
    "a small answer that would unpack to a large one": lambda reply: (
        200,
        {**reply[1], "Content-Encoding": "gzip"},
        gzip.compress(b" " * 10_000_000),
    ),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_trouble_on_the_way_is_unreachable_and_never_an_answer(wired_rig: Rig, trouble: str) -> None:
    order = order_of(wired_rig)
    payment = paid(wired_rig, order)
    wired_rig.line.trouble = TROUBLES[trouble]
    provider, asks = wired_rig.provider, [wired_rig.provider.ask, wired_rig.provider.close]
    for ask in asks:
        with pytest.raises(Unreachable):
            ask(payment)
    with pytest.raises(Unreachable):
        provider.refund(payment, "a" * 32, order.money)
    if provider.name != "alipay":  # it starts a payment without asking anybody
        with pytest.raises(Unreachable):
            provider.start(order)


def test_silence_ends(wired_rig: Rig) -> None:
    payment = paid(wired_rig, order_of(wired_rig))
    wired_rig.line.trouble = lambda _: None
    impatient: Any = wired_rig.provider
    impatient._out._timeout = 0.5
    with pytest.raises(Unreachable) as silence:
        wired_rig.provider.ask(payment)
    assert not silence.value.permanent


def test_an_answer_about_another_order_is_not_taken(wired_rig: Rig) -> None:
    mine, other = order_of(wired_rig, 1), order_of(wired_rig, 2)
    payment = paid(wired_rig, mine)
    kept: list[Reply] = []

    def keep(reply: Reply) -> Reply:
        kept.append(reply)
        return reply

    wired_rig.line.trouble = keep
    wired_rig.provider.ask(payment)
    other_payment = paid(wired_rig, other)
    wired_rig.line.trouble = lambda _: kept[0]
    with pytest.raises(GarbledAnswer):
        wired_rig.provider.ask(other_payment)


def test_many_threads_refund_once(payment_rig: Rig) -> None:
    order = order_of(payment_rig)
    payment = paid(payment_rig, order)
    states: list[Any] = []

    def send_back() -> None:
        states.append(payment_rig.provider.refund(payment, "a" * 32, Money(400, "CNY")).state)

    threads = [threading.Thread(target=send_back) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert states == [RefundState.DONE] * 4
    assert payment_rig.sent_back(order) == 400


def test_a_notice_is_acknowledged_and_a_refused_one_is_not(payment_rig: Rig) -> None:
    yes, no = payment_rig.provider.acknowledge(ok=True), payment_rig.provider.acknowledge(ok=False)
    assert 200 <= yes.status < 300
    assert no.status >= 500 or no.body != yes.body


def test_no_secret_is_shown(payment_rig: Any, key_pairs: Any) -> None:
    shown = repr(payment_rig.provider) + repr(getattr(payment_rig.provider, "_account", ""))
    for secret in (key_pairs[0].secret, "sk_test_alice", "whsec_", "k" * 32, "a secret of the test"):
        assert secret not in shown
