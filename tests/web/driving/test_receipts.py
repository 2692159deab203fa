"""Receipts to read, as PDFs, and the request for an electronic invoice."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from sealgate.domain.calendar import local_day, zone
from sealgate.domain.errors import Forbidden
from sealgate.domain.money import Money
from sealgate.domain.operators import Role
from sealgate.domain.stays import StayState
from sealgate.flows import driving, invoicing, permits, signin
from sealgate.flows.driving_passes import Shows, receipt_pass
from sealgate.flows.kit import of_day
from sealgate.flows.permits import CouponTerms
from sealgate.flows.receipts import Parked, Receipt
from sealgate.store import parking
from sealgate.web import pdf_fonts, receipt_pdf
from sealgate.web.i18n import Language, words_in

if TYPE_CHECKING:
    from tests.web.conftest import Browser, HandClock
    from tests.web.driving.conftest import Garage

    from sealgate.domain.ids import StayId
    from sealgate.flows.kit import Signed

BOB = "沪A8K2F6"
COMPANY: dict[str, object] = {
    "buyer": "company",
    "title": "海岬贸易有限公司",
    "tax_number": "91350100M000100Y43",
    "email": "accounts@example.org",
}


@pytest.fixture
def phone(browser: Callable[[], Browser]) -> Browser:
    return browser()


@pytest.fixture
def parked(garage: Garage, clock: HandClock) -> StayId:
    stay = garage.comes(BOB)
    clock.move(timedelta(minutes=90))
    return stay


def paid(garage: Garage, phone: Browser, **by: str) -> str:
    """Bob pays; the address of his receipt."""
    order = phone.post(f"{garage.page}/start", {"provider": "simulated", **by})
    done = phone.post(order.url.path, {"act": "pay"}).text
    found = re.search(r'href="(/pay/[^"]+/receipt/[^"]+)"', done)
    assert found, done
    return found[1]


@pytest.fixture
def receipt(garage: Garage, phone: Browser, parked: StayId) -> str:
    """The receipt of a stay that was proven by the exit's code."""
    garage.goes(BOB)
    return paid(garage, phone, held=garage.sign(parked).path.rpartition("/")[2])


def test_the_receipt_of_a_proven_stay_says_for_what(receipt: str, phone: Browser) -> None:
    page = phone.get(receipt).text
    for part in ("Acme", "沪A<i></i>8K2F6", "23 Nov 2026, 09:12", "23 Nov 2026, 10:42", "Begun units", "¥10.00", "Simulated"):
        assert part in page


def test_the_receipt_of_a_typed_plate_says_only_what_was_paid(garage: Garage, phone: Browser, parked: StayId) -> None:
    page = phone.get(paid(garage, phone, plate=BOB)).text
    assert "¥10.00" in page
    assert not any(detail in page for detail in ("8K2F6", "09:12", "Begun units", "invoice"))


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_receipt_is_a_pdf_too(receipt: str, phone: Browser, language: str) -> None:
    answer = phone.get(f"{receipt}/pdf", headers={"Accept-Language": language})
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert answer.content.rstrip().endswith(b"%%EOF")
    assert "receipt-" in answer.headers["Content-Disposition"]
    assert len(answer.content) < 60_000


def test_a_receipt_without_the_stays_key_has_no_plate(garage: Garage, receipt: str, phone: Browser, parked: StayId) -> None:
    with garage.house.store.read(garage.signed.tenant) as db:
        row = parking.stay(db, parked)
    assert row is not None
    kind, scope = of_day(row.site, local_day(row.stay.entered, zone("Asia/Shanghai")))
    assert garage.house.keyring.destroy(garage.signed.tenant, kind, scope)
    page = phone.get(receipt).text
    assert "¥10.00" in page
    assert "8K2F6" not in page
    assert phone.post(f"{receipt}/invoice", COMPANY).status_code == 410


def test_a_made_up_receipt_is_nothing(receipt: str, phone: Browser) -> None:
    assert phone.get(receipt[:-2] + ("AA" if receipt[-2:] != "AA" else "BB")).status_code == 404


def test_nobody_has_a_receipt_of_a_payment_that_did_not_come(garage: Garage, phone: Browser, parked: StayId) -> None:
    order = phone.post(f"{garage.page}/start", {"provider": "simulated", "plate": BOB})
    phone.post(order.url.path, {"act": "refuse"})
    with garage.house.store.read(garage.signed.tenant) as db:
        payment = parking.payments_of(db, parked)[0].payment
    held = receipt_pass(garage.house, garage.signed.tenant, payment, Shows.DETAILS)
    assert phone.get(f"{garage.page}/receipt/{held}").status_code == 409


def test_a_company_asks_for_an_invoice_and_accounts_find_it(garage: Garage, receipt: str, phone: Browser) -> None:
    answer = phone.post(f"{receipt}/invoice", COMPANY)
    assert answer.url.path == receipt
    assert "海岬贸易有限公司" in answer.text
    found = invoicing.requests(garage.house, garage.signed)
    assert [(one.request.title, one.request.tax_number, one.money.minor) for one in found if one.request] == [
        ("海岬贸易有限公司", "91350100M000100Y43", 1000)
    ]


def test_the_request_lies_sealed(garage: Garage, receipt: str, phone: Browser) -> None:
    phone.post(f"{receipt}/invoice", COMPANY)
    with garage.house.store.read(garage.signed.tenant) as db:
        row = parking.open_invoices(db)[0]
    assert "海岬".encode() not in bytes(row.detail)
    assert b"example.org" not in bytes(row.detail)


def test_asked_again_the_newer_words_count_until_it_is_made(garage: Garage, receipt: str, phone: Browser) -> None:
    phone.post(f"{receipt}/invoice", COMPANY)
    phone.post(f"{receipt}/invoice", {**COMPANY, "buyer": "person", "title": "Bob Ellis"})
    wanted = invoicing.requests(garage.house, garage.signed)
    assert [(one.request.title, one.request.tax_number) for one in wanted if one.request] == [("Bob Ellis", "")]
    invoicing.issued(garage.house, garage.signed, wanted[0].payment, "26442000000123456789")
    assert invoicing.requests(garage.house, garage.signed) == []
    assert phone.post(f"{receipt}/invoice", COMPANY).status_code == 409


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"buyer": "nobody"}, "Choose a person or a company"),
        ({"title": " "}, "A name has 1 to 100 characters"),
        ({"tax_number": "91350100M000100Y44"}, "This is no tax number"),
        ({"email": "accounts"}, "This is no e-mail address"),
    ],
)
def test_a_wrong_answer_is_told_and_the_others_are_kept(
    receipt: str, phone: Browser, wrong: dict[str, str], sentence: str
) -> None:
    answer = phone.post(f"{receipt}/invoice", {**COMPANY, **wrong})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "91350100M000100Y4" in answer.text


def test_only_who_may_see_parking_reads_the_requests(garage: Garage, alice: Signed) -> None:
    link = signin.invite_operator(garage.house, alice, frozenset({Role.HR}))
    token = signin.set_up(garage.house, link, name="Hanna", login="hanna@example.org", password="rusty anchors sing at dusk")
    hanna = signin.who_is(garage.house, token)
    assert hanna is not None
    with pytest.raises(Forbidden):
        invoicing.requests(garage.house, hanna)


def test_a_shops_code_takes_an_hour_off_once(garage: Garage, phone: Browser, parked: StayId, clock: HandClock) -> None:
    with garage.house.store.read(garage.signed.tenant) as db:
        row = parking.stay(db, parked)
    assert row is not None
    terms = CouponTerms("Harbour Clinic", until=clock.now() + timedelta(days=1), time=timedelta(hours=1), share=None, uses=5)
    made = permits.make_coupon(garage.house, garage.signed, row.site, garage.lot, terms)
    path = garage.sign(parked).path
    assert "¥10.00" in phone.get(path).text
    discounted = phone.post(f"{path}/coupon", {"coupon": made.code.lower()}).text
    assert "Time taken off" in discounted
    assert ">¥5.00</b>" in discounted
    again = phone.post(f"{path}/coupon", {"coupon": made.code})
    assert again.status_code == 422
    assert "has had that code already" in again.text
    assert "No shop of this lot gave that code" in phone.post(f"{path}/coupon", {"coupon": "NOSUCHCODE"}).text


def test_a_shops_qr_takes_its_part_off_for_a_typed_plate_or_a_code_and_tells_no_more(
    garage: Garage, phone: Browser, parked: StayId, clock: HandClock
) -> None:
    with garage.house.store.read(garage.signed.tenant) as db:
        row = parking.stay(db, parked)
    assert row is not None
    terms = CouponTerms("Harbour Clinic", until=clock.now() + timedelta(days=1), time=timedelta(hours=1), share=None, uses=None)
    made = permits.make_coupon(garage.house, garage.signed, row.site, garage.lot, terms)
    opened = phone.get(driving.coupon_path(garage.house, garage.signed.tenant, garage.lot, made.code)).text
    assert opened.count(f'value="{made.code}"') == 2
    unknown = phone.post(garage.page, {"plate": BOB, "coupon": "NOSUCHCODE"})
    assert (unknown.status_code, "No shop of this lot gave that code" in unknown.text) == (422, True)
    assert "¥10.00" in phone.post(garage.page, {"plate": BOB}).text
    for _again in range(2):
        less = phone.post(garage.page, {"plate": BOB, "coupon": made.code}).text
        assert ">¥5.00</b>" in less
        assert "09:12" not in less
        assert "Harbour Clinic" not in less
    clock.move(timedelta(minutes=60))
    garage.goes(BOB)
    code = garage.sign(parked).code
    assert "has had that code already" in phone.post(f"{garage.page}/prove", {"code": code, "coupon": made.code}).text
    free = phone.post(garage.page, {"plate": "沪C99999", "coupon": made.code}).text
    assert "Nothing is due for this plate" in free


def test_a_shop_that_pays_all_of_it_opens_the_exit(garage: Garage, phone: Browser, parked: StayId, clock: HandClock) -> None:
    with garage.house.store.read(garage.signed.tenant) as db:
        row = parking.stay(db, parked)
    assert row is not None
    terms = CouponTerms("Harbour Clinic", until=clock.now() + timedelta(days=1), time=None, share=100)
    made = permits.make_coupon(garage.house, garage.signed, row.site, garage.lot, terms)
    garage.goes(BOB)
    answer = phone.post(f"{garage.sign(parked).path}/coupon", {"coupon": made.code})
    assert "Nothing to pay" in answer.text
    with garage.house.store.read(garage.signed.tenant) as db:
        left = parking.stay(db, parked)
    assert left is not None
    assert left.stay.state is StayState.CLOSED


def example(plate: str) -> Receipt:
    at = datetime(2026, 11, 23, 2, 42, tzinfo=UTC)
    told = Parked(plate, "plain", at - timedelta(hours=1), None, ())
    money = Money(1000, "EUR")
    return Receipt("0A", "Acme", "Deck", money, at, "stripe", Money(0, "EUR"), told, None, invoice_made=False)


def test_without_a_chinese_font_latin_receipts_are_made_and_others_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_fonts, "FOLDERS", ())
    pdf_fonts.chinese_font.cache_clear()
    try:
        english, chinese = words_in(Language.EN), words_in(Language.ZH)
        made = receipt_pdf.receipt_pdf(example("BX123"), english, zone("Europe/Berlin"), {})
        assert b"BX123" in b"".join(_streams(made))
        assert not receipt_pdf.can_write(example(BOB), english)
        assert not receipt_pdf.can_write(example("BX123"), chinese)
        with pytest.raises(pdf_fonts.CannotWrite):
            receipt_pdf.receipt_pdf(example(BOB), english, zone("Europe/Berlin"), {})
    finally:
        pdf_fonts.chinese_font.cache_clear()


def _streams(pdf: bytes) -> list[bytes]:
    return [
        zlib.decompress(found) for found in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL) if found[:1] == b"x"
    ]
