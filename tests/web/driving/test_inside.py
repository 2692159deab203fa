"""Bob opens the page inside WeChat: he is asked nothing, the app's own pay function is called, and a code is always at hand.

The other side is WeChat Pay's stand-in of the contract suite, with a door for openids beside it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from sealgate.app import initialise, running
from sealgate.domain.billing import PaymentState
from sealgate.flows.kit import House
from sealgate.ports import Order, PageCall, ProviderRefused, QrText, Started, Unreachable
from sealgate.settings import Settings
from sealgate.store import parking as rows

if TYPE_CHECKING:
    from tests.web.conftest import Browser, HandClock
    from tests.web.driving.conftest import Garage

    from sealgate.domain.billing import Payment, Told
    from sealgate.domain.ids import StayId

BOB = "沪A8K2F6"
IN_WECHAT = {"User-Agent": "Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 MicroMessenger/8.0.42 NetType/WIFI Language/zh_CN"}


@dataclass
class App:
    """WeChat as far as this page sees it. `codes` are those that lead to an openid, once."""

    codes: dict[str, str] = field(default_factory=lambda: {"0a1b": "oBob-openid"})
    orders: list[Order] = field(default_factory=list)
    closed: list[Payment] = field(default_factory=list)
    down: bool = False
    name: str = "wechat"
    merchant: str = "1900000001"
    agreements: None = None

    @property
    def own_browser(self) -> App:
        return self

    def is_there(self, user_agent: str) -> bool:
        return "MicroMessenger/" in user_agent

    def ask_payer(self, return_address: str, state: str) -> str:
        query = urlencode({"redirect_uri": return_address, "state": state})
        return f"https://open.weixin.example.org/authorize?{query}"

    def payer(self, code: str) -> str:
        if self.down:
            raise Unreachable("the line is down")
        if code not in self.codes:
            raise ProviderRefused("40029")
        return self.codes.pop(code)

    def start(self, order: Order) -> Started:
        self.orders.append(order)
        if order.payer:
            return Started(PageCall("getBrandWCPayRequest", {"appId": "wx1", "package": f"prepay_id={order.payment.hex}"}))
        return Started(QrText("weixin://wxpay/bizpayurl?pr=qnZAPPx"))

    def ask(self, payment: Payment) -> Told:
        raise Unreachable("not now")

    def close(self, payment: Payment) -> Told:
        self.closed.append(payment)
        raise Unreachable("not now")


@pytest.fixture
def app() -> App:
    return App()


@pytest.fixture
def house(tmp_path: Path, clock: HandClock, app: App) -> Iterator[House]:
    settings = Settings(data=tmp_path / "data", keys=tmp_path / "keys")
    initialise(settings, "Acme")
    with running(settings, faces=None, plates=None, clock=clock) as program:
        providers: dict[str, App] = {"wechat": app}
        yield replace(program.house, providers=providers, address="https://garage.example.org")  # type: ignore[arg-type]


@pytest.fixture
def parked(garage: Garage, clock: HandClock) -> StayId:
    stay = garage.comes(BOB)
    clock.move(timedelta(minutes=90))
    return stay


@pytest.fixture
def phone(browser: Callable[[], Browser]) -> Browser:
    return browser()


def asked(phone: Browser, garage: Garage, **more: str) -> str:
    """The path to which WeChat sends Bob back, with its state, once he pressed the button."""
    page = phone.post(f"{garage.page}/start", {"provider": "wechat", "plate": BOB, **more}, headers=IN_WECHAT)
    going = page.headers["Refresh"].removeprefix("0; url=")
    query = parse_qs(urlsplit(going).query)
    back = urlsplit(query["redirect_uri"][0])
    assert (back.scheme, back.netloc) == ("https", "garage.example.org")
    return f"{back.path}?{back.query + '&' if back.query else ''}state={query['state'][0]}"


def test_inside_wechat_the_page_calls_its_pay_function(garage: Garage, phone: Browser, parked: StayId, app: App) -> None:
    page = phone.get(f"{asked(phone, garage)}&code=0a1b", headers=IN_WECHAT)
    assert [order.payer for order in app.orders] == ["oBob-openid"]
    call = re.search(r'data-call="([^"]+)" data-arguments="([^"]+)" data-back="([^"]+)"', page.text)
    assert call
    assert call[1] == "getBrandWCPayRequest"
    arguments = json.loads(unescape(call[2]))
    assert arguments == {"appId": "wx1", "package": f"prepay_id={app.orders[0].payment.hex}"}
    assert call[3].startswith(f"{garage.page}/stay/")
    assert "¥10.00" in page.text


def test_the_page_keeps_our_rules_and_weighs_little(garage: Garage, phone: Browser, parked: StayId) -> None:
    """Its only script is a file of ours, so the Content-Security-Policy stays as it is."""
    page = phone.get(f"{asked(phone, garage)}&code=0a1b", headers=IN_WECHAT)
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", page.text)
    assert [words for _, words in scripts] == [""]
    source = re.search(r'src="(/static/pay-inside\.js\?v=[0-9a-f]+)"', scripts[0][0])
    assert source
    script = phone.get(source[1])
    sheet = re.search(r'href="(/pay/sheet\.css\?v=[0-9a-f]+)"', page.text)
    assert sheet
    assert len(page.content) + len(script.content) + len(phone.get(sheet[1]).content) < 60_000
    assert "script-src 'self';" in page.headers["Content-Security-Policy"]
    assert " on" not in " ".join(re.findall(r"<[^>]+>", page.text)).replace(" one", "")


def test_the_code_to_scan_is_always_at_hand_and_takes_the_place_of_the_first_order(
    garage: Garage, phone: Browser, parked: StayId, app: App
) -> None:
    page = phone.get(f"{asked(phone, garage)}&code=0a1b", headers=IN_WECHAT).text
    held = re.search(r'name="held" value="([^"]+)"', page)
    assert held
    scan = phone.post(f"{garage.page}/start", {"provider": "wechat", "held": held[1], "by": "code"}, headers=IN_WECHAT)
    assert "Scan to pay" in scan.text
    assert [order.payer for order in app.orders] == ["oBob-openid", ""]
    assert app.orders[0].payment != app.orders[1].payment
    assert [payment.id for payment in app.closed] == [app.orders[0].payment]


@pytest.mark.parametrize("trouble", ["a code used up", "a line that is down"])
def test_where_wechat_does_not_say_who_pays_a_code_is_shown(
    garage: Garage, phone: Browser, parked: StayId, app: App, trouble: str
) -> None:
    app.down, app.codes = trouble == "a line that is down", {}
    page = phone.get(f"{asked(phone, garage)}&code=0a1b", headers=IN_WECHAT)
    assert "Scan to pay" in page.text
    assert [order.payer for order in app.orders] == [""]


def test_any_other_browser_is_shown_the_code_at_once(garage: Garage, phone: Browser, parked: StayId, app: App) -> None:
    page = phone.post(f"{garage.page}/start", {"provider": "wechat", "plate": BOB})
    assert "Scan to pay" in page.text
    assert "Refresh" not in page.headers


def test_a_state_that_we_did_not_give_asks_nobody_and_begins_nothing(
    garage: Garage, phone: Browser, parked: StayId, app: App
) -> None:
    path = asked(phone, garage)
    for state in ("", "0" * 24, path.rpartition("state=")[2][:-1], "é"):
        answer = phone.get(f"{path.partition('?')[0]}?state={state}&code=0a1b", headers=IN_WECHAT)
        assert answer.status_code == 404
    assert (app.orders, list(app.codes)) == ([], ["0a1b"])
    with garage.house.store.read(garage.signed.tenant) as db:
        assert rows.payments_of(db, parked) == []


def test_a_time_that_was_chosen_comes_back_with_the_payer(garage: Garage, phone: Browser, parked: StayId, app: App) -> None:
    path = asked(phone, garage, until="2026-11-23T12:42:00+08:00")
    phone.get(f"{path}&code=0a1b", headers=IN_WECHAT)
    assert [order.money.minor for order in app.orders] == [2000]


def test_the_payment_is_pending_before_the_app_is_called(garage: Garage, phone: Browser, parked: StayId, app: App) -> None:
    phone.get(f"{asked(phone, garage)}&code=0a1b", headers=IN_WECHAT)
    with garage.house.store.read(garage.signed.tenant) as db:
        assert [row.state for row in rows.payments_of(db, parked)] == [PaymentState.PENDING]
