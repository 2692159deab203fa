"""Sites, gates, groups and grants: what was written is what is read, and a gate's policy has all that a decision asks for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from sealgate.domain.access import Passback
from sealgate.domain.calendar import parse_timetable, timetable_text
from sealgate.domain.errors import NotFound
from sealgate.domain.ids import GateId, GrantId, SiteId, TenantId, TimetableId
from sealgate.domain.sightings import Means
from sealgate.ports import Sealed
from sealgate.store import places
from sealgate.store.engine import Store
from sealgate.store.faults import AlreadyThere, NoSuchThing

if TYPE_CHECKING:
    from tests.store.conftest import Cast

SPRING = date(2026, 2, 17)


def test_a_gate_is_read_as_it_was_written(store: Store, acme: TenantId, cast: Cast) -> None:
    campus = cast.campus(acme)
    with store.read(acme) as db:
        assert places.gate(db, campus.door) == cast.gate(campus, campus.door)
        assert places.gates(db, campus.site) == places.gates(db) == [cast.gate(campus, campus.door)]


def test_a_policy_has_the_rules_of_gate_and_site(store: Store, acme: TenantId, cast: Cast) -> None:
    campus = cast.campus(acme)
    with cast.writing(acme) as tx:
        places.add_holiday(tx, campus.site, SPRING, "Spring Festival")
        places.set_lockdown(tx, campus.site, lockdown=True)
        places.update_gate(tx, campus.door, passback=Passback.HARD, blocked=True, open_seconds=7.5, min_liveness=0.6)
    with store.read(acme) as db:
        policy = places.policy_of(db, campus.door)
    assert (policy.gate, policy.site, policy.tz) == (campus.door, campus.site, ZoneInfo("Asia/Shanghai"))
    assert policy.means == {Means.FACE, Means.CARD}
    assert (policy.min_similarity, policy.min_lead, policy.min_liveness, policy.min_plate_score) == (0.5, 0.05, 0.6, 0.8)
    assert (policy.passback, policy.blocked, policy.lockdown, policy.leaving) == (Passback.HARD, True, True, False)
    assert policy.open_for == timedelta(seconds=7.5)
    assert policy.holidays == {SPRING}


def test_a_gate_to_the_street_leads_out(store: Store, acme: TenantId, cast: Cast) -> None:
    campus = cast.campus(acme)
    with cast.writing(acme) as tx:
        places.update_gate(tx, campus.door, from_zone=campus.office, to_zone=campus.street)
    with store.read(acme) as db:
        assert places.policy_of(db, campus.door).leaving


def test_a_change_of_a_gate_leaves_the_rest_as_it_was(store: Store, acme: TenantId, cast: Cast) -> None:
    campus = cast.campus(acme)
    with cast.writing(acme) as tx:
        assert places.update_gate(tx, campus.door, means=frozenset({Means.PLATE}), source=Sealed(b"sealed address"))
        assert not places.update_gate(tx, GateId(store.new_id()), blocked=True)
    with store.read(acme) as db:
        gate = places.gate(db, campus.door)
    assert gate == replace(cast.gate(campus, campus.door), means=frozenset({Means.PLATE}), source=Sealed(b"sealed address"))


def test_a_kiosk_is_found_by_the_hash_of_its_secret(store: Store, acme: TenantId, umbra: TenantId, cast: Cast) -> None:
    campus = cast.campus(acme)
    with cast.writing(acme) as tx:
        places.update_gate(tx, campus.door, kiosk_hash=b"h" * 32)
    with store.read(acme) as db:
        found = places.gate_by_kiosk(db, b"h" * 32)
        assert found is not None
        assert found.gate == campus.door
        assert places.gate_by_kiosk(db, b"x" * 32) is None
    with store.read(umbra) as db:
        assert places.gate_by_kiosk(db, b"h" * 32) is None


def test_what_is_not_there_is_not_found(store: Store, acme: TenantId) -> None:
    with store.read(acme) as db:
        with pytest.raises(NotFound):
            places.site(db, SiteId(store.new_id()))
        with pytest.raises(NotFound):
            places.gate(db, GateId(store.new_id()))
        with pytest.raises(NotFound):
            places.policy_of(db, GateId(store.new_id()))


def test_sites_and_zones_come_by_name(store: Store, acme: TenantId, cast: Cast) -> None:
    campus = cast.campus(acme)
    with cast.writing(acme) as tx:
        airport = places.SiteRow(SiteId(store.new_id()), "Airport", "Europe/Berlin", lockdown=True)
        places.add_site(tx, airport)
    with store.read(acme) as db:
        assert places.sites(db) == [airport, places.SiteRow(campus.site, "Harbour", "Asia/Shanghai")]
        assert places.site(db, airport.site) == airport
        zones = places.zones(db, campus.site)
        assert [(zone.name, zone.outside) for zone in zones] == [("Office", False), ("Street", True)]
        assert places.all_zones(db) == zones
        assert places.zones(db, airport.site) == []


def test_lockdown_is_of_a_site_that_is_there(store: Store, acme: TenantId, cast: Cast) -> None:
    campus = cast.campus(acme)
    with cast.writing(acme) as tx:
        assert places.set_lockdown(tx, campus.site, lockdown=True)
        assert places.set_lockdown(tx, campus.site, lockdown=True)
        assert not places.set_lockdown(tx, SiteId(store.new_id()), lockdown=True)


def test_a_holiday_is_there_once_and_gone_once(store: Store, acme: TenantId, cast: Cast) -> None:
    campus = cast.campus(acme)
    with cast.writing(acme) as tx:
        places.add_holiday(tx, campus.site, SPRING, "Spring Festival")
    with pytest.raises(AlreadyThere), cast.writing(acme) as tx:
        places.add_holiday(tx, campus.site, SPRING, "Again")
    with store.read(acme) as db:
        assert places.holidays(db, campus.site) == [places.HolidayRow(SPRING, "Spring Festival")]
    with cast.writing(acme) as tx:
        assert places.remove_holiday(tx, campus.site, SPRING)
        assert not places.remove_holiday(tx, campus.site, SPRING)


def test_a_timetable_is_read_as_it_was_written(store: Store, acme: TenantId, cast: Cast) -> None:
    week = timetable_text(parse_timetable({"mon": ["08:00-12:00", "13:00-18:00"], "sat": ["22:00-02:00"], "holidays": None}))
    table = places.TimetableRow(TimetableId(store.new_id()), "Weekdays", week)
    with cast.writing(acme) as tx:
        places.add_timetable(tx, table)
    with store.read(acme) as db:
        assert places.timetables(db) == [table]


def test_groups_count_their_members(store: Store, acme: TenantId, cast: Cast) -> None:
    campus = cast.campus(acme)
    alice, bob = cast.person(acme, "Alice"), cast.person(acme, "Bob")
    with cast.writing(acme) as tx:
        for person in (alice, bob, alice):  # Alice twice is once
            places.add_member(tx, campus.staff, person)
    with store.read(acme) as db:
        assert places.groups(db) == [places.GroupRow(campus.staff, "Staff", 2)]
        assert places.members_of(db, campus.staff) == [alice, bob]
        assert places.groups_of(db, alice) == [campus.staff]
        assert places.group_names(db, [alice, bob]) == {alice: ("Staff",), bob: ("Staff",)}
    with cast.writing(acme) as tx:
        assert places.remove_member(tx, campus.staff, alice)
        assert not places.remove_member(tx, campus.staff, alice)
    with store.read(acme) as db:
        assert places.group_names(db, [alice, bob]) == {bob: ("Staff",)}


def test_nobody_of_another_tenant_joins_a_group(store: Store, acme: TenantId, umbra: TenantId, cast: Cast) -> None:
    campus = cast.campus(acme)
    spy = cast.person(umbra, "Spy")
    with pytest.raises(NoSuchThing), cast.writing(acme) as tx:
        places.add_member(tx, campus.staff, spy)


def test_a_grant_is_given_and_taken(store: Store, acme: TenantId, cast: Cast) -> None:
    campus = cast.campus(acme)
    grant = places.GrantRow(GrantId(store.new_id()), campus.staff, campus.office)
    with cast.writing(acme) as tx:
        places.add_grant(tx, grant)
    with store.read(acme) as db:
        assert places.grants(db) == [grant]
    with cast.writing(acme) as tx:
        assert places.remove_grant(tx, grant.grant)
        assert not places.remove_grant(tx, grant.grant)
