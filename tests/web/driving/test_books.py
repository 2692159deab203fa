"""The books and a stay's own page: Bob paid ten yuan, Alice sends some of it back, Dora looks, Umbra finds nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from sealgate.domain.billing import RefundState
from sealgate.domain.ids import SiteId, StayId
from sealgate.domain.operators import Role
from sealgate.flows import signin
from sealgate.flows.kit import House, Signed
from sealgate.payments.simulated import statements
from sealgate.privacy import journal
from sealgate.store import parking

if TYPE_CHECKING:
    from tests.web.conftest import Browser, HandClock
    from tests.web.driving.conftest import Garage

BOB = "沪A8K2F6"
PERSON: dict[str, object] = {"buyer": "person", "title": "Bob Ellis", "tax_number": "", "email": "bob@example.org"}
Enter = Callable[[Signed], "Browser"]


@pytest.fixture
def phone(browser: Callable[[], Browser]) -> Browser:
    return browser()


@pytest.fixture
def parked(garage: Garage, clock: HandClock) -> StayId:
    stay = garage.comes(BOB)
    clock.move(timedelta(minutes=90))
    return stay


@pytest.fixture
def receipt(garage: Garage, phone: Browser, parked: StayId) -> str:
    """Bob has paid ten yuan at the exit; the address of his receipt."""
    garage.goes(BOB)
    order = phone.post(f"{garage.page}/start", {"provider": "simulated", "held": garage.sign(parked).path.rpartition("/")[2]})
    done = phone.post(order.url.path, {"act": "pay"}).text
    found = re.search(r'href="(/pay/[^"]+/receipt/[^"]+)"', done)
    assert found, done
    return found[1]


@pytest.fixture
def office(enter: Enter, alice: Signed) -> Browser:
    return enter(alice)


@pytest.fixture
def dora(house: House, alice: Signed) -> Signed:
    link = signin.invite_operator(house, alice, frozenset({Role.ATTENDANT}))
    token = signin.set_up(house, link, name="Dora Marsh", login="dora@example.org", password="rusty anchors sing at dusk")
    signed = signin.who_is(house, token)
    assert signed is not None
    return signed


def payment_of(garage: Garage, stay: StayId) -> parking.PaymentRow:
    with garage.house.store.read(garage.signed.tenant) as db:
        return parking.payments_of(db, stay)[-1]


def actions(garage: Garage) -> list[str]:
    with garage.house.store.read(garage.signed.tenant) as db:
        return [entry.action for entry in journal.entries(db, garage.house.keyring)]


def refund_page(campus: SiteId, garage: Garage, stay: StayId) -> str:
    return f"/s/{campus}/garages/payments/{payment_of(garage, stay).payment}/refund"


def surely(page: Any) -> dict[str, object]:
    """The form of the second question, as it stands there."""
    found = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    assert "refund" in found, page.text
    return dict(found)


def test_a_stays_page_tells_all_of_it_and_is_journaled(
    campus: SiteId, garage: Garage, receipt: str, parked: StayId, office: Browser
) -> None:
    page = office.get(f"/s/{campus}/garages/stays/{parked}").text
    for said in (
        "Begun units",
        "Harbour Street B1 in",
        "Harbour Street B1 out",
        "¥10.00",
        "Simulated",
        "Send back…",
        "Paid ¥10.00",
    ):
        assert said in page, said
    assert "stay.opened" in actions(garage)


def test_alice_sends_a_part_back_and_then_the_rest_and_the_receipt_says_so(
    campus: SiteId, garage: Garage, receipt: str, parked: StayId, office: Browser, phone: Browser
) -> None:
    here = refund_page(campus, garage, parked)
    asked = office.post(here, {"much": "part", "sum": "4.00", "why": "the lift was out of order"})
    assert "Send ¥4.00 back?" in asked.text
    assert payment_of(garage, parked).state == "paid"
    done = office.post(here, surely(asked))
    assert "Sent back" in done.text
    assert "the lift was out of order" in done.text
    assert "¥4.00 of it was sent back." in phone.get(receipt).text
    rest = office.post(here, {"much": "whole", "why": "and the rest of it"})
    assert "Send ¥6.00 back?" in rest.text
    office.post(here, surely(rest))
    assert payment_of(garage, parked).state == "refunded"
    assert "Nothing of it can go back" in office.get(here).text


def test_the_button_pressed_twice_sends_it_once(
    campus: SiteId, garage: Garage, receipt: str, parked: StayId, office: Browser
) -> None:
    here = refund_page(campus, garage, parked)
    form = surely(office.post(here, {"much": "part", "sum": "4", "why": "the lift was out of order"}))
    for _ in range(2):
        office.post(here, form)
    with garage.house.store.read(garage.signed.tenant) as db:
        found = parking.refunds_of(db, payment_of(garage, parked).payment)
    assert [(row.refund, row.money.minor, row.state) for row in found] == [(UUID(str(form["refund"])), 400, RefundState.DONE)]
    assert office.post(here, {**form, "sum": "5"}).status_code == 409


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"much": "part", "sum": "10.01", "why": "too much"}, "no more than is left"),
        ({"much": "part", "sum": "0", "why": "nothing"}, "no more than is left"),
        ({"much": "part", "sum": "-3", "why": "the other way"}, "no more than is left"),
        ({"much": "part", "sum": "4.005", "why": "half a cent"}, "no more than is left"),
        ({"much": "part", "sum": "four", "why": "in words"}, "no more than is left"),
        ({"much": "whole", "why": " x "}, "Say in 3 to 300 characters"),
    ],
)
def test_what_cannot_go_back_is_told_before_anybody_is_asked(
    typed: dict[str, object], told: str, campus: SiteId, garage: Garage, receipt: str, parked: StayId, office: Browser
) -> None:
    answer = office.post(refund_page(campus, garage, parked), typed)
    assert answer.status_code == 422
    assert told in answer.text
    assert payment_of(garage, parked).state == "paid"


def test_dora_sees_the_books_and_sends_nothing_back_and_umbra_sees_none(
    campus: SiteId, garage: Garage, receipt: str, parked: StayId, enter: Enter, dora: Signed, umbra: Signed
) -> None:
    desk, other = enter(dora), enter(umbra)
    number = payment_of(garage, parked).payment.hex[-12:].upper()
    assert number in desk.get(f"/s/{campus}/books").text
    assert BOB[2:] not in desk.get(f"/s/{campus}/books").text
    assert "Send back…" not in desk.get(f"/s/{campus}/garages/stays/{parked}").text
    assert desk.get(refund_page(campus, garage, parked)).status_code == 403
    assert desk.post(refund_page(campus, garage, parked), {"why": "because"}).status_code == 403
    for path in ("books", "books/differences", "books/invoices", f"garages/stays/{parked}"):
        assert other.get(f"/s/{campus}/{path}").status_code == 404


@pytest.mark.parametrize(
    ("which", "found"), [("all", True), ("back", False), ("charged-back", False), ("by-hand", False), ("unpaid", False)]
)
def test_the_books_are_filtered_and_a_receipt_is_found_by_its_number(
    which: str, found: bool, campus: SiteId, garage: Garage, receipt: str, parked: StayId, office: Browser
) -> None:
    number = payment_of(garage, parked).payment.hex[-12:].upper()
    assert (number in office.get(f"/s/{campus}/books?which={which}").text) is found
    assert number in office.get(f"/s/{campus}/books?number={number.lower()}").text
    assert "No payment is like that" in office.get(f"/s/{campus}/books?number={'0' * 12}").text
    assert office.get(f"/s/{campus}/books?number=12").status_code == 422


def test_dora_takes_cash_on_the_stays_page_and_the_car_may_go(
    campus: SiteId, garage: Garage, parked: StayId, enter: Enter, dora: Signed
) -> None:
    garage.goes(BOB)
    desk = enter(dora)
    here = f"/s/{campus}/garages/stays/{parked}"
    assert "I took ¥10.00" in desk.get(here).text
    assert desk.post(f"{here}/taken", {"means": "card-terminal", "minor": 900, "currency": "CNY"}).status_code == 422
    taken = desk.post(f"{here}/taken", {"means": "card-terminal", "minor": 1000, "currency": "CNY"})
    assert "Card terminal" in taken.text
    assert payment_of(garage, parked).state == "paid"
    assert desk.post(f"{here}/taken", {"means": "cash", "minor": 1000, "currency": "CNY"}).status_code in {409, 422}


def test_dora_makes_a_link_that_opens_this_stay_and_umbra_cannot(
    campus: SiteId, garage: Garage, parked: StayId, enter: Enter, dora: Signed, umbra: Signed, phone: Browser
) -> None:
    made = enter(dora).post(f"/s/{campus}/garages/stays/{parked}/link").text
    link = re.search(r'href="http://[^/"]+(/pay/[^"]+)"', made)
    assert link
    opened = phone.get(link[1]).text
    assert "¥10.00" in opened
    assert "Begun units" in opened
    assert "stay.link-made" in actions(garage)
    assert enter(umbra).post(f"/s/{campus}/garages/stays/{parked}/link").status_code == 404


def test_a_car_that_nobody_saw_leave_is_taken_off_with_a_word(
    campus: SiteId, garage: Garage, parked: StayId, enter: Enter, dora: Signed
) -> None:
    desk = enter(dora)
    here = f"/s/{campus}/garages/stays/{parked}"
    assert desk.post(f"{here}/end", {"why": " "}).status_code == 422
    ended = desk.post(f"{here}/end", {"why": "counted on the ground"})
    assert "Nobody saw it" in ended.text
    assert "stay.ended-by-hand" in actions(garage)
    assert desk.post(f"{here}/end", {"why": "once more"}).status_code == 409
    garage.comes(BOB)


def test_a_car_that_has_left_is_found_by_the_day_it_came(
    campus: SiteId, garage: Garage, parked: StayId, enter: Enter, alice: Signed, clock: HandClock
) -> None:
    day = clock.at.date().isoformat()
    clock.move(timedelta(days=2))
    office = enter(alice)
    desk = office.post(f"/s/{campus}/garages/search", {"plate": BOB, "purpose": "complaint", "day": day})
    assert f"/garages/stays/{parked}" in desk.text
    gone = office.post(
        f"/s/{campus}/garages/search", {"plate": BOB, "purpose": "complaint", "day": clock.at.date().isoformat()}
    )
    assert "This car was in no garage on that day" in gone.text
    assert office.post(f"/s/{campus}/garages/search", {"plate": BOB, "purpose": "complaint", "day": "soon"}).status_code == 422


def test_a_statement_that_is_brought_is_compared_and_a_difference_is_settled_with_a_word(
    campus: SiteId, garage: Garage, receipt: str, parked: StayId, enter: Enter, alice: Signed, clock: HandClock
) -> None:
    provider = garage.house.providers["simulated"]
    day = clock.at.date()
    clock.move(timedelta(days=1))
    office = enter(alice)
    [line] = list(provider.statement(day))
    less = statements.write([line]).replace(b",1000,", b",900,")
    here = f"/s/{campus}/books/differences"
    upload = {"file": ("statement.csv", less, "text/csv")}
    found = office.post(f"{here}/statement", {"provider": "simulated", "day": day.isoformat()}, files=upload)
    assert "Compared. What differs is listed." in found.text
    assert "Another sum" in found.text
    one = re.search(rf"{here}/([0-9a-f-]{{36}})", found.text)
    assert one
    opened = office.get(one[0]).text
    assert f"/garages/stays/{parked}#payments" in opened
    assert line.provider_ref in opened
    assert office.post(f"{one[0]}/settle", {"why": " "}).status_code == 422
    office.post(f"{one[0]}/settle", {"why": "they rounded a fee off"})
    settled = office.get(one[0]).text
    assert "they rounded a fee off" in settled
    assert "Alice" in settled
    assert "Nothing waits for you" in office.get(here).text
    assert {"difference.opened", "payments.difference-settled", "payments.reconciled"} <= set(actions(garage))
    assert office.post(f"{one[0]}/settle", {"why": "once more"}).status_code == 409


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"\xff\xfe",
        b"movement,reference\nx",
        b"PK\x03\x04",
        b"movement,reference,refund,number,minor,currency,at\n,,,,,,\n",
    ],
)
def test_a_file_that_is_no_statement_is_told_and_nothing_is_kept(
    file: bytes, campus: SiteId, garage: Garage, office: Browser
) -> None:
    upload = {"file": ("statement.csv", file, "text/csv")}
    answer = office.post(
        f"/s/{campus}/books/differences/statement", {"provider": "simulated", "day": "2026-11-22"}, files=upload
    )
    assert answer.status_code == 422
    assert "no statement of this provider" in answer.text
    with garage.house.store.read(garage.signed.tenant) as db:
        assert parking.open_differences(db) == []


def test_an_invoice_is_asked_for_exported_issued_and_told_to_the_driver(
    campus: SiteId, garage: Garage, receipt: str, parked: StayId, office: Browser, phone: Browser
) -> None:
    phone.post(f"{receipt}/invoice", PERSON)
    here = f"/s/{campus}/books/invoices"
    listed = office.get(here).text
    assert "Bob Ellis" in listed
    assert "bob@example.org" not in listed
    export = office.post(f"{here}/file", {"purpose": "audit", "form": "csv"}).text
    assert "bob@example.org" in export
    assert office.post(f"{here}/file", {"purpose": "audit", "form": "xlsx"}).content.startswith(b"PK")
    one = f"{here}/{payment_of(garage, parked).payment}"
    assert "bob@example.org" in office.get(one).text
    assert office.post(f"{one}/issued", {"number": "<b>"}).status_code == 422
    office.post(f"{one}/issued", {"number": "2644 2000 0001"})
    assert "Bob Ellis" not in office.get(here).text
    assert "264420000001" in office.get(f"{here}?issued=true").text
    assert "Electronic invoice 264420000001 was issued." in phone.get(receipt).text
    assert office.post(f"{one}/issued", {"number": "7"}).status_code == 409
    assert {"invoices.listed", "invoices.exported", "invoice.opened", "invoice.issued"} <= set(actions(garage))


def test_the_books_speak_chinese(campus: SiteId, garage: Garage, receipt: str, parked: StayId, office: Browser) -> None:
    office.client.headers["Accept-Language"] = "zh"
    for path, said in (
        ("books", "付款与退款"),
        ("books/differences", "立即核对某一天"),
        ("books/invoices", "待开具"),
        (f"garages/stays/{parked}", "经过"),
    ):
        assert said in office.get(f"/s/{campus}/{path}").text
    assert "退多少" in office.get(refund_page(campus, garage, parked)).text
