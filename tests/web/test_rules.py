"""Alice builds a site by hand, page by page; Dora may look and open, and change nothing."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date
from typing import Any

import httpx
import pytest

from sealgate.domain.ids import GateId, SiteId, ZoneId
from sealgate.domain.places import GateKind
from sealgate.domain.sightings import Means
from sealgate.flows import rules
from sealgate.flows.campus import assess_faces
from sealgate.flows.kit import House, Signed

Enters = Callable[[Signed], Any]


@pytest.fixture
def lobby(house: House, alice: Signed, campus: SiteId) -> ZoneId:
    return rules.add_zone(house, alice, campus, "Lobby")


@pytest.fixture
def door(house: House, alice: Signed, campus: SiteId, lobby: ZoneId) -> GateId:
    outside = next(zone.zone for zone in rules.zones(house, alice, campus) if zone.outside)
    assess_faces(house, alice, campus)
    new = rules.NewGate("Front door", GateKind.DOOR, outside, lobby, frozenset({Means.FACE, Means.CARD}))
    return rules.add_gate(house, alice, campus, new)


def test_the_first_site_is_asked_for_and_then_shown(alice: Signed, enter: Enters) -> None:
    inside = enter(alice)
    assert "Your first site" in inside.get("/").text
    page = inside.post("/sites/new", {"name": "North Campus", "time_zone": "Asia/Shanghai"})
    assert page.url.path.endswith("/gates")
    assert "North Campus" in page.text
    assert "Site added" in page.text
    assert "Site added" not in inside.get(page.url.path).text


def test_an_unknown_time_zone_is_put_right_in_the_form(alice: Signed, enter: Enters) -> None:
    page = enter(alice).post("/sites/new", {"name": "Mars Base", "time_zone": "Mars/Olympus"})
    assert page.status_code == 422
    assert "This time zone is not known" in page.text
    assert 'value="Mars Base"' in page.text


def test_the_way_to_the_first_gate_leads_over_a_zone(house: House, alice: Signed, campus: SiteId, enter: Enters) -> None:
    inside = enter(alice)
    assert "This site has only its outside" in inside.get(f"/s/{campus}/gates/new").text
    form = inside.post(f"/s/{campus}/gates/zone", {"name": "Lobby"})
    zones = {zone.name: str(zone.zone) for zone in rules.zones(house, alice, campus)}
    assert all(zone in form.text for zone in zones.values())
    gate = {
        "name": "Front door",
        "kind": "door",
        "from_zone": zones["Outside"],
        "to_zone": zones["Lobby"],
        "means": ["face", "card"],
    }
    refused = inside.post(f"/s/{campus}/gates", gate)
    assert (refused.status_code, "Faces are off at this site" in refused.text) == (409, True)
    faces = {"purpose": "hands-free entry for people who carry", "necessity": "both hands are full at this door", "risks": ""}
    assert inside.post(f"/s/{campus}/faces", faces).status_code == 422
    said = inside.post(f"/s/{campus}/faces", {**faces, "risks": "a picture held up: the door is in sight"})
    assert "On, and assessed" in said.text
    page = inside.post(f"/s/{campus}/gates", gate)
    assert "Gate added" in page.text
    assert "The assessment of faces is due at North Campus" in page.text
    due = inside.get(f"/s/{campus}/faces")
    assert "On, assessment due" in due.text
    paper = re.search(r"/s/[0-9a-f-]+/faces/assessments/[0-9a-f-]{36}", due.text)
    assert paper is not None
    for address in (paper[0], f"/s/{campus}/faces/sign"):
        assert inside.get(address).content.startswith(b"%PDF-")
    packed = zipfile.ZipFile(io.BytesIO(inside.get(f"/s/{campus}/faces/filing").content))
    assert {"form.json", "form.csv", "assessment-1.pdf", "measures.pdf"} == set(packed.namelist())
    stranger = httpx.get(f"{inside.client.base_url}/notice/{alice.tenant}/{campus}", headers={"Accept-Language": "zh-CN"})
    assert ("hands-free entry" in stranger.text, "撤回" in stranger.text) == (True, True)
    assert httpx.get(f"{inside.client.base_url}/notice/{campus}/{campus}").status_code == 404
    assert "Outside to Lobby" in inside.get(f"/s/{campus}/gates").text


def test_a_gate_for_faces_alone_is_refused(house: House, alice: Signed, campus: SiteId, lobby: ZoneId, enter: Enters) -> None:
    outside = next(str(zone.zone) for zone in rules.zones(house, alice, campus) if zone.outside)
    gate = {"name": "Side door", "kind": "door", "from_zone": outside, "to_zone": str(lobby), "means": ["face"]}
    page = enter(alice).post(f"/s/{campus}/gates", gate)
    assert page.status_code == 422
    assert "A face is never the only way" in page.text
    assert rules.gates(house, alice, campus) == []


def test_a_gate_is_changed_and_its_camera_is_never_shown(
    house: House, alice: Signed, campus: SiteId, door: GateId, enter: Enters
) -> None:
    inside = enter(alice)
    change = {
        "name": "Main door",
        "means": ["card", "pin"],
        "passback": "hard",
        "open_seconds": "7,5",
        "min_similarity": "0.7",
        "min_lead": "0.06",
        "min_plate_score": "0.9",
        "source": "rtsp://admin:hunter2@10.0.0.7/stream",
    }
    page = inside.post(f"/s/{campus}/gates/{door}", change)
    assert "Gate changed" in page.text
    assert "hunter2" not in page.text
    record = rules.gate(house, alice, door)
    assert (record.line.name, record.open_seconds, record.has_source) == ("Main door", 7.5, True)
    assert record.line.means == {Means.CARD, Means.PIN}
    kept = inside.post(f"/s/{campus}/gates/{door}", {**change, "source": ""})
    assert kept.status_code == 200
    assert rules.gate(house, alice, door).has_source
    inside.post(f"/s/{campus}/gates/{door}", {**change, "source": "", "no_source": "yes"})
    assert not rules.gate(house, alice, door).has_source


@pytest.mark.parametrize(
    ("field", "value"), [("open_seconds", "900"), ("min_similarity", "high"), ("min_lead", "nan"), ("min_similarity", "-1")]
)
def test_figures_out_of_bounds_change_nothing(
    house: House, alice: Signed, campus: SiteId, door: GateId, enter: Enters, field: str, value: str
) -> None:
    before = rules.gate(house, alice, door)
    page = enter(alice).post(f"/s/{campus}/gates/{door}", {"name": "Front door", "means": ["card"], field: value})
    assert page.status_code == 422
    assert f'id="{field}-e"' in page.text
    assert f'value="{value}"' in page.text
    assert rules.gate(house, alice, door) == before


def test_a_gate_is_blocked_and_decides_again(house: House, alice: Signed, campus: SiteId, door: GateId, enter: Enters) -> None:
    inside = enter(alice)
    assert (
        "This gate is blocked" in inside.post(f"/s/{campus}/gates/{door}/block", {"blocked": "yes", "why": "fire drill"}).text
    )
    assert rules.gate(house, alice, door).line.blocked
    inside.post(f"/s/{campus}/gates/{door}/block", {"blocked": "no"})
    assert not rules.gate(house, alice, door).line.blocked


def test_a_gate_is_opened_by_hand_only_with_a_reason(dora: Signed, campus: SiteId, door: GateId, enter: Enters) -> None:
    doras = enter(dora)
    assert doras.post(f"/s/{campus}/gates/{door}/open", {"why": " "}).status_code == 422
    assert "Opened once" in doras.post(f"/s/{campus}/gates/{door}/open", {"why": "delivery"}).text


def test_the_link_for_a_kiosk_is_shown_once(alice: Signed, campus: SiteId, door: GateId, enter: Enters) -> None:
    inside = enter(alice)
    link = re.search(r"/kiosk/([\w-]{64})", inside.post(f"/s/{campus}/gates/{door}/kiosk").text)
    assert link is not None
    assert link[1] not in inside.get(f"/s/{campus}/gates/{door}").text


def test_a_group_gets_leave_by_a_timetable_and_loses_it(
    house: House, alice: Signed, campus: SiteId, lobby: ZoneId, enter: Enters
) -> None:
    inside = enter(alice)
    inside.post(f"/s/{campus}/rules/groups", {"name": "Quality"})
    inside.post(
        f"/s/{campus}/rules/timetables", {"name": "Office hours", "mon": "08:00-12:00，13:00-18:00", "holidays": "closed"}
    )
    group, table = rules.groups(house, alice)[0].group, rules.timetables(house, alice)[0].timetable
    page = inside.post(f"/s/{campus}/rules/grants", {"group": str(group), "zone": str(lobby), "timetable": str(table)})
    assert "Leave given" in page.text
    (grant,) = rules.grants(house, alice, campus)
    assert (grant.group, grant.zone, grant.timetable) == ("Quality", "Lobby", "Office hours")
    assert "Leave taken back" in inside.post(f"/s/{campus}/rules/grants/{grant.grant}/remove").text
    assert rules.grants(house, alice, campus) == []


def test_hours_that_overlap_come_back_with_what_was_typed(house: House, alice: Signed, campus: SiteId, enter: Enters) -> None:
    page = enter(alice).post(
        f"/s/{campus}/rules/timetables",
        {"name": "Odd", "tue": "08:00-12:00, 11:00-13:00", "holidays": "own", "own": "10:00-11:00"},
    )
    assert page.status_code == 422
    assert "The hours of this day cannot be read" in page.text
    assert 'value="08:00-12:00, 11:00-13:00"' in page.text
    assert rules.timetables(house, alice) == []


def test_the_week_is_drawn_as_it_was_typed(alice: Signed, campus: SiteId, enter: Enters) -> None:
    week = {"name": "Nights", "fri": "22:00-06:00", "holidays": "like"}
    page = enter(alice).post(f"/s/{campus}/rules/timetables", week)
    assert "22:00-06:00" in page.text
    assert 'x="1320" width="120"' in page.text
    assert 'x="0" width="360"' in page.text
    assert "Until 06:00" in page.text


def test_holidays_come_and_go(house: House, alice: Signed, campus: SiteId, enter: Enters) -> None:
    inside = enter(alice)
    assert "1 October 2027" in inside.post(f"/s/{campus}/rules/holidays", {"day": "2027-10-01", "name": "National Day"}).text
    assert [line.day for line in rules.holidays(house, alice, campus)] == [date(2027, 10, 1)]
    inside.post(f"/s/{campus}/rules/holidays/2027-10-01/remove")
    assert rules.holidays(house, alice, campus) == []
    assert inside.post(f"/s/{campus}/rules/holidays", {"day": "soon", "name": "Easter"}).status_code == 422


def test_a_lockdown_is_on_every_page_until_it_is_over(house: House, dora: Signed, campus: SiteId, enter: Enters) -> None:
    doras = enter(dora)
    doras.post(f"/s/{campus}/lockdown", {"on": "yes", "why": "smoke in the lobby"})
    assert "North Campus is locked down" in doras.get(f"/s/{campus}/gates").text
    doras.post(f"/s/{campus}/lockdown", {"on": "no", "why": "all clear"})
    assert "is locked down" not in doras.get(f"/s/{campus}/gates").text


CHANGES = (
    ("/gates", {"name": "X"}),
    ("/gates/zone", {"name": "X"}),
    ("/rules/zones", {"name": "X"}),
    ("/rules/groups", {"name": "X"}),
    ("/rules/timetables", {"name": "X", "mon": "08:00-09:00"}),
    ("/rules/holidays", {"day": "2027-01-01", "name": "X"}),
)


@pytest.mark.parametrize(("path", "form"), CHANGES)
def test_the_attendant_changes_no_rule(
    house: House, alice: Signed, dora: Signed, campus: SiteId, lobby: ZoneId, enter: Enters, path: str, form: dict[str, str]
) -> None:
    outside = next(str(zone.zone) for zone in rules.zones(house, alice, campus) if zone.outside)
    gate = {"kind": "door", "from_zone": outside, "to_zone": str(lobby), "means": "card"} if path == "/gates" else {}
    assert enter(dora).post(f"/s/{campus}{path}", {**form, **gate}).status_code == 403
    assert rules.gates(house, alice, campus) == []
    assert rules.groups(house, alice) == []
    assert rules.timetables(house, alice) == []
    assert rules.holidays(house, alice, campus) == []
    assert len(rules.zones(house, alice, campus)) == 2


def test_the_navigation_shows_what_one_may_see(alice: Signed, dora: Signed, campus: SiteId, enter: Enters) -> None:
    def tabs(page: str) -> list[str]:
        nav = page.partition('<ul class="all">')[2].partition('<ul class="bar">')[0]
        return re.findall(r"</svg>([A-Z][\w ]+)</a>", nav)

    assert tabs(enter(alice).get(f"/s/{campus}/gates").text) == [
        "Live", "People", "Visits", "Passages", "Gates", "Rules",
        "Roster", "Working hours", "Leave", "Teams", "Performance", "Payroll",
        "Desk", "Garages", "Tariffs", "Books", "Reports",
        "Faces", "Requests", "Journal", "Legal holds", "Breach kit", "Leak reports", "Data map",
        "Backups", "Doctor", "Vault keys", "Approvals", "Operators", "Account",
    ]  # fmt: skip
    assert tabs(enter(dora).get(f"/s/{campus}/gates").text) == [
        "Live", "People", "Visits", "Passages", "Gates", "Rules", "Teams", "Faces", "Approvals", "Account",
    ]  # fmt: skip


def test_sections_of_a_long_navigation_fold_but_for_the_one_at_hand(
    alice: Signed, dora: Signed, campus: SiteId, enter: Enters
) -> None:
    def unfolded(page: str) -> list[str]:
        return re.findall(r'<details class="group"(?: name="section")? open><summary>(\w+)', page)

    assert unfolded(enter(alice).get(f"/s/{campus}/gates").text) == []
    assert unfolded(enter(alice).get("/journal").text) == unfolded(enter(alice).get("/records").text) == ["Privacy"]
    assert unfolded(enter(dora).get(f"/s/{campus}/gates").text) == ["Personnel", "Privacy", "System"]


def test_a_second_site_is_one_click_away(house: House, alice: Signed, campus: SiteId, enter: Enters) -> None:
    other = rules.add_site(house, alice, "Harbour", "Europe/Berlin")
    page = enter(alice).get(f"/s/{campus}/gates").text
    assert f'href="/s/{other}"' in page
    assert f"/s/{other}/live" in [str(step.headers.get("location")) for step in enter(alice).get(f"/s/{other}").history]


def test_pages_without_a_site_in_their_address_stay_at_the_one_looked_at_last(
    house: House, alice: Signed, campus: SiteId, enter: Enters
) -> None:
    rules.add_site(house, alice, "Aaland Harbour", "Europe/Mariehamn")
    inside = enter(alice)
    inside.get(f"/s/{campus}/gates")
    assert "Site: </span>North Campus" in inside.get("/operators").text
