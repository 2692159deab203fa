"""Bob's car pays by itself: he signs once, and the exit opens when the provider says paid. Others try to profit from that."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sealgate.domain.agreements import AgreementOver, AgreementState
from sealgate.domain.billing import PaymentState
from sealgate.domain.errors import Forbidden, NotFound
from sealgate.domain.ids import AgreementId, StayId
from sealgate.domain.lots import Doubt
from sealgate.domain.money import Money
from sealgate.domain.operators import Role
from sealgate.domain.stays import StayState
from sealgate.domain.stays_calls import CallReason
from sealgate.flows import agreeing, charging, driving, lane, rules
from sealgate.flows.campus import system
from sealgate.flows.driving_passes import Shows
from sealgate.flows.parking import Outcome
from sealgate.flows.pricing import prices
from sealgate.payments.simulated import Act, Sign
from sealgate.privacy import journal
from sealgate.store import parking
from sealgate.store.engine import Actor

BOB, CHARLIE = "沪A12345", "沪B77731"
MOST = Money(20_000, "CNY")
MINUTE = timedelta(minutes=1)


def spot(till: Any) -> driving.Spot:
    return driving.spot(till.house, driving.lot_path(till.house, till.tenant, till.lot.lot).removeprefix("/pay/"))


def registers(till: Any, stay: StayId, most: Money = MOST, how: Sign = Sign.SIGN) -> AgreementId:
    """A driver with the ticket of that stay signs; the notice comes."""
    begun, path = agreeing.register(till.house, spot(till), stay, Shows.DETAILS, "simulated", most)
    till.first.act_on_agreement(begun.handle, how)
    till.post()
    return agreeing.shown(till.house, spot(till), path.rpartition("/")[2]).agreement


def state(till: Any, agreement: AgreementId) -> AgreementState:
    return row(till, agreement).state


def row(till: Any, agreement: AgreementId) -> parking.AgreementRow:
    with till.house.store.read(till.tenant) as db:
        found = parking.agreement(db, agreement)
    assert found is not None
    return found


def handle(till: Any, agreement: AgreementId) -> str:
    return next(str(paper.handle) for paper in till.first.agreements._papers.values() if paper.signing.agreement == agreement)


def charges(till: Any) -> int:
    return charging.charge_waiting(till.house, till.tenant)


@pytest.fixture
def agreed(till: Any, parked: StayId) -> AgreementId:
    return registers(till, parked)


def test_bobs_car_pays_by_itself_and_the_exit_opens(till: Any, parked: StayId, agreed: AgreementId, latch: Any) -> None:
    assert state(till, agreed) is AgreementState.ACTIVE
    waits = till.goes()
    assert (waits.outcome, waits.due) == (Outcome.WAITS, Money(1000, "CNY"))
    (pending,) = till.payments(parked)
    assert (pending.payment.state, pending.row.automatic) == (PaymentState.PENDING, True)
    assert charges(till) == 1
    assert [release.gate for release in latch.releases] == [till.entry, till.exit]
    assert (till.kept(parked), till.taken(), till.calls()) == (1000, 1000, [])
    assert till.stay(parked).stay.state is StayState.CLOSED


def test_the_charge_is_on_the_disk_before_the_provider_is_called(till: Any, parked: StayId, agreed: AgreementId) -> None:
    """The program dies between the exit and the call: the next one charges, and once."""
    till.goes()
    assert till.first._sales == {}
    for _ in range(3):
        charges(till)
    assert (len(till.first._sales), till.taken()) == (1, 1000)


def test_its_notice_comes_again_and_changes_nothing(till: Any, parked: StayId, agreed: AgreementId) -> None:
    till.goes()
    charges(till)
    till.post()
    till.post()
    assert till.kept(parked) == till.taken() == 1000
    assert till.actions().count("payment.settled") == 1


@pytest.mark.parametrize(("act", "then"), [(Sign.SIGN, lane.Shown.OPEN), (Sign.DECLINE, lane.Shown.PAY)])
def test_the_lane_says_that_it_is_being_charged_until_there_is_an_answer(
    till: Any, parked: StayId, agreed: AgreementId, act: Sign, then: lane.Shown
) -> None:
    secret = rules.kiosk_link(till.house, system(till.house, till.tenant), till.exit)
    here = lane.lane_gate(till.house, secret)
    assert here is not None
    if act is Sign.DECLINE:
        till.first.act_on_agreement(handle(till, agreed), act)
    till.goes()
    during = lane.screen(till.house, here, prices(till.house, till.tenant))
    assert (during.shown, during.due, during.charging) == (lane.Shown.PAY, Money(1000, "CNY"), True)
    charges(till)
    after = lane.screen(till.house, here, prices(till.house, till.tenant))
    assert (after.shown, after.charging) == (then, False)


def test_a_declined_charge_leaves_the_pay_screen_and_bob_pays_by_hand(
    till: Any, parked: StayId, agreed: AgreementId, latch: Any
) -> None:
    till.first.act_on_agreement(handle(till, agreed), Sign.DECLINE)
    till.goes()
    charges(till)
    assert [release.gate for release in latch.releases] == [till.entry]
    assert [known.payment.state for known in till.payments(parked)] == [PaymentState.REFUSED]
    started = till.starts(parked)
    till.does(started.payment)
    till.post()
    assert [release.gate for release in latch.releases] == [till.entry, till.exit]
    assert till.kept(parked) == till.taken() == 1000


def test_a_sum_that_was_declined_is_not_charged_again_and_again(till: Any, parked: StayId, agreed: AgreementId) -> None:
    till.first.act_on_agreement(handle(till, agreed), Sign.DECLINE)
    for _ in range(3):
        till.goes()
        charges(till)
        till.house.clock.move(MINUTE)
    assert len(till.payments(parked)) == 1


def test_a_charge_that_takes_its_time_is_asked_for(till: Any, parked: StayId, agreed: AgreementId, latch: Any) -> None:
    till.first.act_on_agreement(handle(till, agreed), Sign.DELAY)
    till.goes()
    charges(till)
    assert till.payments(parked)[0].payment.state is PaymentState.PENDING
    charges(till)
    assert [release.gate for release in latch.releases] == [till.entry, till.exit]
    assert till.taken() == 1000


def test_above_the_agreed_most_the_driver_is_asked(till: Any, parked: StayId) -> None:
    registers(till, parked, Money(999, "CNY"))
    assert till.goes().due == Money(1000, "CNY")
    assert till.payments(parked) == []


def test_bob_who_goes_to_pay_by_hand_is_not_charged_as_well(till: Any, parked: StayId, agreed: AgreementId) -> None:
    till.goes()
    started = till.starts(parked)
    charges(till)
    till.does(started.payment)
    till.post()
    assert till.kept(parked) == till.taken() == 1000
    assert len(till.first._sales) == 1


def test_who_is_paying_by_hand_already_is_not_charged(till: Any, parked: StayId, agreed: AgreementId) -> None:
    till.starts(parked)
    till.goes()
    assert [known.row.automatic for known in till.payments(parked)] == [False]


def test_a_misread_plate_is_never_charged_to_the_car_it_looks_like(till: Any, parked: StayId, agreed: AgreementId) -> None:
    """The exit reads one letter otherwise. It may be paired, and then the driver is asked; the agreement is not used."""
    till.goes("沪A1Z345")
    assert till.payments(parked) == []
    assert charges(till) == 0


def test_another_car_pays_for_itself(till: Any, parked: StayId, agreed: AgreementId) -> None:
    other = till.comes(CHARLIE)
    till.house.clock.move(20 * MINUTE)
    till.goes(CHARLIE)
    assert till.payments(other) == []


def test_the_agreement_holds_at_the_next_visit(till: Any, parked: StayId, agreed: AgreementId, clock: Any) -> None:
    till.goes()
    charges(till)
    clock.move(timedelta(hours=5))
    again = till.comes()
    clock.move(20 * MINUTE)
    till.goes()
    charges(till)
    assert (till.kept(again), till.taken()) == (500, 1500)


# --- registering ---------------------------------------------------------------------------------------------


def test_a_typed_plate_registers_nothing(till: Any, parked: StayId) -> None:
    """Whoever paid for a typed plate holds an address that shows the sum; it is not enough."""
    with pytest.raises(NotFound):
        agreeing.register(till.house, spot(till), parked, Shows.SUM, "simulated", MOST)


def test_a_car_that_pays_already_is_not_registered_by_somebody_else(till: Any, parked: StayId, agreed: AgreementId) -> None:
    with pytest.raises(agreeing.CarTaken):
        agreeing.register(till.house, spot(till), parked, Shows.DETAILS, "second", MOST)


def test_of_two_that_are_signed_at_once_one_holds_and_the_other_is_withdrawn_there(till: Any, parked: StayId) -> None:
    one, first = agreeing.register(till.house, spot(till), parked, Shows.DETAILS, "simulated", MOST)
    other, second = agreeing.register(till.house, spot(till), parked, Shows.DETAILS, "second", MOST)
    till.second.act_on_agreement(other.handle, Sign.SIGN)
    till.first.act_on_agreement(one.handle, Sign.SIGN)
    till.post()
    views = [agreeing.shown(till.house, spot(till), path.rpartition("/")[2]) for path in (first, second)]
    assert sorted(view.state for view in views) == [AgreementState.ACTIVE, AgreementState.ENDING]
    till.house.clock.move(MINUTE)
    agreeing.follow_up(till.house, till.tenant)
    views = [agreeing.shown(till.house, spot(till), view.path.rpartition("/")[2]) for view in views]
    assert sorted(view.state for view in views) == [AgreementState.ACTIVE, AgreementState.ENDED]
    assert sorted(page.consent for page in (till.first.sign_page(one.handle), till.second.sign_page(other.handle))) == [
        "signed",
        "withdrawn",
    ]


def test_a_signature_whose_notice_was_lost_is_found_by_asking(till: Any, parked: StayId) -> None:
    begun, _ = agreeing.register(till.house, spot(till), parked, Shows.DETAILS, "simulated", MOST)
    till.first.act_on_agreement(begun.handle, Sign.FORGET)
    assert till.post() == []
    till.house.clock.move(MINUTE)
    assert agreeing.follow_up(till.house, till.tenant) == 1
    till.goes()
    charges(till)
    assert till.taken() == 1000


def test_what_is_not_signed_in_time_ends_and_its_late_signature_is_withdrawn(till: Any, parked: StayId, clock: Any) -> None:
    begun, path = agreeing.register(till.house, spot(till), parked, Shows.DETAILS, "simulated", MOST)
    till.first.act_on_agreement(begun.handle, Sign.SIGN)  # its notice is on the way, and the line is down
    paper = till.first.agreements.paper(begun.handle)
    signed, paper.consent = paper.consent, type(paper.consent).WAITING
    clock.move(timedelta(hours=1))
    agreeing.follow_up(till.house, till.tenant)
    view = agreeing.shown(till.house, spot(till), path.rpartition("/")[2])
    assert (view.state, view.plate) == (AgreementState.ENDED, "")
    paper.consent = signed
    till.post()
    agreeing.follow_up(till.house, till.tenant)
    assert state(till, view.agreement) is AgreementState.ENDED
    assert till.first.sign_page(begun.handle).consent == "withdrawn"


@pytest.mark.parametrize("most", [Money(0, "CNY"), Money(-5, "CNY"), Money(100, "USD"), Money(10**12 + 1, "CNY")])
def test_the_most_is_a_sum_of_the_lots_own_money(till: Any, parked: StayId, most: Money) -> None:
    with pytest.raises(agreeing.WrongMost):
        agreeing.register(till.house, spot(till), parked, Shows.DETAILS, "simulated", most)


# --- ending --------------------------------------------------------------------------------------------------


def test_bob_withdraws_and_nothing_is_charged_any_more(till: Any, parked: StayId, agreed: AgreementId) -> None:
    agreeing.stop(till.house, spot(till), agreed)
    assert state(till, agreed) is AgreementState.ENDED
    assert till.first.sign_page(handle(till, agreed)).consent == "withdrawn"
    found = row(till, agreed)
    assert (found.token, found.plate, found.refs) == (None, None, None)
    till.goes()
    assert till.payments(parked) == []
    with pytest.raises(AgreementOver):
        agreeing.stop(till.house, spot(till), agreed)


def test_a_charge_that_was_promised_is_not_sent_after_the_withdrawal(till: Any, parked: StayId, agreed: AgreementId) -> None:
    till.goes()
    agreeing.stop(till.house, spot(till), agreed)
    charges(till)
    assert till.taken() == 0
    assert [known.payment.state for known in till.payments(parked)] == [PaymentState.REFUSED]


def test_bob_withdraws_at_the_provider(till: Any, parked: StayId, agreed: AgreementId) -> None:
    till.first.act_on_agreement(handle(till, agreed), Sign.CANCEL)
    till.post()
    assert state(till, agreed) is AgreementState.ENDED
    till.goes()
    assert till.payments(parked) == []


def test_a_withdrawal_at_the_provider_that_we_did_not_hear_of_is_found_when_charging(
    till: Any, parked: StayId, agreed: AgreementId
) -> None:
    till.first.act_on_agreement(handle(till, agreed), Sign.CANCEL)
    till.goes()
    charges(till)
    assert state(till, agreed) is AgreementState.ENDED
    assert [known.payment.state for known in till.payments(parked)] == [PaymentState.REFUSED]


def test_a_provider_that_is_down_is_told_of_the_end_later(
    till: Any, agreed: AgreementId, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(till.first.agreements, "cancel", _down)
        agreeing.stop(till.house, spot(till), agreed)
        assert (state(till, agreed), row(till, agreed).plate) == (AgreementState.ENDING, None)
    clock.move(MINUTE)
    agreeing.follow_up(till.house, till.tenant)
    assert state(till, agreed) is AgreementState.ENDED


def _down(_agreement: object) -> None:
    from sealgate.ports import Unreachable

    raise Unreachable("the line is down")


# --- the lot's rule ------------------------------------------------------------------------------------------


def opens_in_doubt(till: Any) -> None:
    with till.house.store.begin(till.tenant, Actor("operator", "dora")) as tx:
        parking.update_lot(tx, replace(till.lot, doubt=Doubt.OPEN))
        journal.write(tx, till.house.keyring, till.house.clock.now(), "test.changed")


def test_a_silent_provider_keeps_the_bar_down_where_the_lot_asks(
    till: Any, parked: StayId, agreed: AgreementId, clock: Any, latch: Any
) -> None:
    till.first.act_on_agreement(handle(till, agreed), Sign.SILENCE)
    till.goes()
    clock.move(timedelta(seconds=10))
    charges(till)
    assert [release.gate for release in latch.releases] == [till.entry]


def test_a_silent_provider_lets_bob_go_where_the_lot_opens_in_doubt_and_he_is_charged_later(
    till: Any, parked: StayId, agreed: AgreementId, clock: Any, latch: Any
) -> None:
    opens_in_doubt(till)
    till.first.act_on_agreement(handle(till, agreed), Sign.SILENCE)
    till.goes()
    charges(till)
    assert [release.gate for release in latch.releases] == [till.entry]  # he waits a few seconds
    clock.move(timedelta(seconds=10))
    charges(till)
    assert [release.gate for release in latch.releases] == [till.entry, till.exit]
    assert (till.stay(parked).stay.state, till.stay(parked).stay.left) == (StayState.WAITING, clock.now())
    till.first.act_on_agreement(handle(till, agreed), Sign.CHARGE)
    charges(till)
    assert (till.kept(parked), till.taken(), till.stay(parked).stay.state) == (1000, 1000, StayState.CLOSED)


def test_a_charge_that_fails_after_the_car_has_gone_is_for_the_desk(
    till: Any, parked: StayId, agreed: AgreementId, clock: Any
) -> None:
    opens_in_doubt(till)
    till.first.act_on_agreement(handle(till, agreed), Sign.SILENCE)
    till.goes()
    clock.move(timedelta(seconds=10))
    charges(till)
    till.first.act_on_agreement(handle(till, agreed), Sign.DECLINE)
    charges(till)
    assert till.calls() == [CallReason.LEFT_OWING]


# --- the desk ------------------------------------------------------------------------------------------------


def test_the_office_invites_and_the_driver_signs(till: Any, parked: StayId) -> None:
    signed = till.only(Role.ADMINISTRATOR)
    path = agreeing.invite(
        till.house, signed, till.campus.site, till.lot.lot, BOB, "simulated", MOST, "licence seen at the counter"
    )
    view = agreeing.shown(till.house, spot(till), path.rpartition("/")[2])
    assert (view.plate, view.state) == (BOB, AgreementState.PENDING)
    begun, back = agreeing.sign(till.house, spot(till), view.agreement)
    assert back == path
    till.first.act_on_agreement(begun.handle, Sign.SIGN)
    till.post()
    lines, following = agreeing.listed(till.house, signed)
    assert [(line.plate, line.state, following) for line in lines] == [(BOB, AgreementState.ACTIVE, None)]
    agreeing.end(till.house, signed, view.agreement)
    assert agreeing.listed(till.house, signed)[0] == []
    assert {"agreement.invited", "agreement.active", "agreement.ended-by-desk"} <= set(till.actions())


def test_the_office_says_how_it_knows_whose_car_it_is(till: Any) -> None:
    signed = till.only(Role.ADMINISTRATOR)
    for proof in ("", "  a ", "x" * 301):
        with pytest.raises(agreeing.NotProven):
            agreeing.invite(till.house, signed, till.campus.site, till.lot.lot, BOB, "simulated", MOST, proof)


def test_the_attendant_neither_invites_nor_ends(till: Any, agreed: AgreementId) -> None:
    attendant = till.only(Role.ATTENDANT)
    with pytest.raises(Forbidden):
        agreeing.invite(till.house, attendant, till.campus.site, till.lot.lot, CHARLIE, "simulated", MOST, "seen")
    with pytest.raises(Forbidden):
        agreeing.end(till.house, attendant, agreed)


def test_no_plate_and_no_number_of_the_provider_lies_open(till: Any, agreed: AgreementId) -> None:
    found = row(till, agreed)
    stored = b"".join(bytes(value) for value in (found.plate, found.refs, found.token) if value is not None)
    number = next(paper.number for paper in till.first.agreements._papers.values())
    for secret in (BOB, number, handle(till, agreed)):
        assert secret.encode() not in stored
    assert all("A12345" not in action for action in till.actions())


def test_the_money_of_a_charge_goes_back_like_any_other(till: Any, parked: StayId, agreed: AgreementId) -> None:
    till.goes()
    charges(till)
    (known,) = till.payments(parked)
    refund = till.first.refund(known.payment, "a" * 32, Money(400, "CNY"))
    assert refund.money == Money(400, "CNY")
    till.post()
    assert till.state(known.payment.id) is PaymentState.PART_REFUNDED
    assert till.kept(parked) == till.taken() == 600
    assert Act.CHARGE_BACK not in till.first.page(known.payment.handle).acts
