"""The pages of visits over a real socket: who may open which, what a visitor is shown, and the kiosk step by step."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from sealgate.domain.ids import GateId, SiteId, ZoneId
from sealgate.domain.operators import Role
from sealgate.domain.places import GateKind
from sealgate.domain.sightings import Means
from sealgate.domain.visits_asking import Asked, VisitField, VisitRules
from sealgate.flows import rules, signin, visit_rules
from sealgate.flows.kit import House, Signed

PASSWORD = "rusty anchors sing at dusk"
CODES = frozenset({Means.CARD, Means.PIN, Means.QR})


@dataclass(frozen=True)
class Place:
    site: SiteId
    building: ZoneId
    lobby: GateId
    way_out: GateId
    kiosk: str

    @property
    def here(self) -> str:
        return f"/s/{self.site}"


@pytest.fixture
def place(house: House, alice: Signed, campus: SiteId) -> Place:
    outside = next(zone.zone for zone in rules.zones(house, alice, campus) if zone.outside)
    building = rules.add_zone(house, alice, campus, "Building")
    lobby = rules.add_gate(house, alice, campus, rules.NewGate("Lobby", GateKind.DOOR, outside, building, CODES))
    way_out = rules.add_gate(house, alice, campus, rules.NewGate("Way out", GateKind.DOOR, building, outside, CODES))
    return Place(campus, building, lobby, way_out, rules.kiosk_link(house, alice, lobby))


def operator(house: House, admin: Signed, name: str, *roles: Role) -> Signed:
    link = signin.invite_operator(house, admin, frozenset(roles))
    login = f"{name.split(maxsplit=1)[0].lower()}@example.org"
    signed = signin.who_is(house, signin.set_up(house, link, name=name, login=login, password=PASSWORD))
    assert signed is not None
    return signed


@pytest.fixture
def bob(house: House, alice: Signed) -> Signed:
    """A host."""
    return operator(house, alice, "Bob Ellis", Role.HOST)


@pytest.fixture
def kiosk(browser: Callable[[], Any], place: Place) -> Any:
    made = browser()
    made.get(f"/kiosk/{place.kiosk}")
    return made


def invitation(place: Place, clock: Any, **more: Any) -> dict[str, Any]:
    local = clock.now() + timedelta(hours=8)
    begin, end = local, local + timedelta(hours=2)
    times = {"since": f"{begin:%Y-%m-%dT%H:%M}", "until": f"{end:%Y-%m-%dT%H:%M}"}
    return {"name": "Vera Lang", "gates": [str(place.lobby)], "why": "audit", **times, **more}


def invited(desk: Any, place: Place, clock: Any, **more: Any) -> tuple[str, str, str]:
    """The address of the visit, its visitor's link and code."""
    answer = desk.post(f"{place.here}/visits/new", invitation(place, clock, **more))
    link = re.search(r"https?://[^<\s]+(/visit/[\w-]{64})", answer.text)
    code = re.search(r'class="mono">([A-Z0-9]{6})<', answer.text)
    assert link, answer.text
    assert code
    return str(answer.url), link[1], code[1]


def version(page: Any) -> str:
    found = re.search(r'name="version" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


def agree(visitor: Any, link: str, **more: Any) -> Any:
    page = visitor.get(link)
    return visitor.post(f"{link}/agree", {"version": version(page), "answer": "yes", **more})


def test_bob_invites_vera_who_reads_the_notice_and_gets_her_pass(
    enter: Any, browser: Any, bob: Signed, place: Place, clock: Any
) -> None:
    own, link, code = invited(enter(bob), place, clock)
    visitor = browser()
    before = visitor.get(link)
    assert "What is kept" in before.text
    assert "<svg" not in before.text.partition("<main")[2]
    after = agree(visitor, link)
    assert "Your QR code" in after.text
    assert code in after.text
    assert "Lobby" in after.text
    assert "Expected" in enter(bob).get(own).text


def test_the_notice_speaks_chinese(browser: Any, enter: Any, bob: Signed, place: Place, clock: Any) -> None:
    _, link, _ = invited(enter(bob), place, clock)
    visitor = browser()
    page = visitor.get(link, headers={"Accept-Language": "zh-CN"})
    assert "保存什么" in page.text
    assert "同意，显示通行码" in page.text


def test_a_no_keeps_nothing_and_says_so(browser: Any, enter: Any, bob: Signed, place: Place, clock: Any) -> None:
    _, link, _ = invited(enter(bob), place, clock)
    visitor = browser()
    page = visitor.get(link)
    answer = visitor.post(f"{link}/agree", {"version": version(page), "answer": "no"})
    assert "Nothing was kept" in answer.text
    assert "You are expected" in visitor.get(link).text


def test_every_page_is_closed_to_who_may_not(
    enter: Any, browser: Any, alice: Signed, dora: Signed, umbra: Signed, bob: Signed, place: Place, clock: Any
) -> None:
    own, _, _ = invited(enter(bob), place, clock)
    path = "/" + own.split("/", 3)[3]
    pages = [f"{place.here}/visits", f"{place.here}/visits/new", f"{place.here}/visits/blocks", f"{place.here}/muster", path]
    host, security, stranger, nobody = enter(bob), enter(dora), enter(umbra), browser()
    assert [host.get(page).status_code for page in pages] == [200, 200, 403, 403, 200]
    assert [security.get(page).status_code for page in pages] == [200] * 5
    assert {stranger.get(page).status_code for page in pages} == {404}
    assert all("/sign-in" in str(nobody.get(page).url) for page in pages)
    assert host.post(f"{place.here}/visits/rules", {}).status_code in {403, 422}


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"since": "yesterday"}, "Choose a day and a time"),
        ({"until": "2020-01-01T10:00", "since": "2020-01-01T09:00"}, "This time is over"),
        ({"name": ""}, "A name has"),
        ({"gates": []}, "Choose one gate"),
        ({"gates": ["x"]}, "does not fit"),
        ({"email": "vera"}, "no phone number or e-mail"),
        ({"why": "x" * 400}, "missing or too long"),
        ({"host": "Nobody At All"}, "Nobody of that name"),
    ],
)
def test_what_is_typed_wrong_comes_back_with_what_was_typed(
    enter: Any, bob: Signed, place: Place, clock: Any, more: dict[str, Any], code: str
) -> None:
    answer = enter(bob).post(f"{place.here}/visits/new", {**invitation(place, clock), **more})
    assert answer.status_code == 422
    assert code in answer.text
    assert "audit" in answer.text or "why" in more


def test_vera_checks_in_at_the_kiosk_by_her_qr_code_and_out_by_its_letters(
    enter: Any, browser: Any, kiosk: Any, alice: Signed, place: Place, clock: Any, house: House
) -> None:
    desk, visitor = enter(alice), browser()
    _, link, code = invited(desk, place, clock)
    agree(visitor, link)
    ready = kiosk.post("/kiosk/visit/code", {"code": code.lower()})
    assert "Welcome, Vera" in ready.text
    assert "Lang" not in ready.text
    done = kiosk.post(re.sub(r"/ready$", "/in", str(ready.url).split("/", 3)[3].join(["/", ""])))
    assert "Checked in" in done.text
    assert done.headers["refresh"] == "20; url=/kiosk"
    assert "You are checked in" in visitor.get(link).text
    leaving = kiosk.post("/kiosk/visit/code", {"code": code})
    assert "Are you leaving, Vera?" in leaving.text
    out = kiosk.post(re.sub(r"/leaving$", "/out", "/" + str(leaving.url).split("/", 3)[3]))
    assert "Goodbye" in out.text
    assert "You are checked out" in visitor.get(link).text


def test_who_has_not_read_the_notice_reads_it_at_the_kiosk(
    enter: Any, kiosk: Any, alice: Signed, place: Place, clock: Any
) -> None:
    _, _, code = invited(enter(alice), place, clock)
    notice = kiosk.post("/kiosk/visit/code", {"code": code})
    assert "What is kept of your visit" in notice.text
    path = "/" + str(notice.url).split("/", 3)[3]
    ready = kiosk.post(path, {"answer": "yes", "version": version(notice)})
    assert "Welcome, Vera" in ready.text


def test_charlie_walks_up_waits_and_is_let_in(enter: Any, kiosk: Any, alice: Signed, place: Place) -> None:
    desk = enter(alice)
    step = kiosk.post("/kiosk/visit/name", {"name": "Charlie Stone"})
    assert "Whom do you visit?" in step.text
    path = "/" + str(step.url).split("/", 3)[3]
    notice = kiosk.post(path, {"host": "Alice Ames", "why": "a parcel"})
    waiting = kiosk.post(path.replace("/host", "/notice"), {"answer": "yes", "version": version(notice)})
    assert "Alice Ames has been asked" in waiting.text
    assert waiting.headers["refresh"].startswith("3; url=/kiosk/visit/")
    notices = desk.get(f"{place.here}/visits/waiting").text
    assert "Charlie Stone is here" in notices
    approve = re.search(r'action="([^"]+/approve\?back=board)"', notices)
    assert approve
    assert "Charlie Stone" in desk.post(approve[1]).text
    ready = kiosk.get(path.replace("/host", "/waiting"))
    assert "Welcome, Charlie" in ready.text


def test_a_refused_walk_up_reads_nothing_but_reception(enter: Any, kiosk: Any, alice: Signed, place: Place) -> None:
    step = kiosk.post("/kiosk/visit/name", {"name": "Charlie Stone"})
    path = "/" + str(step.url).split("/", 3)[3]
    notice = kiosk.post(path, {"host": "Alice Ames"})
    kiosk.post(path.replace("/host", "/notice"), {"answer": "yes", "version": version(notice)})
    desk = enter(alice)
    refuse = re.search(r'action="([^"]+/refuse\?back=board)"', desk.get(f"{place.here}/visits/waiting").text)
    assert refuse
    desk.post(refuse[1])
    page = kiosk.get(path.replace("/host", "/waiting"))
    assert "Reception will help you" in page.text


def test_what_was_typed_at_a_kiosk_is_forgotten_when_nobody_touches_it(kiosk: Any, clock: Any) -> None:
    step = kiosk.post("/kiosk/visit/name", {"name": "Charlie Stone"})
    assert step.headers["refresh"] == "60; url=/kiosk"
    path = "/" + str(step.url).split("/", 3)[3]
    clock.move(timedelta(minutes=3))
    assert str(kiosk.get(path).url).endswith("/kiosk")
    assert kiosk.post(path, {"host": "Alice Ames"}).status_code == 404


def test_a_draft_of_one_kiosk_is_nothing_at_another(
    kiosk: Any, browser: Any, house: House, alice: Signed, place: Place
) -> None:
    other = browser()
    other.get(f"/kiosk/{rules.kiosk_link(house, alice, place.way_out)}")
    step = kiosk.post("/kiosk/visit/name", {"name": "Charlie Stone"})
    path = "/" + str(step.url).split("/", 3)[3]
    assert other.post(path, {"host": "Alice Ames"}).status_code == 404


def test_the_site_asks_what_it_names_and_the_kiosk_asks_it_too(
    enter: Any, kiosk: Any, house: House, alice: Signed, place: Place, clock: Any
) -> None:
    fields = {VisitField.COMPANY: Asked("the fire brigade's list", 5), VisitField.ID_NUMBER: Asked("port security", 2)}
    visit_rules.change_rules(house, alice, place.site, VisitRules(fields=fields))
    _, _, code = invited(enter(alice), place, clock)
    notice = kiosk.post("/kiosk/visit/code", {"code": code})
    assert "port security" in notice.text
    path = "/" + str(notice.url).split("/", 3)[3]
    about = kiosk.post(path, {"answer": "yes", "version": version(notice)})
    assert "A little about you" in about.text
    wrong = kiosk.post(path.replace("/notice", "/about"), {"company": "Lang & Co", "id-number": "710000199902030171"})
    assert wrong.status_code == 422
    assert "Lang &amp; Co" in wrong.text


def test_rules_are_changed_on_their_page_and_the_notice_has_a_new_version(enter: Any, alice: Signed, place: Place) -> None:
    desk, address = enter(alice), f"{place.here}/visits/rules"
    assert "visit-1/0" in desk.get(address).text
    form = {"keep_days": "20", "wait_minutes": "5", "remind_minutes": "15", "absent": "wait", "walk_ups": "yes", "duty": ""}
    fields = {f"{name}-days": "1" for name in VisitField} | {"age-on": "yes", "age-purpose": "children are not left alone"}
    assert "visit-1/1" in desk.post(address, {**form, **fields}).text
    for wrong in ({"keep_days": "0"}, {"keep_days": "many"}, {"absent": "x"}, {"age-purpose": ""}, {"age-days": "99"}):
        answer = desk.post(address, {**form, **fields, **wrong})
        assert answer.status_code == 422, wrong
    assert "visit-1/1" in desk.get(address).text


def test_blocks_are_added_and_lifted_and_the_value_is_nowhere(enter: Any, alice: Signed, place: Place) -> None:
    desk, address = enter(alice), f"{place.here}/visits/blocks"
    made = desk.post(address, {"kind": "email", "value": "eve@example.org", "reason": "threats", "until": "2027-01-31"})
    assert "threats" in made.text
    assert "eve@example.org" not in made.text
    for wrong in ({"kind": "shoe"}, {"until": ""}, {"until": "2099-01-01"}, {"reason": ""}, {"value": "eve"}):
        form = {"kind": "email", "value": "eve@example.org", "reason": "threats", "until": "2027-01-31", **wrong}
        assert desk.post(address, form).status_code == 422, wrong
    lift = re.search(r'action="([^"]+/lift)"', desk.get(address).text)
    assert lift
    assert "Nobody is blocked" in desk.post(lift[1]).text


def test_the_roll_call_is_a_page_a_file_and_a_keeper(enter: Any, browser: Any, alice: Signed, place: Place, clock: Any) -> None:
    desk, visitor = enter(alice), browser()
    own, link, _ = invited(desk, place, clock)
    agree(visitor, link)
    desk.post("/" + own.split("/", 3)[3] + "/check-in")
    page = desk.get(f"{place.here}/muster")
    assert "Vera Lang" in page.text
    assert "1 visitor" in page.text
    saved = desk.get(f"{place.here}/muster/file")
    assert saved.headers["content-disposition"].startswith("attachment; filename=")
    assert "Vera Lang" in saved.text
    assert "http" not in saved.text.replace("http-equiv", "")
    keeper = desk.get(f"{place.here}/muster/keeper.js")
    assert keeper.headers["content-type"].startswith("text/javascript")


def test_a_link_that_leads_nowhere_says_so_to_everybody_alike(browser: Any, place: Place) -> None:
    visitor = browser()
    for path in ("/visit/x", "/visit/" + "A" * 64, "/visit/answer/x", "/visit/answer/" + "A" * 64):
        answer = visitor.get(path)
        assert answer.status_code == 410
        assert "This link has ended" in answer.text
