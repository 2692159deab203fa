"""What every provider does that charges by an agreement: it is signed once, charged once for each order, and ended for good.

Alice agrees that her car's bills are charged. The other side of the wire (conftest.py) keeps its provider's rules.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from sealgate.domain.agreements import Agreement, AgreementState, Consent, apply
from sealgate.domain.billing import News, Payment, PaymentState, RefundState, Verdict, reference_of
from sealgate.domain.billing import apply as apply_payment
from sealgate.domain.ids import AgreementId, PaymentId
from sealgate.domain.money import Money
from sealgate.domain.reconciliation import Movement, OurMovement, reconcile
from sealgate.ports import BadSignature, Charged, Order, ProviderRefused, Signing, TooLateToStart, Unreachable

ROOT = Path(__file__).parents[2]
MOST = Money(5000, "CNY")


def signing_of(rig: Any, number: int = 1) -> Signing:
    return Signing(
        agreement=AgreementId(UUID(int=0x018F3B2C_0000_7000_8000_00000000A000 + number)),
        most=MOST,
        subject="停车费 & 北门, A=1",
        notify_address="https://gate.example.org/notices/acme",
        return_address="https://gate.example.org/pay/1?lang=zh",
        started_at=rig.clock.at,
        expires_at=rig.clock.at + timedelta(minutes=40),
    )


def row_of(rig: Any, signing: Signing) -> Agreement:
    """Pending, as it is after its signing was started."""
    provider = rig.provider
    handle = provider.agreements.sign(signing).handle
    pending, at, until = AgreementState.PENDING, signing.started_at, signing.expires_at
    return Agreement(signing.agreement, provider.name, provider.merchant, MOST, pending, at, until, handle)


def signed(rig: Any, signing: Signing) -> Agreement:
    pending = row_of(rig, signing)
    rig.signs(signing)
    told = rig.provider.read_notice(*rig.agreed(signing)).agreed
    assert told is not None
    return apply(pending, told)


def order_of(rig: Any, number: int = 1, minor: int = 1000) -> Order:
    return Order(
        payment=PaymentId(UUID(int=0x018F3B2C_0000_7000_8000_00000000B000 + number)),
        money=Money(minor, "CNY"),
        subject="停车费 & 北门, A=1",
        notify_address="https://gate.example.org/notices/acme",
        return_address="",
        started_at=rig.clock.at,
        expires_at=rig.clock.at + timedelta(minutes=10),
    )


def pending(rig: Any, order: Order, agreement: Agreement, handle: str = "") -> Payment:
    provider = rig.provider
    return Payment(
        id=order.payment,
        provider=provider.name,
        merchant=provider.merchant,
        asked=order.money,
        state=PaymentState.PENDING,
        started_at=order.started_at,
        expires_at=order.expires_at,
        handle=handle,
        agreement=agreement.id.hex,
    )


def charged(rig: Any, agreement: Agreement, order: Order) -> tuple[Charged, Payment]:
    answer = rig.provider.agreements.charge(agreement, order)
    return answer, apply_payment(pending(rig, order, agreement, answer.handle), answer.told).after


def test_alice_agrees_and_the_notice_makes_it_hold(agreeing_rig: Any) -> None:
    agreement = signed(agreeing_rig, signing_of(agreeing_rig))
    assert agreement.state is AgreementState.ACTIVE
    assert agreement.number
    assert agreement.signed_at is not None


def test_signing_that_is_started_again_is_the_same_one(agreeing_rig: Any) -> None:
    signing = signing_of(agreeing_rig)
    first = row_of(agreeing_rig, signing)
    agreeing_rig.clock.at += timedelta(minutes=2)
    assert row_of(agreeing_rig, signing).handle == first.handle


def test_a_lost_signature_is_found_by_asking(agreeing_rig: Any) -> None:
    signing = signing_of(agreeing_rig)
    row = row_of(agreeing_rig, signing)
    before = agreeing_rig.provider.agreements.ask(row)
    assert before.consent in (Consent.WAITING, Consent.UNKNOWN)
    assert apply(row, before) == row
    agreeing_rig.signs(signing)
    found = apply(row, agreeing_rig.provider.agreements.ask(row))
    assert (found.state, bool(found.number)) == (AgreementState.ACTIVE, True)


def test_a_repeated_notice_changes_nothing(agreeing_rig: Any) -> None:
    signing = signing_of(agreeing_rig)
    agreement = signed(agreeing_rig, signing)
    again = agreeing_rig.provider.read_notice(*agreeing_rig.agreed(signing))
    assert again.told is None
    assert apply(agreement, again.agreed) == agreement


def test_a_forged_signature_of_an_agreement_is_refused(agreeing_rig: Any) -> None:
    signing = signing_of(agreeing_rig)
    signed(agreeing_rig, signing)
    headers, body = agreeing_rig.agreed(signing)
    with pytest.raises(BadSignature):
        agreeing_rig.provider.read_notice(headers, body.replace(signing.agreement.hex.encode(), b"f" * 32))


def test_a_charge_moves_the_money_once_however_often_it_is_sent(agreeing_rig: Any) -> None:
    agreement, order = signed(agreeing_rig, signing_of(agreeing_rig)), order_of(agreeing_rig)
    for _ in range(3):
        answer, after = charged(agreeing_rig, agreement, order)
        assert (answer.told.news, answer.told.money, bool(answer.handle)) == (News.PAID, order.money, True)
        assert after.state is PaymentState.PAID
    told = agreeing_rig.provider.ask(after)
    assert apply_payment(after, told).verdict is Verdict.REPEATED
    lost = pending(agreeing_rig, order, agreement)  # the answer to the charge was lost, so its handle is not known
    assert apply_payment(lost, agreeing_rig.provider.ask(lost)).verdict is Verdict.SETTLED


def test_a_declined_charge_is_told_as_failed_or_refused_and_moves_nothing(agreeing_rig: Any) -> None:
    signing = signing_of(agreeing_rig)
    agreement, order = signed(agreeing_rig, signing), order_of(agreeing_rig)
    agreeing_rig.charges_go(signing, "declines")
    after = pending(agreeing_rig, order, agreement)
    if agreeing_rig.provider.name == "alipay":  # its refusal names a reason and no trade
        with pytest.raises(ProviderRefused, match="BALANCE_NOT_ENOUGH"):
            charged(agreeing_rig, agreement, order)
    else:
        answer, after = charged(agreeing_rig, agreement, order)
        assert (answer.told.news, after.state) == (News.FAILED, PaymentState.REFUSED)
    assert apply_payment(after, agreeing_rig.provider.ask(after)).after.state is not PaymentState.PAID


def test_a_charge_that_waits_is_asked_for(agreeing_rig: Any) -> None:
    signing = signing_of(agreeing_rig)
    agreement, order = signed(agreeing_rig, signing), order_of(agreeing_rig)
    agreeing_rig.charges_go(signing, "waits")
    answer, after = charged(agreeing_rig, agreement, order)
    assert (answer.told.news, after.state) == (News.WAITING, PaymentState.PENDING)
    assert agreeing_rig.provider.ask(after).news in (News.WAITING, News.PAID)


def test_a_charge_that_is_closed_is_paid_no_more_and_a_paid_one_says_paid(agreeing_rig: Any) -> None:
    signing = signing_of(agreeing_rig)
    agreement = signed(agreeing_rig, signing)
    _, paid = charged(agreeing_rig, agreement, order_of(agreeing_rig, 1))
    assert agreeing_rig.provider.close(paid).news is News.PAID
    never = pending(agreeing_rig, order_of(agreeing_rig, 2), agreement)
    assert agreeing_rig.provider.close(never).news is News.UNKNOWN


def test_what_was_charged_goes_back_in_parts_and_is_in_the_books(agreeing_rig: Any) -> None:
    agreement, order = signed(agreeing_rig, signing_of(agreeing_rig)), order_of(agreeing_rig)
    _, paid = charged(agreeing_rig, agreement, order)
    refund = agreeing_rig.provider.refund(paid, "a" * 32, Money(400, "CNY"))
    assert (refund.money, refund.state) == (Money(400, "CNY"), RefundState.DONE)
    day: date = agreeing_rig.day()
    agreeing_rig.clock.at += timedelta(days=1, hours=12)
    reference = reference_of(order.payment)
    ours = [
        OurMovement(Movement.PAYMENT, reference, "", order.money),
        OurMovement(Movement.REFUND, reference, "a" * 32, Money(400, "CNY")),
    ]
    done = reconcile(ours, list(agreeing_rig.provider.statement(day)))
    assert (done.matched, done.findings) == (2, ())


def test_an_end_is_an_end_on_both_sides(agreeing_rig: Any) -> None:
    signing = signing_of(agreeing_rig)
    agreement = signed(agreeing_rig, signing)
    agreements = agreeing_rig.provider.agreements
    for _ in range(2):
        told = agreements.cancel(replace(agreement, state=AgreementState.ENDING))
        assert told.consent is Consent.WITHDRAWN
    assert agreements.ask(agreement).consent is Consent.WITHDRAWN
    with pytest.raises(ProviderRefused):
        agreements.charge(agreement, order_of(agreeing_rig))


def test_what_was_never_signed_is_cancelled_all_the_same(agreeing_rig: Any) -> None:
    row = row_of(agreeing_rig, signing_of(agreeing_rig))
    assert agreeing_rig.provider.agreements.cancel(row).consent in (Consent.WITHDRAWN, Consent.REFUSED, Consent.UNKNOWN)


def test_a_driver_who_leaves_at_the_provider_is_found_out_by_asking(agreeing_rig: Any) -> None:
    signing = signing_of(agreeing_rig)
    agreement = signed(agreeing_rig, signing)
    agreeing_rig.leaves(signing)
    told = agreeing_rig.provider.agreements.ask(agreement)
    assert apply(agreement, told).state is AgreementState.ENDED
    with pytest.raises(ProviderRefused):
        agreeing_rig.provider.agreements.charge(agreement, order_of(agreeing_rig))


def test_a_signing_that_is_over_is_not_begun(agreeing_rig: Any) -> None:
    signing = signing_of(agreeing_rig)
    agreeing_rig.clock.at += timedelta(hours=1)
    with pytest.raises(TooLateToStart):
        agreeing_rig.provider.agreements.sign(signing)


def test_silence_is_unreachable_and_never_an_answer(agreeing_rig: Any) -> None:
    agreement = signed(agreeing_rig, signing_of(agreeing_rig))
    if agreeing_rig.provider.name == "simulated":  # it has no wire
        return
    agreeing_rig.line.trouble = lambda _: (500, {}, b"oops")
    agreements = agreeing_rig.provider.agreements
    for ask in (agreements.ask, agreements.cancel, lambda row: agreements.charge(row, order_of(agreeing_rig))):
        with pytest.raises(Unreachable):
            ask(agreement)


def test_stripe_tells_of_a_charge_by_a_notice_of_its_own(key_pairs: Any) -> None:
    from tests.contracts.conftest import StripeRig

    rig = StripeRig(*key_pairs)
    try:
        agreement, order = signed(rig, signing_of(rig)), order_of(rig)
        answer = rig.provider.agreements.charge(agreement, order)  # type: ignore[union-attr] # this provider has them
        told = rig.provider.read_notice(*rig.charge_told(order)).told
        assert told is not None
        assert apply_payment(pending(rig, order, agreement, answer.handle), told).verdict is Verdict.SETTLED
    finally:
        rig.close()


def test_the_document_says_who_can_what(payment_rig: Any) -> None:
    """The table in docs/payments.md has a column for each provider; a yes there is a yes here."""
    lines = (ROOT / "docs" / "payments.md").read_text(encoding="utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("| what it can |"))
    columns = [cell.strip().lower().replace(" pay", "") for cell in lines[start].strip("|").split("|")]
    rows = {cells[0].strip(): cells for cells in (line.strip("|").split("|") for line in lines[start + 2 : start + 12])}
    at, provider = columns.index(payment_rig.provider.name), payment_rig.provider
    assert rows["charge by an agreement"][at].strip().startswith("yes") is (provider.agreements is not None)
    own = provider.name == "wechat"
    assert rows["pay inside its own app"][at].strip().startswith("yes") is own
