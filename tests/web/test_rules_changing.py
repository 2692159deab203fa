"""Alice puts right what she built: zones, groups and timetables get other names, or go; Dora may not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sealgate.domain.ids import GroupId, SiteId, TimetableId, ZoneId
from sealgate.domain.places import GateKind
from sealgate.domain.sightings import Means
from sealgate.flows import rules
from sealgate.flows.kit import House, Signed

Enters = Callable[[Signed], Any]


@pytest.fixture
def lobby(house: House, alice: Signed, campus: SiteId) -> ZoneId:
    return rules.add_zone(house, alice, campus, "Lobby")


@pytest.fixture
def crew(house: House, alice: Signed) -> GroupId:
    return rules.add_group(house, alice, "Crew")


@pytest.fixture
def office(house: House, alice: Signed) -> TimetableId:
    return rules.add_timetable(house, alice, "Office", {"mon": ["08:00-18:00"], "holidays": []})


def test_a_zone_gets_another_name(house: House, alice: Signed, campus: SiteId, lobby: ZoneId, enter: Enters) -> None:
    page = enter(alice).post(f"/s/{campus}/rules/zones/{lobby}", {"name": "Atrium"})
    assert "Saved" in page.text
    assert {zone.name for zone in rules.zones(house, alice, campus)} == {"Outside", "Atrium"}


def test_the_zone_outside_keeps_its_name_and_its_place(house: House, alice: Signed, campus: SiteId, enter: Enters) -> None:
    outside = rules.zones(house, alice, campus)[0].zone
    for address in (f"{outside}", f"{outside}/remove"):
        assert enter(alice).post(f"/s/{campus}/rules/zones/{address}", {"name": "Inside"}).status_code == 404
    assert [zone.name for zone in rules.zones(house, alice, campus)] == ["Outside"]


def test_a_zone_with_a_gate_stays_and_one_without_goes_with_its_leaves(
    house: House, alice: Signed, campus: SiteId, lobby: ZoneId, crew: GroupId, enter: Enters
) -> None:
    outside = next(zone.zone for zone in rules.zones(house, alice, campus) if zone.outside)
    rules.add_grant(house, alice, crew, lobby, None)
    yard = rules.add_zone(house, alice, campus, "Yard")
    rules.add_grant(house, alice, crew, yard, None)
    new = rules.NewGate("Front door", GateKind.DOOR, outside, lobby, frozenset({Means.CARD}))
    rules.add_gate(house, alice, campus, new)
    kept = enter(alice).post(f"/s/{campus}/rules/zones/{lobby}/remove")
    assert kept.status_code == 409
    assert "Something else still uses it" in kept.text
    assert "Zone removed" in enter(alice).post(f"/s/{campus}/rules/zones/{yard}/remove").text
    assert [grant.zone for grant in rules.grants(house, alice, campus)] == ["Lobby"]


def test_a_group_goes_with_its_leaves_after_it_was_asked(
    house: House, alice: Signed, campus: SiteId, lobby: ZoneId, crew: GroupId, enter: Enters
) -> None:
    rules.add_grant(house, alice, crew, lobby, None)
    inside = enter(alice)
    assert "Its people stay" in inside.get(f"/s/{campus}/rules/groups/{crew}").text
    assert "Group removed" in inside.post(f"/s/{campus}/rules/groups/{crew}/remove").text
    assert rules.groups(house, alice) == []
    assert rules.grants(house, alice, campus) == []


def test_a_timetable_is_changed_in_its_own_form(
    house: House, alice: Signed, campus: SiteId, office: TimetableId, enter: Enters
) -> None:
    inside, address = enter(alice), f"/s/{campus}/rules/timetables/{office}"
    form = inside.get(address).text
    assert 'value="08:00-18:00"' in form
    inside.post(address, {"name": "Office", "mon": "09:00-17:00", "holidays": "like"})
    (line,) = rules.timetables(house, alice)
    assert line.week["mon"] == ["09:00-17:00"]
    assert line.week.get("holidays") is None
    wrong = inside.post(address, {"name": "Office", "mon": "9 to 5", "holidays": "like"})
    assert wrong.status_code == 422
    assert rules.timetables(house, alice) == [line]


def test_a_timetable_that_keeps_a_leave_to_its_hours_stays(
    house: House, alice: Signed, campus: SiteId, lobby: ZoneId, crew: GroupId, office: TimetableId, enter: Enters
) -> None:
    grant = rules.add_grant(house, alice, crew, lobby, office)
    address = f"/s/{campus}/rules/timetables/{office}/remove"
    assert enter(alice).post(address).status_code == 409
    assert [line.timetable for line in rules.grants(house, alice, campus)] == ["Office"]
    rules.remove_grant(house, alice, grant)
    assert "Timetable removed" in enter(alice).post(address).text
    assert rules.timetables(house, alice) == []


def test_dora_changes_nothing(
    house: House, dora: Signed, alice: Signed, campus: SiteId, lobby: ZoneId, crew: GroupId, office: TimetableId, enter: Enters
) -> None:
    inside = enter(dora)
    for thing in (f"zones/{lobby}", f"groups/{crew}", f"timetables/{office}"):
        assert inside.get(f"/s/{campus}/rules/{thing}").status_code == 403
        assert inside.post(f"/s/{campus}/rules/{thing}/remove").status_code == 403
    assert [group.name for group in rules.groups(house, alice)] == ["Crew"]
