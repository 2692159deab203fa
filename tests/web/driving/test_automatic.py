"""Bob registers his car on the page of his stay and drives out by itself; strangers register nothing and learn nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from sealgate.domain.stays import StayState
from sealgate.flows import charging
from sealgate.flows.driving_passes import Shows, stay_pass
from sealgate.store import parking as rows

if TYPE_CHECKING:
    from tests.web.conftest import Browser, HandClock
    from tests.web.driving.conftest import Garage

    from sealgate.domain.ids import StayId
    from sealgate.flows.kit import Signed

BOB = "沪A8K2F6"


@pytest.fixture
def phone(browser: Callable[[], Browser]) -> Browser:
    return browser()


@pytest.fixture
def parked(garage: Garage, clock: HandClock) -> StayId:
    stay = garage.comes(BOB)
    clock.move(timedelta(minutes=90))
    return stay


@pytest.fixture
def alice_browser(enter: Callable[[Signed], Browser], alice: Signed) -> Browser:
    return enter(alice)


def agrees(phone: Browser, garage: Garage, parked: StayId, act: str = "sign") -> str:
    """By the page of the stay, and the provider's; the agreement's page that follows."""
    path = garage.sign(parked).path
    page = phone.post(f"{path}/automatic", {"provider": "simulated", "most": "50"})
    assert "/simulated-pay/agreement/" in str(page.url), page.text
    return phone.post(page.url.path, {"act": act}).url.path


def test_bob_agrees_once_and_the_exit_opens(garage: Garage, phone: Browser, parked: StayId, clock: HandClock) -> None:
    assert "Pay automatically from now on" in phone.get(garage.sign(parked).path).text
    page = phone.get(agrees(phone, garage, parked)).text
    assert "This car pays automatically" in page
    assert "¥50.00" in page
    garage.goes(BOB)
    charging.charge_waiting(garage.house, garage.signed.tenant)
    with garage.house.store.read(garage.signed.tenant) as db:
        row = rows.stay(db, parked)
    assert row is not None
    assert row.stay.state is StayState.CLOSED


def test_the_agreements_page_does_not_tell_where_the_car_is(
    garage: Garage, phone: Browser, parked: StayId, clock: HandClock
) -> None:
    path = agrees(phone, garage, parked)
    while_inside = phone.get(path).text
    garage.goes(BOB)
    charging.charge_waiting(garage.house, garage.signed.tenant)
    clock.move(timedelta(hours=3))
    assert phone.get(path).text == while_inside
    assert "09:12" not in while_inside
    assert str(parked) not in while_inside


def test_bob_stops_it_on_the_agreements_page(garage: Garage, phone: Browser, parked: StayId) -> None:
    path = agrees(phone, garage, parked)
    page = phone.post(f"{path}/stop").text
    assert "This agreement is over." in page
    assert "8K2F6" not in page
    assert phone.post(f"{path}/stop").status_code == 409


def test_bob_stops_it_on_the_page_of_his_stay(garage: Garage, phone: Browser, parked: StayId) -> None:
    agrees(phone, garage, parked)
    path = garage.sign(parked).path
    assert "This car pays automatically" in phone.get(path).text
    assert "Pay automatically from now on" in phone.post(f"{path}/automatic/stop").text


def test_an_address_that_shows_the_sum_registers_and_stops_nothing(garage: Garage, phone: Browser, parked: StayId) -> None:
    held = stay_pass(garage.house, garage.signed.tenant, parked, Shows.SUM)
    path = f"{garage.page}/stay/{held}"
    assert "Pay automatically" not in phone.get(path).text
    assert phone.post(f"{path}/automatic", {"provider": "simulated", "most": "50"}).status_code == 404
    agreement = agrees(phone, garage, parked)
    assert "pays automatically" not in phone.get(path).text
    phone.post(f"{path}/automatic/stop")
    assert "This car pays automatically" in phone.get(agreement).text


@pytest.mark.parametrize("most", ["", "0", "-5", "1e3", "fifty", "5.001", "9" * 30])
def test_a_most_that_is_no_sum_is_refused(garage: Garage, phone: Browser, parked: StayId, most: str) -> None:
    answer = phone.post(f"{garage.sign(parked).path}/automatic", {"provider": "simulated", "most": most})
    assert answer.status_code == 422
    assert "most of one charge" in answer.text


def test_who_does_not_agree_is_charged_nothing(garage: Garage, phone: Browser, parked: StayId) -> None:
    page = phone.get(agrees(phone, garage, parked, "refuse-to-sign")).text
    assert "This agreement is over." in page


def test_an_agreements_address_made_up_is_nothing(garage: Garage, phone: Browser, parked: StayId) -> None:
    path = agrees(phone, garage, parked)
    other = path[:-2] + ("AA" if path[-2:] != "AA" else "BB")
    assert phone.get(other).status_code == 404
    assert phone.post(f"{other}/stop").status_code == 404


def test_the_office_invites_a_driver_and_ends_the_agreement(
    garage: Garage, phone: Browser, parked: StayId, alice_browser: Browser
) -> None:
    root = f"/s/{garage.spot.lot.site}/garages/automatic"
    assert "No car pays automatically" in alice_browser.get(root).text
    given: dict[str, object] = {"lot": str(garage.lot), "plate": BOB, "provider": "simulated", "most": "80"}
    given["proof"] = "licence seen"
    page = alice_browser.post(root, given).text
    link = re.search(r'href="[^"]*(/pay/[^"]+/automatic/[^"]+)" id="invitation"', page)
    assert link
    assert "Not signed yet" in page
    signing = phone.post(f"{link[1]}/sign")
    assert "This car pays automatically" in phone.post(signing.url.path, {"act": "sign"}).text
    listed = alice_browser.get(root).text
    ended = re.search(rf'action="({root}/[0-9a-f-]+/end)"', listed)
    assert ended
    assert "No car pays automatically" in alice_browser.post(ended[1]).text
    assert "This agreement is over." in phone.get(link[1]).text


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [("plate", "x" * 21, "A plate has 2 to 12"), ("proof", "", "how you know whose car"), ("most", "x", "most of one")],
)
def test_what_does_not_fit_is_told_beside_its_field(
    garage: Garage, alice_browser: Browser, field: str, value: str, said: str
) -> None:
    root = f"/s/{garage.spot.lot.site}/garages/automatic"
    given: dict[str, object] = {"lot": str(garage.lot), "plate": BOB, "provider": "simulated", "most": "80"}
    given["proof"] = "licence seen"
    answer = alice_browser.post(root, {**given, field: value})
    assert answer.status_code == 422
    assert said in answer.text
