"""Providers tell us over a real socket that Bob paid: two of them simulated in the program, one a stand-in on this machine."""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any, cast
from urllib.parse import parse_qs
from uuid import uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sealgate.app import Program, initialise, running
from sealgate.cli.listening import listening
from sealgate.domain.billing import PaymentState
from sealgate.domain.calendar import day_number
from sealgate.domain.ids import LotId, PaymentId, StayId, TenantId
from sealgate.domain.lots import Lot
from sealgate.domain.stays import Stay, StayState
from sealgate.flows import campus, paying
from sealgate.flows.campus import Campus
from sealgate.payments.simulated import Act, Simulated
from sealgate.payments.stripe import Stripe, StripeAccount
from sealgate.ports import PayAddress
from sealgate.privacy import journal
from sealgate.settings import Settings
from sealgate.store import parking
from sealgate.store.engine import Actor, SystemClock

HOOK = "whsec_of_the_test"
TARIFF = 'name = "hourly"\ncurrency = "CNY"\ntime_zone = "Asia/Shanghai"\nsteps = [{ each = "1h", price = 5 }]\n'


class StripeStandIn:
    """Keeps Stripe's rules for a checkout session, on loopback. A driver pays by `paid`."""

    def __init__(self) -> None:
        stand_in = self
        self.sessions: dict[str, dict[str, Any]] = {}

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self._send(stand_in.make({name: values[0] for name, values in parse_qs(body.decode()).items()}))

            def do_GET(self) -> None:
                self._send(stand_in.sessions[self.path.partition("?")[0].rpartition("/")[2]])

            def _send(self, session: dict[str, Any]) -> None:
                body = json.dumps(session).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, _format: str, *args: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.http.server_port}"

    def make(self, wanted: Mapping[str, str]) -> dict[str, Any]:
        item = "line_items[0][price_data]"
        name = f"cs_test_{len(self.sessions)}"
        session = {
            "id": name,
            "livemode": False,
            "mode": wanted["mode"],
            "status": "open",
            "payment_status": "unpaid",
            "payment_intent": None,
            "client_reference_id": wanted["client_reference_id"],
            "amount_total": int(wanted[f"{item}[unit_amount]"]),
            "currency": wanted[f"{item}[currency]"],
            "url": f"https://checkout.stripe.com/c/pay/{name}",
        }
        self.sessions[name] = session
        return session

    def paid(self, payment: PaymentId) -> bytes:
        """The event that is sent of it."""
        session = next(one for one in self.sessions.values() if one["client_reference_id"] == payment.hex)
        session |= {"status": "complete", "payment_status": "paid", "payment_intent": f"pi_{session['id']}"}
        event = {"id": "evt_1", "type": "checkout.session.completed", "created": int(time.time()), "livemode": False}
        return json.dumps(event | {"data": {"object": session}}).encode()

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()


def signed_by_stripe(body: bytes, secret: str = HOOK, at: float | None = None) -> dict[str, str]:
    unix = int(time.time() if at is None else at)
    mac = hmac.new(secret.encode(), f"{unix}.".encode() + body, "sha256").hexdigest()
    return {"Stripe-Signature": f"t={unix},v1={mac}"}


@dataclass
class Garage:
    program: Program
    acme: Campus
    lot: Lot
    stripe: StripeStandIn

    @property
    def tenant(self) -> TenantId:
        return self.acme.tenant

    def parked(self) -> StayId:
        """A car came half an hour ago."""
        house, now = self.program.house, datetime.now(UTC)
        stay = Stay(StayId(house.new_id()), self.lot.lot, now - timedelta(minutes=30))
        row = parking.StayRow(stay, self.acme.site, day_number(now.date()), self.acme.lane)
        with house.store.begin(self.tenant, Actor("system", "test")) as tx:
            parking.add_stay(tx, row)
            journal.write(tx, house.keyring, now, "test.parked")
        return stay.stay

    def starts(self, stay: StayId, provider: str) -> paying.StartedPayment:
        return paying.start(self.program.house, self.tenant, stay, provider, return_to="https://gate.acme.example/pay/x")

    def state(self, payment: PaymentId) -> PaymentState:
        with self.program.house.store.read(self.tenant) as db:
            row = parking.payment(db, payment)
        assert row is not None
        return row.state

    def at(self, provider: str, tenant: object = "") -> str:
        return f"/api/v1/notices/{provider}/{tenant or self.tenant}"


@pytest.fixture(scope="module")
def stripe() -> Iterator[StripeStandIn]:
    stand_in = StripeStandIn()
    yield stand_in
    stand_in.close()


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    home = tmp_path_factory.mktemp("notices")
    chosen = Settings(data=home / "data", keys=home / "keys", port=0, simulated_payments=True)
    initialise(chosen, "Acme")
    with running(chosen, faces=None, plates=None) as joined:
        yield joined


@pytest.fixture(scope="module")
def garage(program: Program, stripe: StripeStandIn) -> Garage:
    house = program.house
    acme = campus.build(house, house.store.tenants()[0].tenant, "Asia/Shanghai", ["京A12345"])
    lot = Lot(LotId(house.new_id()), acme.site, "Deck", tariff="hourly")
    with house.store.begin(acme.tenant, Actor("system", "test")) as tx:
        now = house.clock.now()
        parking.add_lot(tx, lot)
        parking.add_tariff(tx, parking.TariffRow("hourly", date(2026, 1, 1), TARIFF, now))
        journal.write(tx, house.keyring, now, "test.built")
    account = StripeAccount("sk_test_1", (HOOK,), live=False)
    cast("dict[str, Any]", house.providers)["stripe"] = Stripe(account, SystemClock(), api=stripe.base)
    return Garage(program, acme, lot, stripe)


@pytest.fixture(scope="module")
def client(program: Program) -> Iterator[httpx.Client]:
    with listening(program) as server, httpx.Client(base_url=server.address) as opened:
        yield opened


def test_stripes_notice_pays_bobs_stay(client: httpx.Client, garage: Garage) -> None:
    stay = garage.parked()
    started = garage.starts(stay, "stripe")
    assert isinstance(started.way.way, PayAddress)
    assert started.way.way.address.startswith("https://checkout.stripe.com/")
    body = garage.stripe.paid(started.payment)
    answers = [client.post(garage.at("stripe"), content=body, headers=signed_by_stripe(body)) for _ in range(3)]
    assert [(answer.status_code, answer.content) for answer in answers] == [(200, b"")] * 3
    assert garage.state(started.payment) is PaymentState.PAID
    with garage.program.house.store.read(garage.tenant) as db:
        row = parking.stay(db, stay)
    assert row is not None
    assert row.stay.state is StayState.PAID


def test_stripes_lost_notice_is_found_by_asking(garage: Garage) -> None:
    started = garage.starts(garage.parked(), "stripe")
    garage.stripe.paid(started.payment)
    assert paying.ask(garage.program.house, garage.tenant, started.payment) is PaymentState.PAID


def test_the_simulated_providers_notice_comes_by_itself(client: httpx.Client, garage: Garage) -> None:
    """The clockwork delivers it within seconds, without anybody posting anything."""
    started = garage.starts(garage.parked(), "simulated")
    desk = garage.program.house.providers["simulated"]
    assert isinstance(desk, Simulated)
    told = Event()

    def heard(message: dict[str, Any]) -> None:
        if message["payment"] == str(started.payment) and message["state"] == "paid":
            told.set()

    with garage.program.house.bus.subscribe("payment", heard):
        desk.act(started.way.handle, Act.PAY)
        assert told.wait(timeout=60)
    assert garage.state(started.payment) is PaymentState.PAID


@pytest.mark.parametrize("headers", [{}, {"Stripe-Signature": "t=1,v1=00"}, {"Stripe-Signature": "x" * 5000}])
def test_a_notice_that_nobody_signed_is_refused(client: httpx.Client, garage: Garage, headers: dict[str, str]) -> None:
    started = garage.starts(garage.parked(), "stripe")
    answer = client.post(garage.at("stripe"), content=garage.stripe.paid(started.payment), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "payment.bad-signature")
    assert garage.state(started.payment) is PaymentState.PENDING


def test_a_notice_signed_by_another_or_long_ago_or_changed_is_refused(client: httpx.Client, garage: Garage) -> None:
    started = garage.starts(garage.parked(), "stripe")
    body = garage.stripe.paid(started.payment)
    forged = client.post(garage.at("stripe"), content=body, headers=signed_by_stripe(body, "whsec_guessed"))
    old = client.post(garage.at("stripe"), content=body, headers=signed_by_stripe(body, at=time.time() - 3600))
    changed = client.post(garage.at("stripe"), content=body.replace(b"500", b"501"), headers=signed_by_stripe(body))
    codes = [answer.json()["code"] for answer in (forged, old, changed)]
    assert codes == ["payment.bad-signature", "payment.stale-notice", "payment.bad-signature"]
    assert garage.state(started.payment) is PaymentState.PENDING


def test_another_sum_is_answered_and_pays_nothing(client: httpx.Client, garage: Garage) -> None:
    started = garage.starts(garage.parked(), "stripe")
    body = garage.stripe.paid(started.payment).replace(b'"amount_total": 500', b'"amount_total": 5')
    answer = client.post(garage.at("stripe"), content=body, headers=signed_by_stripe(body))
    assert (answer.status_code, garage.state(started.payment)) == (200, PaymentState.PENDING)


def test_a_notice_is_bounded_whatever_length_it_announces(client: httpx.Client, garage: Garage) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(40):
            yield b"x" * 16_384

    for content in (b"x" * 300_000, endless()):
        answer = client.post(garage.at("stripe"), content=content)
        assert (answer.status_code, answer.json()["code"]) == (413, "payment.oversized-notice")


def test_unknown_providers_and_organisations_are_not_found(client: httpx.Client, garage: Garage) -> None:
    body = b"{}"
    nobody = client.post(garage.at("wechat"), content=body)
    nowhere = client.post(garage.at("stripe", "not-an-id"), content=body)
    paid = garage.stripe.paid(garage.starts(garage.parked(), "stripe").payment)
    stranger = client.post(garage.at("stripe", uuid4()), content=paid, headers=signed_by_stripe(paid))
    assert [answer.status_code for answer in (nobody, nowhere, stranger)] == [404, 404, 404]
    assert nobody.json()["code"] == "payment.unknown-provider"
    assert client.get(garage.at("stripe")).status_code == 405


def test_a_notice_needs_no_page_of_ours_and_no_cookie(client: httpx.Client, garage: Garage) -> None:
    """The guard against foreign origins leaves machines alone."""
    body = garage.stripe.paid(garage.starts(garage.parked(), "stripe").payment)
    headers = signed_by_stripe(body) | {"Origin": "https://stripe.example", "Sec-Fetch-Site": "cross-site"}
    assert client.post(garage.at("stripe"), content=body, headers=headers).status_code == 200


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=300), genuine=st.booleans())
def test_no_bytes_make_it_fail(client: httpx.Client, garage: Garage, body: bytes, genuine: bool) -> None:
    headers = signed_by_stripe(body) if genuine else {}
    assert client.post(garage.at("stripe"), content=body, headers=headers).status_code in {200, 400, 401}


def test_the_demo_and_the_setting_bring_the_simulated_provider(program: Program, tmp_path: Path) -> None:
    assert "simulated" in program.house.providers
    chosen = Settings(data=tmp_path / "data", keys=tmp_path / "keys", port=0)
    initialise(chosen, "Umbra")
    with running(chosen, faces=None, plates=None) as other:
        assert dict(other.house.providers) == {}
