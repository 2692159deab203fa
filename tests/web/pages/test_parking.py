"""The console's pages of the garages: Alice makes the rules, Dora looks, Umbra finds nothing."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import httpx
import pytest

from sealgate.domain.ids import GateId, LotId, SiteId, TenantId
from sealgate.domain.lots import GateRole, SpaceClass
from sealgate.domain.operators import Role
from sealgate.domain.sightings import Means, PlateSighting
from sealgate.flows import lots, openings, parking, passage, pricing, rules, signin, tariffs
from sealgate.flows.kit import House, Signed
from sealgate.store.words import GateKind
from sealgate.web import sheets

TARIFF = """\
name = "Visitors"
currency = "CNY"
time_zone = "Asia/Shanghai"

[[band]]
name = "day"
hours = "08:00-22:00"
steps = [
  { each = "1h", price = 5 },
]

[[band]]
name = "night"
hours = "22:00-08:00"
free = true
"""
PLATE = "沪A8X2F6"


@pytest.fixture
def lane(house: House, alice: Signed, campus: SiteId) -> dict[str, GateId]:
    outside = rules.zones(house, alice, campus)[0].zone
    inside = rules.add_zone(house, alice, campus, "Garage")
    means = frozenset({Means.PLATE, Means.QR})

    def gate(name: str, way: tuple[Any, Any]) -> GateId:
        return rules.add_gate(house, alice, campus, rules.NewGate(name, GateKind.BARRIER, *way, means))

    return {"in": gate("North entry", (outside, inside)), "out": gate("North exit", (inside, outside))}


@pytest.fixture
def lot(house: House, alice: Signed, campus: SiteId, lane: dict[str, GateId]) -> LotId:
    """Garage B1: 20 spaces for visitors and 5 for permits, by the tariff "Visitors", with an entry and an exit."""
    today = house.clock.now().date()
    tariffs.save(house, alice, TARIFF, today)
    terms = lots.LotTerms("Garage B1", {SpaceClass.VISITORS: 20, SpaceClass.PERMITS: 5}, tariff="Visitors")
    made = lots.add_lot(house, alice, campus, terms)
    lots.add_lane(house, alice, campus, made, lane["in"], GateRole.ENTRY)
    lots.add_lane(house, alice, campus, made, lane["out"], GateRole.EXIT)
    return made


@pytest.fixture
def comes(house: House, alice: Signed, lane: dict[str, GateId]) -> Callable[[str], None]:
    """A car of that plate drives in."""

    def in_(plate: str) -> None:
        now = house.clock.now()
        sighting = PlateSighting(gate=lane["in"], at=now, text=plate, score=0.99, kind="cn-blue")  # type: ignore[arg-type]
        parking.arrive(house, alice.tenant, sighting, pricing.prices(house, alice.tenant))

    return in_


@pytest.fixture
def attendant(house: House, operator: Callable[..., Signed]) -> Signed:
    return operator("Dora Marsh", Role.ATTENDANT)


EVERY_REPORT = ("revenue", "occupancy", "lengths", "means", "forced", "misreads", "reconciliation")
PAGES = (
    "garages",
    "garages/new",
    "garages/search",
    "garages/permits",
    "garages/permits/new",
    "garages/reservations",
    "garages/coupons",
    "garages/bans",
    "garages/edges",
    "garages/{lot}",
    "garages/{lot}/settings",
    "garages/{lot}/code",
    "tariffs",
    "tariffs/new",
    "tariffs/at/Visitors",
    "reports",
    *(f"reports/{name}" for name in EVERY_REPORT),
)
TO_CHANGE = {"garages/edges", "garages/new", "garages/permits/new", "tariffs/new"}


@pytest.fixture
def desk(enter: Callable[[Signed], Any], attendant: Signed) -> Any:
    """Dora's browser: an attendant sees the garages and changes nothing."""
    return enter(attendant)


@pytest.fixture
def office(enter: Callable[[Signed], Any], alice: Signed) -> Any:
    """Alice's browser."""
    return enter(alice)


@pytest.fixture
def uma(house: House, umbra: TenantId) -> Signed:
    """The administrator of Umbra."""
    link = signin.first_link(house, umbra)
    assert link is not None
    token = signin.set_up(house, link, name="Uma Brandt", login="uma@example.org", password="rusty anchors sing at dusk")
    signed = signin.who_is(house, token)
    assert signed is not None
    return signed


def test_alice_sees_every_page_dora_those_that_change_nothing_and_umbra_none(
    campus: SiteId, lot: LotId, office: Any, desk: Any, enter: Callable[[Signed], Any], uma: Signed, browser: Any
) -> None:
    stranger, nobody = enter(uma), browser()
    for path in PAGES:
        address = f"/s/{campus}/{path.format(lot=lot)}"
        assert office.get(address).status_code == 200, path
        assert desk.get(address).status_code == (403 if path in TO_CHANGE else 200), path
        assert stranger.get(address).status_code == 404, path
        assert "/sign-in" in str(nobody.get(address).url), path


def test_every_page_is_said_in_chinese(campus: SiteId, lot: LotId, office: Any) -> None:
    for path in PAGES:
        answer = office.get(f"/s/{campus}/{path.format(lot=lot)}", headers={"Accept-Language": "zh-CN"})
        assert answer.status_code == 200, path
        assert '<html lang="zh-Hans"' in answer.text


def test_security_without_parking_sees_neither_tab_nor_page(
    campus: SiteId, lot: LotId, enter: Callable[[Signed], Any], dora: Signed
) -> None:
    guard = enter(dora)
    assert guard.get(f"/s/{campus}/garages").status_code == 403
    assert "/garages" not in guard.get(f"/s/{campus}/live").text


def test_alice_adds_a_garage_and_gives_it_its_gates(campus: SiteId, lane: dict[str, GateId], office: Any) -> None:
    given = {"name": "Yard", "visitors": "no", "doubt": "open-and-bill-later", "spaces_visitors": "12", "longest": "2"}
    made = office.post(f"/s/{campus}/garages", given)
    assert made.status_code == 200
    assert str(made.url).endswith("/settings")
    with_gate = office.post(str(made.url).replace("/settings", "/lanes"), {"gate": str(lane["in"]), "role": "entry"})
    assert "North entry" in with_gate.text
    taken = office.post(str(made.url).replace("/settings", "/lanes"), {"gate": str(lane["in"]), "role": "exit"})
    assert taken.status_code == 409
    assert "This gate belongs to a garage already" in taken.text
    page = office.get(f"/s/{campus}/garages").text
    assert "Yard" in page
    assert "0 of 12" in page


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("name", " ", "A name has 1 to 80 characters"),
        ("spaces_visitors", "-3", "Type a whole figure"),
        ("spaces_visitors", "1e9", "Type a whole figure"),
        ("min_certainty", "nan", "The terms of the garage do not fit"),
        ("echo", "6000", "The terms of the garage do not fit"),
        ("parent", "elsewhere", "That does not fit"),
    ],
)
def test_what_does_not_fit_comes_back_as_it_was_typed(
    field: str, value: str, told: str, campus: SiteId, office: Any, house: House, alice: Signed
) -> None:
    answer = office.post(f"/s/{campus}/garages", {"name": "Yard", field: value})
    assert answer.status_code == 422
    assert told in answer.text
    assert lots.lots(house, alice, campus) == []


def test_the_garage_shows_its_cars_and_says_that_one_looked(
    campus: SiteId, lot: LotId, comes: Callable[[str], None], desk: Any
) -> None:
    comes(PLATE)
    page = desk.get(f"/s/{campus}/garages/{lot}").text
    assert 'data-kind="cn-blue"' in page
    assert "By the tariff" in page
    assert "That you looked is in the journal." in page
    assert "24</dd>" in page  # of 25 spaces
    assert 'data-kind="cn-blue"' not in desk.get(f"/s/{campus}/garages/{lot}?which=paid").text


def test_a_car_is_found_only_for_a_purpose(campus: SiteId, lot: LotId, comes: Callable[[str], None], desk: Any) -> None:
    comes(PLATE)
    address = f"/s/{campus}/garages/search"
    assert desk.post(address, {"plate": PLATE}).status_code == 422
    found = desk.post(address, {"plate": PLATE, "purpose": "lost-property", "note": "an umbrella"})
    assert "Garage B1" in found.text
    assert "Return lost property: an umbrella" in found.text
    assert "This car stands in no garage" in desk.post(address, {"plate": "沪B00000", "purpose": "incident"}).text
    assert desk.post(address, {"plate": "'; DROP TABLE stays; --" * 9, "purpose": "incident"}).status_code == 422


def test_a_permit_for_two_cars_in_one_space(campus: SiteId, lot: LotId, office: Any) -> None:
    root = f"/s/{campus}/garages/permits"
    given = {
        "holder": "Courier Co <b>", "kind": "fleet", "plates": "沪A12345\n沪 A·12346，", "spaces": "1", "space": "permits",
        "since": "2026-11-23", "until": "2026-12-31", "timetable": "", "lot": str(lot),
    }  # fmt: skip
    made = office.post(root, given)
    assert made.status_code == 200
    assert made.text.count('class="plate"') == 2
    assert "Courier Co &lt;b&gt;" in made.text
    assert "1 Jan 2027, 00:00" in made.text
    added = office.post(f"{made.url}/plates", {"plate": "沪A12347"})
    assert added.text.count('class="plate"') == 3
    token = re.search(r'name="token" value="([0-9a-f]+)"', added.text)
    assert token
    assert office.post(f"{made.url}/plates/remove", {"token": token[1]}).text.count('class="plate"') == 2
    assert "No permits yet" in office.post(f"{made.url}/end", {}).text


def test_a_permit_without_plates_comes_back(campus: SiteId, lot: LotId, office: Any) -> None:
    given = {"kind": "season", "holder": "Bob Ellis", "spaces": "1", "space": "permits", "lot": str(lot), "plates": ""}
    answer = office.post(f"/s/{campus}/garages/permits", given)
    assert answer.status_code == 422
    assert "A permit is for 1 to 500 cars" in answer.text
    assert "Bob Ellis" in answer.text


def test_a_coupons_code_is_shown_once_with_its_qr(campus: SiteId, lot: LotId, office: Any) -> None:
    root = f"/s/{campus}/garages/coupons"
    given = {"lot": str(lot), "shop": "Book shop", "gives": "time", "minutes": "120", "uses": "5", "until": "2026-12-01"}
    made = office.post(root, given).text
    code = re.search(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){3}", made)
    assert code
    assert "<svg" in made
    listed = office.get(root).text
    assert "Book shop" in listed
    assert code[0] not in listed
    wrong = office.post(root, given | {"gives": "share", "share": "200"})
    assert wrong.status_code == 422
    assert "The coupon does not fit" in wrong.text


def test_a_car_is_blocked_with_a_reason_and_let_off_again(campus: SiteId, lot: LotId, office: Any) -> None:
    root = f"/s/{campus}/garages/bans"
    assert office.post(root, {"plate": PLATE, "reason": ""}).status_code == 422
    blocked = office.post(root, {"plate": PLATE, "reason": "left without paying", "lot": str(lot)}).text
    assert "left without paying" in blocked
    lift = re.search(r'action="([^"]+/lift)"', blocked)
    assert lift
    assert "Nobody is blocked" in office.post(lift[1], {}).text


def test_a_space_is_held_and_let_go(campus: SiteId, lot: LotId, office: Any) -> None:
    root = f"/s/{campus}/garages/reservations"
    given = {"lot": str(lot), "plate": PLATE, "since": "2026-11-23T10:00", "until": "2026-11-23T12:00", "space": "visitors"}
    held = office.post(root, given).text
    assert "23 Nov 2026, 10:00" in held
    cancel = re.search(r'action="([^"]+/cancel)"', held)
    assert cancel
    assert "Cancelled" in office.post(cancel[1], {}).text
    assert office.post(root, given | {"until": "2026-11-23T09:00"}).status_code == 422


# --- tariffs --------------------------------------------------------------------------------------------------


def preview(browser: Any, campus: SiteId, text: str, **more: str) -> httpx.Response:
    """What comes back while somebody types."""
    answer: httpx.Response = browser.post(
        f"/s/{campus}/tariffs/preview", {"text": text, **more}, headers={"HX-Request": "true"}
    )
    return answer


def test_the_price_is_drawn_with_words_for_those_who_do_not_see_it(campus: SiteId, office: Any) -> None:
    page = preview(office, campus, TARIFF, entered="2026-11-23T09:00", over="1440").text
    assert "<html" not in page
    assert '<svg class="plot"' in page
    assert "From ¥0.00 at the start to ¥70.00 after 24 h." in page
    assert "<title>After 0 s: ¥0.00</title>" in page
    assert re.search(r'<th scope="row"[^>]*>2 h</th><td class="num">¥10.00</td>', page)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("price = 5", "price = -5", "Line 9, <code>band[1].steps[1].price</code>: A price in the tariff is none"),
        ('"CNY"', '"XYZ"', "Line 2, <code>currency</code>: The currency of the tariff is not known"),
        ("free = true", "free = true\nfre = 1", "Line 16, <code>band[2].fre</code>"),
        ("steps = [", "steps = [[[", "Line"),
        ("22:00-08:00", "21:00-08:00", "overlap"),
    ],
)
def test_a_broken_text_is_answered_with_its_line_and_key_and_nothing_is_lost(
    before: str, after: str, told: str, campus: SiteId, office: Any, house: House, alice: Signed
) -> None:
    broken = TARIFF.replace(before, after)
    looked = preview(office, campus, broken)
    assert looked.status_code == 200
    assert told in looked.text
    saved = office.post(f"/s/{campus}/tariffs", {"text": broken, "since": "2026-11-23"})
    assert saved.status_code == 422
    assert after.replace('"', "&#34;") in saved.text
    assert tariffs.tariffs(house, alice, house.clock.now().date()) == []


def test_a_text_of_two_hundred_thousand_letters_is_refused(campus: SiteId, office: Any) -> None:
    assert "larger than any car park needs" in preview(office, campus, "# " + "x" * 250_000).text


def test_a_tariff_is_saved_and_its_next_version_comes_later(campus: SiteId, office: Any) -> None:
    root = f"/s/{campus}/tariffs"
    saved = office.post(root, {"text": TARIFF, "since": "2026-11-23"})
    assert str(saved.url).endswith("/tariffs/at/Visitors")
    later = {"text": TARIFF.replace("price = 5", "price = 6"), "since": "2026-12-01", "name": "Visitors"}
    assert "1 December 2026" in office.post(root, later).text
    assert "1 December 2026" in office.get(root).text
    assert office.post(root, later | {"since": "2026-11-01"}).status_code == 422
    assert office.post(root, later | {"since": "someday"}).status_code == 422
    twice = office.post(root, later)
    assert twice.status_code == 409


def test_without_a_script_the_button_draws_the_price(campus: SiteId, office: Any) -> None:
    page = office.post(f"/s/{campus}/tariffs/preview", {"text": TARIFF, "over": "4320"}).text
    assert "<html" in page
    assert "after 3 d" in page or "after 72 h" in page


def test_dora_may_look_at_a_price_and_save_nothing(campus: SiteId, lot: LotId, desk: Any) -> None:
    assert "Save as a new version" not in desk.get(f"/s/{campus}/tariffs/at/Visitors").text
    assert desk.post(f"/s/{campus}/tariffs", {"text": TARIFF, "since": "2026-11-24"}).status_code == 403


# --- fleets ---------------------------------------------------------------------------------------------------


def test_a_fleets_account_is_opened_stated_and_paid_on_its_pages(
    campus: SiteId, lot: LotId, lane: dict[str, GateId], comes: Callable[[str], None], office: Any, house: House, alice: Signed,
    clock: Any, enter: Callable[[Signed], Any],
) -> None:  # fmt: skip
    root = f"/s/{campus}/garages"
    given = {"kind": "fleet", "holder": "Harbour Works", "plates": PLATE, "spaces": "1", "space": "permits", "lot": str(lot)}
    permit = str(office.post(f"{root}/permits", given).url.path)
    assert f"{permit}/account" in office.get(permit).text
    assert "Open the account" in office.get(f"{permit}/account").text
    assert office.post(f"{permit}/account", {"limit": "-3"}).status_code == 422
    assert "¥200.00" in office.post(f"{permit}/account", {"limit": "200"}).text
    clock.move(timedelta(hours=(26 - clock.now().hour) % 24))  # ten in the morning
    comes(PLATE)
    clock.move(timedelta(hours=2))
    leaving = PlateSighting(gate=lane["out"], at=clock.now(), text=PLATE, score=0.99, kind="cn-blue")  # type: ignore[arg-type]
    assert parking.arrive(house, alice.tenant, leaving, pricing.prices(house, alice.tenant)).opens
    assert "¥10.00" in office.get(f"{permit}/account").text
    month = clock.now().strftime("%Y-%m")
    assert office.post(f"{permit}/statements", {"month": month}).status_code == 422
    clock.move(timedelta(days=32))
    office = enter(alice)  # her session has ended
    made = office.post(f"{permit}/statements", {"month": month})
    here = str(made.url.path)
    assert "Harbour Works" in made.text
    rows = list(csv.reader(io.StringIO(office.get(f"{here}/file.csv").content.decode("utf-8-sig"))))
    assert [(row[2], row[5], row[6]) for row in rows[1:]] == [(PLATE, "10.00", "CNY")]
    assert office.get(f"{here}/file.xlsx").content.startswith(b"PK")
    assert office.get(f"{here}/file.pdf").content.startswith(b"%PDF")
    assert "Noted as paid" in office.post(f"{here}/paid").text
    assert office.post(f"{here}/paid").status_code == 409
    suspended = office.post(f"{permit}/account/suspend").text
    assert "Suspended since" in suspended
    assert "Take it up again" in suspended


# --- reports --------------------------------------------------------------------------------------------------


def test_every_report_is_a_page_a_csv_and_a_workbook(
    campus: SiteId, lot: LotId, comes: Callable[[str], None], desk: Any
) -> None:
    comes(PLATE)
    for name in EVERY_REPORT:
        root = f"/s/{campus}/reports/{name}"
        page = desk.get(root)
        assert page.status_code == 200, name
        assert PLATE not in page.text, name
        take = partial(desk.post, f"{root}/file") if name == "forced" else None
        text = take({"purpose": "audit", "form": "csv"}) if take else desk.get(f"{root}.csv")
        heads = next(csv.reader(io.StringIO(text.content.decode("utf-8-sig"))))
        assert all(f">{head}</th>" in page.text for head in heads) or "Nothing in this time" in page.text, name
        made = take({"purpose": "audit", "form": "xlsx"}) if take else desk.get(f"{root}.xlsx")
        book = zipfile.ZipFile(io.BytesIO(made.content))
        assert "xl/worksheets/sheet1.xml" in book.namelist(), name


def test_a_page_of_openings_that_is_cut_says_so_and_the_csv_has_them_all(
    campus: SiteId,
    lot: LotId,
    lane: dict[str, GateId],
    office: Any,
    house: House,
    alice: Signed,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    root = f"/s/{campus}/reports/forced"
    for number in range(5):
        passage.open_by_hand(house, alice, lane["in"], f"stuck {number}")
    assert "The CSV has them all" not in office.get(root).text
    monkeypatch.setattr(openings, "MOST_SHOWN", 3)
    monkeypatch.setattr(openings, "AT_A_TIME", 2)
    page = office.get(root).text
    assert "The newest 3 of 5. The CSV has them all." in page
    assert "5 openings by hand." in page
    rows = list(
        csv.reader(io.StringIO(office.post(f"{root}/file", {"purpose": "audit", "form": "csv"}).content.decode("utf-8-sig")))
    )
    assert [row[3] for row in rows[1:]] == [f"stuck {number}" for number in (4, 3, 2, 1, 0)]
    monkeypatch.setattr(sheets, "MOST_IN_BOOK", 4)
    book = zipfile.ZipFile(io.BytesIO(office.post(f"{root}/file", {"purpose": "audit", "form": "xlsx"}).content))
    texts = book.read("xl/sharedStrings.xml").decode()
    assert ("stuck 1" in texts, "stuck 0" in texts, "Cut after" in texts) == (True, False, True)


def test_the_workbook_of_all_reports_has_a_sheet_for_each(campus: SiteId, lot: LotId, desk: Any) -> None:
    book = zipfile.ZipFile(io.BytesIO(desk.post(f"/s/{campus}/reports/all/file", {"purpose": "audit"}).content))
    assert sum(name.startswith("xl/worksheets/sheet") for name in book.namelist()) == len(EVERY_REPORT) + 1


def test_what_an_operator_typed_is_no_formula_in_any_file(
    campus: SiteId, lot: LotId, lane: dict[str, GateId], desk: Any, house: House, alice: Signed
) -> None:
    passage.open_by_hand(house, alice, lane["in"], '=HYPERLINK("http://example.org")')
    text = desk.post(f"/s/{campus}/reports/forced/file", {"purpose": "audit", "form": "csv"}).content.decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text)))[1][3].startswith("'=")
    book = zipfile.ZipFile(
        io.BytesIO(desk.post(f"/s/{campus}/reports/forced/file", {"purpose": "audit", "form": "xlsx"}).content)
    )
    assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")
    assert b"=HYPERLINK" in book.read("xl/sharedStrings.xml")


def test_the_exchange_names_lot_and_stay_and_no_plate(
    campus: SiteId, lot: LotId, comes: Callable[[str], None], desk: Any
) -> None:
    comes(PLATE)
    answer = desk.get(f"/s/{campus}/reports/apds.json")
    assert PLATE not in answer.text
    found = json.loads(answer.text)
    assert [place["id"] for place in found["places"]] == [str(campus), str(lot)]
    assert (len(found["sessions"]), len(found["observationSets"][0]["observationElements"])) == (1, 1)
    assert found["rateTables"][0]["rateLineCollections"][0]["rateLines"][0]["incrementPeriod"] == "PT1H"


@pytest.mark.parametrize(
    ("query", "status", "told"),
    [
        ("from=2026-11-20&to=2026-11-01", 422, "The last day lies before the first"),
        ("from=2026-01-01&to=2026-11-01", 422, "A report covers at most 93 days"),
        ("from=never", 422, "Choose a day"),
        ("lot=nowhere", 404, "nothing at this address"),
    ],
)
def test_days_that_make_no_report_are_told(query: str, status: int, told: str, campus: SiteId, lot: LotId, desk: Any) -> None:
    answer = desk.get(f"/s/{campus}/reports/revenue?{query}")
    assert answer.status_code == status
    assert told in answer.text


def test_there_is_no_eighth_report(campus: SiteId, desk: Any) -> None:
    assert desk.get(f"/s/{campus}/reports/secrets").status_code == 404
    assert desk.get(f"/s/{campus}/reports/secrets.csv").status_code == 404
