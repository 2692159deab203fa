"""Drivers at their phones: what is told before and after proof, paying, and what happens to those who guess."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from sealgate.domain.access import Reason
from sealgate.domain.stays import StayState
from sealgate.domain.stays_calls import CallReason
from sealgate.flows import driving, parking, paying
from sealgate.flows.driving_passes import Shows, stay_pass
from sealgate.store import parking as rows

if TYPE_CHECKING:
    from tests.web.conftest import Browser, HandClock
    from tests.web.driving.conftest import Garage

    from sealgate.domain.ids import StayId

BOB, CHARLIE = "沪A8K2F6", "沪B12345"
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
DETAILS = ("09:12", "Begun units", "bill")
"""What only a stay's details have: when it began and the lines of its bill."""


@pytest.fixture
def phone(browser: Callable[[], Browser]) -> Browser:
    return browser()


@pytest.fixture
def parked(garage: Garage, clock: HandClock) -> StayId:
    """Bob came at 09:12 and has been in for an hour and a half: ten yuan."""
    stay = garage.comes(BOB)
    clock.move(90 * MINUTE)
    return stay


def pay(phone: Browser, page: str, act: str = "pay", **more: str) -> str:
    """Press the simulated provider's button on the driver's page, then `act` on the provider's; the page that follows."""
    chosen = phone.post(f"{page}/start", {"provider": "simulated", **more})
    assert "/simulated-pay/" in str(chosen.url), chosen.text
    return phone.post(chosen.url.path, {"act": act}).text


def words(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


def without_plate(text: str, plate: str) -> str:
    return text.replace(f"{plate[:2]}<i></i>{plate[2:]}", "PLATE").replace(plate, "PLATE")


def test_the_plate_shows_the_sum_and_the_lot_and_nothing_else(garage: Garage, phone: Browser, parked: StayId) -> None:
    answer = phone.post(garage.page, {"plate": "沪A·8K2F6"})
    assert answer.status_code == 200
    assert "¥10.00" in answer.text
    assert "Harbour Street B1" in answer.text
    assert not any(detail in answer.text for detail in DETAILS)
    assert str(parked) not in answer.text


def test_an_unknown_plate_a_free_car_and_a_car_elsewhere_are_answered_alike(
    garage: Garage, build: Callable[[str], Garage], browser: Callable[[], Browser], parked: StayId, clock: HandClock
) -> None:
    other = build("Harbour Street B2")
    garage.comes(CHARLIE)
    clock.move(5 * MINUTE)
    asked = [(garage.page, "沪C99999"), (garage.page, CHARLIE), (other.page, BOB)]
    texts = [without_plate(browser().post(page, {"plate": plate}).text, plate) for page, plate in asked]
    alike = [text.replace(other.spot.secret, garage.spot.secret).replace("B2", "B1") for text in texts]
    assert alike[0] == alike[1] == alike[2]
    assert "Nothing is due" in alike[0]


def test_whoever_guesses_plates_has_to_wait(garage: Garage, phone: Browser, parked: StayId, clock: HandClock) -> None:
    for number in range(8):
        assert phone.post(garage.page, {"plate": f"沪A1000{number}"}).status_code == 200
    refused = phone.post(garage.page, {"plate": BOB})
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 500
    assert "¥10.00" not in refused.text
    clock.move(10 * MINUTE)
    assert "¥10.00" in phone.post(garage.page, {"plate": BOB}).text


def test_whoever_watches_one_plate_has_to_wait_too(garage: Garage, phone: Browser, parked: StayId) -> None:
    answers = [phone.post(garage.page, {"plate": BOB}).status_code for _ in range(41)]
    assert answers == [200] * 40 + [429]


@pytest.mark.parametrize("typed", ["", "A", "x" * 21, "'; DROP TABLE stays;--", "<script>alert(1)</script>", "沪A" + "8" * 60])
def test_what_is_no_plate_is_told_beside_the_field(garage: Garage, phone: Browser, typed: str) -> None:
    answer = phone.post(garage.page, {"plate": typed})
    assert answer.status_code == 422
    assert "<script>alert" not in answer.text
    assert "A plate has 2 to 12 letters and digits" in answer.text


def test_an_oversized_form_is_refused(garage: Garage, phone: Browser) -> None:
    assert phone.post(garage.page, {"plate": "9" * 100_000}).status_code == 422


def test_a_ticket_shows_the_details(garage: Garage, phone: Browser, clock: HandClock) -> None:
    drawn = parking.draw_ticket(garage.house, garage.signed.tenant, garage.entry)
    assert drawn.code is not None
    clock.move(HOUR)
    by_qr = phone.get(driving.ticket_path(garage.spot.secret, drawn.code))
    typed = phone.post(f"{garage.page}/prove", {"code": drawn.code})
    for page in (by_qr, typed):
        assert "/stay/" in str(page.url)
        assert "¥5.00" in page.text
        assert "09:12" in page.text


def test_the_code_on_the_exits_display_shows_the_details_of_the_car_that_stands_there(
    garage: Garage, phone: Browser, parked: StayId
) -> None:
    waits = garage.goes(BOB)
    assert waits.reason is Reason.UNPAID
    sign = garage.sign(parked)
    typed = phone.post(f"{garage.page}/prove", {"code": f"{sign.code[:3]} {sign.code[3:]}"})
    scanned = phone.get(sign.path)
    for page in (typed, scanned):
        assert "¥10.00" in page.text
        assert all(detail in page.text for detail in DETAILS)
        assert "沪A<i></i>8K2F6" in page.text


def test_the_exits_code_is_none_for_a_car_that_does_not_stand_there(garage: Garage, phone: Browser, parked: StayId) -> None:
    answer = phone.post(f"{garage.page}/prove", {"code": garage.sign(parked).code})
    assert answer.status_code == 422
    assert "No car of this lot has that code" in answer.text


def test_the_exits_code_changes(garage: Garage, phone: Browser, parked: StayId, clock: HandClock) -> None:
    garage.goes(BOB)
    code = garage.sign(parked).code
    clock.move(20 * MINUTE)
    assert phone.post(f"{garage.page}/prove", {"code": code}).status_code == 422


def test_a_ticket_of_another_lot_shows_nothing(garage: Garage, build: Callable[[str], Garage], phone: Browser) -> None:
    drawn = parking.draw_ticket(garage.house, garage.signed.tenant, garage.entry)
    other = build("Harbour Street B2")
    assert drawn.code is not None
    assert phone.get(driving.ticket_path(other.spot.secret, drawn.code)).status_code == 422


def test_bob_pays_for_his_plate_and_drives_out(garage: Garage, phone: Browser, parked: StayId, clock: HandClock) -> None:
    done = pay(phone, garage.page, plate=BOB)
    assert "Paid. Have a good trip." in done
    assert "10:57" in done  # a quarter of an hour from 10:42
    assert not any(detail in words(done) for detail in DETAILS)
    clock.move(14 * MINUTE)
    assert garage.goes(BOB).opens


def test_the_exit_opens_by_itself_for_a_car_that_pays_there(garage: Garage, phone: Browser, parked: StayId) -> None:
    garage.goes(BOB)
    held = garage.sign(parked).path.rpartition("/")[2]
    assert "Paid. Have a good trip." in pay(phone, garage.page, held=held)
    with garage.house.store.read(garage.signed.tenant) as db:
        row = rows.stay(db, parked)
    assert row is not None
    assert row.stay.state is StayState.CLOSED


def test_a_refused_payment_is_told_and_may_be_tried_again(garage: Garage, phone: Browser, parked: StayId) -> None:
    garage.goes(BOB)
    path = garage.sign(parked).path
    held = path.rpartition("/")[2]
    assert "Refused. You may try again." in pay(phone, garage.page, "refuse", held=held)
    assert "The payment did not go through." in phone.get(path).text
    assert "Paid. Have a good trip." in pay(phone, garage.page, held=held)


def test_a_payment_whose_notice_is_lost_is_found_when_the_driver_looks(garage: Garage, phone: Browser, parked: StayId) -> None:
    assert "Paid. Have a good trip." in pay(phone, garage.page, "forget", plate=BOB)


def test_three_notices_of_one_payment_are_one_receipt(garage: Garage, phone: Browser, parked: StayId) -> None:
    done = pay(phone, garage.page, "repeat", plate=BOB)
    assert done.count("Receipt for ¥10.00") == 1


def test_another_amount_pays_for_nothing(garage: Garage, phone: Browser, parked: StayId) -> None:
    done = pay(phone, garage.page, "other-sum", plate=BOB)
    assert "Paid. Have a good trip." not in done
    assert "¥10.00" in done
    assert garage.goes(BOB).reason is Reason.UNPAID


def test_while_the_bank_is_silent_nobody_is_charged_twice(garage: Garage, phone: Browser, parked: StayId) -> None:
    first = phone.post(f"{garage.page}/start", {"provider": "simulated", "plate": BOB})
    back = re.search(r'href="(/pay/[^"]+/stay/[^"]+)"', first.text)
    assert back
    waiting = phone.get(back[1])
    assert "Your bank has not answered yet." in waiting.text
    again = phone.post(f"{garage.page}/start", {"provider": "simulated", "plate": BOB})
    assert again.url == first.url


def test_nothing_due_is_nothing_to_start(garage: Garage, phone: Browser) -> None:
    answer = phone.post(f"{garage.page}/start", {"provider": "simulated", "plate": "沪C99999"})
    assert answer.status_code == 409
    assert "There is nothing to pay" in answer.text


def test_an_unknown_provider_is_refused(garage: Garage, phone: Browser, parked: StayId) -> None:
    assert phone.post(f"{garage.page}/start", {"provider": "cheque", "plate": BOB}).status_code == 404


@pytest.mark.parametrize("spoil", [lambda t: t[:-1] + ("A" if t[-1] != "A" else "B"), lambda t: t[:20], lambda t: "A" * 64])
def test_an_address_that_was_made_up_is_nothing(garage: Garage, phone: Browser, spoil: Callable[[str], str]) -> None:
    assert phone.get(f"/pay/{spoil(garage.spot.secret)}").status_code == 404


def test_a_stays_address_made_up_or_of_another_lot_is_nothing(
    garage: Garage, build: Callable[[str], Garage], phone: Browser, parked: StayId
) -> None:
    path = garage.sign(parked).path
    other = build("Harbour Street B2")
    assert phone.get(path[:-2] + ("AA" if path[-2:] != "AA" else "BB")).status_code == 404
    assert phone.get(path.replace(garage.page, other.page)).status_code == 404


def test_an_address_that_shows_the_sum_cannot_be_turned_into_one_that_shows_the_details(
    garage: Garage, phone: Browser, parked: StayId
) -> None:
    house, tenant = garage.house, garage.signed.tenant
    plain, whole = (stay_pass(house, tenant, parked, shows) for shows in (Shows.SUM, Shows.DETAILS))
    assert not any(detail in phone.get(f"{garage.page}/stay/{plain}").text for detail in DETAILS)
    mixed = whole[:30] + plain[30:]
    assert phone.get(f"{garage.page}/stay/{mixed}").status_code == 404


def test_a_stays_address_ends(garage: Garage, phone: Browser, parked: StayId, clock: HandClock) -> None:
    path = garage.sign(parked).path
    clock.move(13 * HOUR)
    answer = phone.get(path)
    assert answer.status_code == 410
    assert "good for a while only" in answer.text


def test_umbras_tenant_opens_none_of_acmes_addresses(garage: Garage, phone: Browser, umbra: object) -> None:
    raw = garage.spot.secret
    tenant = getattr(umbra, "tenant")  # noqa: B009 - the fixture's type is the console tests' own
    assert phone.get(f"/pay/{driving.lot_path(garage.house, tenant, garage.lot).removeprefix('/pay/')}").status_code == 404
    assert phone.get(f"/pay/{raw}").status_code == 200


def test_bob_calls_the_desk_about_a_wrong_sum(garage: Garage, phone: Browser, parked: StayId) -> None:
    garage.goes(BOB)
    path = garage.sign(parked).path
    assert "An attendant was called" in phone.post(f"{path}/help", {"reason": "wrong-sum"}).text
    with garage.house.store.read(garage.signed.tenant) as db:
        assert CallReason.WRONG_SUM in [call.reason for call in rows.calls_of_stay(db, parked)]


def test_the_page_speaks_the_phones_language_and_changes_it_by_a_link(garage: Garage, phone: Browser) -> None:
    chinese = phone.get(garage.page, headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"})
    assert '<html lang="zh-Hans"' in chinese.text
    assert "停车缴费" in chinese.text
    english = phone.get("/language/en", params={"back": garage.page}, headers={"Accept-Language": "zh-CN"})
    assert english.url.path == garage.page
    assert "Pay for parking" in english.text


def test_the_page_is_small_scriptless_and_guarded(garage: Garage, phone: Browser, parked: StayId) -> None:
    garage.goes(BOB)
    for path in (garage.page, garage.sign(parked).path):
        page = phone.get(path)
        sheet = re.search(r'href="(/pay/sheet\.css\?v=[0-9a-f]+)"', page.text)
        assert sheet
        assert len(page.content) + len(phone.get(sheet[1]).content) < 60_000
        assert "<script" not in page.text
        assert "style=" not in page.text
        assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert page.headers["Cache-Control"] == "no-store"


def test_the_walls_qr_is_a_drawing_of_the_lots_address(garage: Garage, phone: Browser) -> None:
    answer = phone.get(f"{garage.page}/qr.svg")
    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert answer.text.startswith("<svg")


def test_a_form_from_another_site_is_refused(garage: Garage, phone: Browser) -> None:
    answer = phone.post(garage.page, {"plate": BOB}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


def test_there_is_no_simulated_page_for_an_order_that_is_none(garage: Garage, phone: Browser) -> None:
    assert phone.get("/simulated-pay/0123456789abcdef").status_code == 404
    assert phone.post("/simulated-pay/0123456789abcdef", {"act": "pay"}).status_code == 404


def test_the_simulated_provider_does_nothing_that_it_does_not_offer(garage: Garage, phone: Browser, parked: StayId) -> None:
    chosen = phone.post(f"{garage.page}/start", {"provider": "simulated", "plate": BOB})
    assert phone.post(chosen.url.path, {"act": "charge-back"}).status_code == 404
    assert paying.due_of(garage.house, garage.signed.tenant, parked, garage.house.clock.now()).due.minor == 1000
