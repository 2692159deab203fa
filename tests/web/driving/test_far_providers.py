"""Providers on other sites: a code to scan, a page to go to, and a way that this page cannot take. And a flood of guesses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sealgate.app import initialise, running
from sealgate.flows import driving
from sealgate.flows.kit import House
from sealgate.ports import Order, PageCall, PayAddress, QrText, Started
from sealgate.settings import Settings

if TYPE_CHECKING:
    from tests.web.conftest import Browser, HandClock
    from tests.web.driving.conftest import Garage

BOB = "沪A8K2F6"
WAYS: dict[str, QrText | PayAddress | PageCall] = {
    "wechat": QrText("weixin://wxpay/bizpayurl?pr=qnZAPPx"),
    "stripe": PayAddress("https://checkout.example.com/c/pay/cs_1"),
    "alipay": PageCall("getBrandWCPayRequest", {}),
}


@dataclass
class Far:
    """A provider far away, as far as this page sees it: it makes orders and is never heard of again."""

    name: str
    merchant: str = "acme"
    own_browser: None = None
    agreements: None = None

    def start(self, order: Order) -> Started:
        assert "A8K2F6" not in repr(order)
        return Started(WAYS[self.name])


@pytest.fixture
def house(tmp_path: Path, clock: HandClock) -> Iterator[House]:
    settings = Settings(data=tmp_path / "data", keys=tmp_path / "keys")
    initialise(settings, "Acme")
    with running(settings, faces=None, plates=None, clock=clock) as program:
        far: dict[str, Any] = {name: Far(name) for name in WAYS}
        yield replace(program.house, providers=far, address="https://garage.example.org")


@pytest.fixture
def phone(browser: Callable[[], Browser], garage: Garage, clock: HandClock) -> Browser:
    garage.comes(BOB)
    clock.move(timedelta(minutes=90))
    return browser()


def test_the_buttons_are_those_of_the_providers_that_there_are(garage: Garage, phone: Browser) -> None:
    page = phone.post(garage.page, {"plate": BOB}).text
    assert all(button in page for button in ("Pay with WeChat", "Pay with Alipay", "Pay by card"))
    assert "simulated" not in page


def test_a_code_to_scan_is_drawn(garage: Garage, phone: Browser) -> None:
    page = phone.post(f"{garage.page}/start", {"provider": "wechat", "plate": BOB}).text
    assert "<svg" in page
    assert "Scan to pay" in page
    assert f"https://garage.example.org{garage.page}/stay/" in page


def test_a_page_on_another_site_is_linked_and_opened(garage: Garage, phone: Browser) -> None:
    """Not by a redirect: the Content-Security-Policy lets no form of ours lead elsewhere."""
    answer = phone.post(f"{garage.page}/start", {"provider": "stripe", "plate": BOB})
    assert answer.history == []
    assert answer.headers["Refresh"] == "0; url=https://checkout.example.com/c/pay/cs_1"
    assert 'href="https://checkout.example.com/c/pay/cs_1"' in answer.text


def test_a_way_that_needs_the_providers_own_browser_is_refused(garage: Garage, phone: Browser) -> None:
    answer = phone.post(f"{garage.page}/start", {"provider": "alipay", "plate": BOB})
    assert answer.status_code == 422
    assert "Pay in another way" in answer.text


def test_many_who_guess_together_have_to_wait_together(garage: Garage, clock: HandClock) -> None:
    for number in range(400):
        driving.ask_plate(garage.house, garage.spot, f"沪B{number:05}", f"10.0.{number // 5}.1")
    with pytest.raises(driving.TooManyGuesses):
        driving.ask_plate(garage.house, garage.spot, BOB, "10.9.9.9")
    clock.move(timedelta(minutes=10))
    assert driving.ask_plate(garage.house, garage.spot, BOB, "10.9.9.9").due is None
