"""Months derived from passages: the whole way, on the real store."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sealgate.domain.attendance import DayClass, Figure, Issue, Verdict
from sealgate.domain.attendance_errors import PassagesGone, RulesGap, ShiftMissing, ShiftRostered
from sealgate.domain.errors import Forbidden, NotFound
from sealgate.domain.operators import Role
from sealgate.domain.people import PersonKind
from sealgate.domain.places import GateKind
from sealgate.domain.sightings import CodeSighting, Means
from sealgate.flows import enrol, hours, hours_rosters, passage, rules
from sealgate.flows.kit import of_day, subject
from sealgate.privacy import journal
from sealgate.store.hours import months


def test_alice_works_her_hours(attendance: Any) -> None:
    alice = attendance.campus.person("Alice Marsh")
    attendance.roster(alice, attendance.day)
    first = attendance.came(alice, "10-12 08:51")
    attendance.left(alice, "10-12 18:04")
    done = attendance.derive()
    day = attendance.day_of(alice, "10-12")
    assert (day.verdict, day.minutes(Figure.PLANNED), day.minutes(Figure.WORKED)) == (Verdict.PRESENT, 480, 480)
    assert (day.presence[0].came, day.issues) == (f"passage:{first}", ())
    assert (done.people, done.days, done.changed) == (1, 31, 1)
    assert (
        sum(t.minutes for t in done.totals if t.figure is Figure.ABSENT) == 17 * 480
    )  # 18 working days in this October, one of them a Saturday


def test_the_gates_own_passages_are_found(attendance: Any, clock: Any) -> None:
    alice = attendance.campus.person("Alice Marsh")
    attendance.roster(alice, attendance.day)
    enrol.add_credential(attendance.house, attendance.campus.signed, alice, Means.CARD, "04A2B1C3")
    for hour, gate in ((9, attendance.campus.door), (18, attendance.campus.exit)):
        clock.at = datetime(2026, 10, 13, hour, tzinfo=ZoneInfo("Asia/Shanghai"))
        sighting = CodeSighting(gate, clock.now(), Means.CARD, "04A2B1C3")
        assert passage.admit(attendance.house, attendance.campus.tenant, sighting).decision.opens
    clock.move(timedelta(days=20))
    attendance.derive()
    assert attendance.day_of(alice, "10-13").minutes(Figure.WORKED) == 480


def test_a_night_worker_is_not_absent(attendance: Any) -> None:
    bob = attendance.campus.person("Bob Ellis")
    attendance.roster(bob, attendance.night, all_days=True)
    attendance.came(bob, "10-12 21:55")
    attendance.left(bob, "10-13 06:03")
    attendance.derive()
    assert attendance.day_of(bob, "10-12").minutes(Figure.WORKED) == 480
    assert attendance.day_of(bob, "10-12").verdict is Verdict.PRESENT
    assert attendance.day_of(bob, "10-13").verdict is Verdict.ABSENT


def test_the_last_night_of_the_month_ends_in_the_next(attendance: Any) -> None:
    bob = attendance.campus.person("Bob Ellis")
    attendance.roster(bob, attendance.night, all_days=True)
    attendance.came(bob, "10-31 21:55")
    attendance.left(bob, "11-01 06:03")
    attendance.derive()
    attendance.derive(month="2026-11")
    assert attendance.day_of(bob, "10-31").minutes(Figure.WORKED) == 480
    assert attendance.day_of(bob, "11-01").presence == ()


def test_a_second_derivation_leaves_the_same_bytes(attendance: Any, kept: Callable[[Any], list[bytes]]) -> None:
    for name in ("Alice Marsh", "Bob Ellis"):
        person = attendance.campus.person(name)
        attendance.roster(person, attendance.day)
        attendance.came(person, "10-12 08:51")
        attendance.left(person, "10-12 19:04")
    attendance.derive()
    before = kept(attendance.campus)
    again = attendance.derive()
    assert len(before) == 2
    assert kept(attendance.campus) == before
    assert again.changed == 0


def test_the_order_in_which_passages_arrive_does_not_matter(attendance: Any) -> None:
    alice = attendance.campus.person("Alice Marsh")
    bob = attendance.campus.person("Bob Ellis")
    moves = [
        (d, t, w) for d in range(12, 17) for t, w in (("08:55", "in"), ("12:02", "out"), ("12:58", "in"), ("18:30", "out"))
    ]
    shuffled = random.Random(4).sample(moves, len(moves))
    for person, order in ((alice, moves), (bob, shuffled)):
        attendance.roster(person, attendance.day)
        for day, clock, way in order:
            (attendance.came if way == "in" else attendance.left)(person, f"10-{day} {clock}")
    attendance.derive()
    for day in range(12, 17):
        one, other = attendance.day_of(alice, f"10-{day}"), attendance.day_of(bob, f"10-{day}")
        assert [(x.figure, x.minutes) for x in one.lines] == [(x.figure, x.minutes) for x in other.lines]
        assert one.issues == other.issues


def test_passages_of_an_offline_gate_that_come_days_later_are_counted(attendance: Any) -> None:
    alice = attendance.campus.person("Alice Marsh")
    attendance.roster(alice, attendance.day)
    attendance.came(alice, "10-12 08:51")
    attendance.derive()
    assert Issue.ASSUMED_OUT in attendance.day_of(alice, "10-12").issues
    attendance.left(alice, "10-12 17:20")
    done = attendance.derive()
    day = attendance.day_of(alice, "10-12")
    assert (done.changed, day.minutes(Figure.EARLY), day.issues) == (1, 40, ())


def test_a_visitor_is_nobodys_staff(attendance: Any) -> None:
    house, campus = attendance.house, attendance.campus
    guest = enrol.enrol(house, campus.signed, enrol.NewPerson("Gina Ford", kind=PersonKind.VISITOR, groups=(campus.staff,)))
    attendance.came(guest, "10-12 08:51")
    assert attendance.derive().people == 0
    with pytest.raises(NotFound):
        attendance.derive([guest])
    day = date(2026, 10, 12)
    assert hours.work_days(house, campus.signed, [guest], day, day) == {}


def test_in_by_one_site_and_out_by_another(attendance: Any) -> None:
    house, campus = attendance.house, attendance.campus
    alice = campus.person("Alice Marsh")
    attendance.roster(alice, attendance.day)
    south = rules.add_site(house, campus.signed, "South Campus", "Asia/Shanghai")
    street = rules.zones(house, campus.signed, south)[0].zone
    hall = rules.add_zone(house, campus.signed, south, "Hall")
    new = rules.NewGate("South exit", GateKind.DOOR, hall, street, frozenset({Means.CARD}))
    way_out = rules.add_gate(house, campus.signed, south, new)
    attendance.came(alice, "10-12 08:55")
    attendance.passed(alice, way_out, "10-12 18:10", site=south)
    attendance.derive()
    day = attendance.day_of(alice, "10-12")
    assert (day.minutes(Figure.WORKED), day.issues) == (480, (Issue.TWO_SITES,))


def test_two_time_zones_in_one_day(attendance: Any) -> None:
    """In at Shanghai's clock, out at Tokyo's, an hour ahead: presence is by instants, the plan by the roster's site."""
    house, campus = attendance.house, attendance.campus
    alice = campus.person("Alice Marsh")
    attendance.roster(alice, attendance.day)
    tokyo = rules.add_site(house, campus.signed, "Tokyo", "Asia/Tokyo")
    street = rules.zones(house, campus.signed, tokyo)[0].zone
    hall = rules.add_zone(house, campus.signed, tokyo, "Hall")
    new = rules.NewGate("Exit", GateKind.DOOR, hall, street, frozenset({Means.CARD}))
    way_out = rules.add_gate(house, campus.signed, tokyo, new)
    attendance.came(alice, "10-12 09:00")
    attendance.passed(alice, way_out, "10-12 19:00", site=tokyo, zone=ZoneInfo("Asia/Tokyo"))
    attendance.derive()
    assert attendance.day_of(alice, "10-12").minutes(Figure.WORKED) == 480


def test_a_refused_passage_is_no_work(attendance: Any) -> None:
    alice = attendance.campus.person("Alice Marsh")
    attendance.roster(alice, attendance.day)
    attendance.passed(alice, attendance.campus.door, "10-12 08:51", opens=False)
    attendance.derive()
    assert attendance.day_of(alice, "10-12").verdict is Verdict.ABSENT


def test_bobs_contract_ended_so_he_is_not_absent_after_it(attendance: Any, clock: Any) -> None:
    clock.at = datetime(2026, 10, 1, tzinfo=ZoneInfo("UTC"))
    bob = attendance.campus.person("Bob Ellis", until=datetime(2026, 10, 15, 16, tzinfo=ZoneInfo("UTC")))
    clock.move(timedelta(days=50))
    attendance.roster(bob, attendance.day)
    attendance.derive()
    assert attendance.day_of(bob, "10-15").verdict is Verdict.ABSENT
    assert attendance.day_of(bob, "10-16").verdict is Verdict.OFF


def test_national_day_is_a_holiday_and_its_make_up_day_is_worked(attendance: Any) -> None:
    alice = attendance.campus.person("Alice Marsh")
    attendance.roster(alice, attendance.day)
    attendance.came(alice, "10-01 10:00")
    attendance.left(alice, "10-01 15:00")
    attendance.derive()
    assert attendance.day_of(alice, "10-01").overtime(DayClass.HOLIDAY) == 300
    assert attendance.day_of(alice, "10-05").day_class is DayClass.RESTDAY
    assert attendance.day_of(alice, "10-10").minutes(Figure.PLANNED) == 480  # a Saturday worked for the 7th
    assert attendance.day_of(alice, "10-11").minutes(Figure.PLANNED) == 0


def test_what_is_wrong_with_a_roster_is_said_before_anything_is_written(
    attendance: Any, kept: Callable[[Any], list[bytes]]
) -> None:
    house, signed = attendance.house, attendance.campus.signed
    people = [attendance.campus.person(f"Worker {n}") for n in range(3)]
    attendance.roster(people[0], attendance.day)
    late = hours_rosters.add_shift(house, signed, "Late", date(2026, 10, 20), {"spans": ["14:00-22:00"]})
    with pytest.raises(ShiftMissing):
        attendance.roster(people[2], late)
    hours_rosters.assign(house, signed, [people[2]], [date(2026, 10, 21)], (late,), attendance.campus.site)
    attendance.derive()
    before = kept(attendance.campus)
    hours_rosters.set_rules(house, signed, "standard", [{"since": "2026-01-01", "until": "2026-10-15"}])
    with pytest.raises(RulesGap):
        attendance.derive()
    assert kept(attendance.campus) == before


def test_a_shift_that_is_rostered_is_not_removed(attendance: Any) -> None:
    house, signed = attendance.house, attendance.campus.signed
    alice = attendance.campus.person("Alice Marsh")
    attendance.roster(alice, attendance.day)
    with pytest.raises(ShiftRostered):
        hours_rosters.remove_shift(house, signed, attendance.day, date(2026, 12, 1))
    hours_rosters.assign(house, signed, [alice], [date(2026, 12, 24)], (attendance.night,), attendance.campus.site)
    with pytest.raises(ShiftRostered):
        hours_rosters.remove_shift(house, signed, attendance.night, date(2026, 12, 1))
    hours_rosters.clear(house, signed, [alice], date(2026, 12, 1), date(2026, 12, 31))
    hours_rosters.remove_shift(house, signed, attendance.night, date(2026, 12, 1))
    with pytest.raises(ShiftMissing):
        hours_rosters.assign(house, signed, [alice], [date(2026, 12, 24)], (attendance.night,), attendance.campus.site)


def test_a_changed_shift_leaves_the_past_as_it_was(attendance: Any) -> None:
    house, signed = attendance.house, attendance.campus.signed
    alice = attendance.campus.person("Alice Marsh")
    attendance.roster(alice, attendance.day)
    hours_rosters.change_shift(house, signed, attendance.day, "Day", date(2026, 10, 19), {"spans": ["10:00-16:00"]})
    attendance.derive()
    assert attendance.day_of(alice, "10-16").minutes(Figure.PLANNED) == 480
    assert attendance.day_of(alice, "10-19").minutes(Figure.PLANNED) == 360


def test_a_month_whose_passages_are_destroyed_stands(attendance: Any, kept: Callable[[Any], list[bytes]]) -> None:
    house, campus = attendance.house, attendance.campus
    alice = campus.person("Alice Marsh")
    attendance.roster(alice, attendance.day)
    attendance.came(alice, "10-12 08:51")
    attendance.left(alice, "10-12 18:04")
    attendance.derive()
    before = kept(campus)
    house.keyring.destroy(campus.tenant, *of_day(campus.site, date(2026, 10, 12)))
    with pytest.raises(PassagesGone):
        attendance.derive()
    assert kept(campus) == before
    assert attendance.day_of(alice, "10-12").minutes(Figure.WORKED) == 480


def test_an_erased_persons_hours_are_gone(attendance: Any) -> None:
    house, campus = attendance.house, attendance.campus
    alice, bob = campus.person("Alice Marsh"), campus.person("Bob Ellis")
    for person in (alice, bob):
        attendance.roster(person, attendance.day)
    attendance.derive()
    house.keyring.destroy(campus.tenant, *subject(alice))
    attendance.came(bob, "10-12 08:51")
    assert attendance.derive().changed == 1
    day = date(2026, 10, 12)
    assert set(hours.work_days(house, campus.signed, [alice, bob], day, day)) == {bob}


def test_a_day_under_way_is_not_judged(attendance: Any, clock: Any) -> None:
    alice = attendance.campus.person("Alice Marsh")
    attendance.roster(alice, attendance.day)
    attendance.came(alice, "10-12 09:30")
    clock.at = datetime(2026, 10, 12, 15, tzinfo=ZoneInfo("Asia/Shanghai"))
    attendance.derive()
    day = attendance.day_of(alice, "10-12")
    assert (day.verdict, day.minutes(Figure.LATE), day.issues) == (Verdict.UNDER_WAY, 0, ())
    assert attendance.day_of(alice, "10-13").verdict is Verdict.AHEAD


def test_a_month_derived_in_its_middle_knows_the_days_after_it(attendance: Any, clock: Any) -> None:
    alice = attendance.campus.person("Alice Marsh")
    attendance.roster(alice, attendance.day)
    clock.at = datetime(2026, 10, 12, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
    attendance.derive()
    assert attendance.day_of(alice, "10-13").verdict is Verdict.AHEAD
    attendance.came(alice, "10-12 08:58")
    attendance.left(alice, "10-12 18:03")
    clock.at = datetime(2026, 10, 14, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert attendance.day_of(alice, "10-12").verdict is Verdict.PRESENT
    assert attendance.day_of(alice, "10-13").verdict is Verdict.ABSENT
    assert attendance.day_of(alice, "10-15").verdict is Verdict.AHEAD


def test_the_clockwork_derives_what_came_late_and_nothing_where_there_are_no_rosters(
    attendance: Any, clock: Any, kept: Any
) -> None:
    clock.at = datetime(2026, 11, 2, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
    campus = attendance.campus
    alice = campus.person("Alice Marsh")
    hours.derive_lately(attendance.house, campus.tenant)
    assert kept(campus) == []
    attendance.roster(alice, attendance.day)
    attendance.came(alice, "10-30 08:58")
    hours.derive_lately(attendance.house, campus.tenant)
    before = kept(campus)
    assert len(before) > 0
    attendance.left(alice, "10-30 18:03")
    hours.derive_lately(attendance.house, campus.tenant)
    assert kept(campus) != before


def test_reading_and_deriving_are_asked_for_and_journaled(attendance: Any) -> None:
    house, campus = attendance.house, attendance.campus
    alice = campus.person("Alice Marsh")
    attendance.derive()
    attendance.day_of(alice, "10-12")
    hours.own_days(house, campus.tenant, alice, date(2026, 10, 12), date(2026, 10, 12))
    with house.store.read(campus.tenant) as db:
        about = [(e.actor_kind, e.action) for e in journal.entries_about(db, house.keyring, alice, limit=2)]
        recent = [e.action for e in journal.entries(db, house.keyring, limit=3)]
    assert about == [("person", "hours.read"), ("operator", "hours.read")]
    assert "hours.derived" in recent
    guard = campus.only(Role.SECURITY)
    with pytest.raises(Forbidden):
        hours.derive(house, guard, "2026-10")
    with pytest.raises(Forbidden):
        hours.work_days(house, guard, [alice], date(2026, 10, 1), date(2026, 10, 2))


def test_umbra_sees_no_hours_of_acme(attendance: Any, umbra_campus: Any) -> None:
    house = attendance.house
    alice = attendance.campus.person("Alice Marsh")
    attendance.roster(alice, attendance.day)
    attendance.derive()
    day = date(2026, 10, 12)
    assert hours.work_days(house, umbra_campus.signed, [alice], day, day) == {}
    with house.store.read(umbra_campus.tenant) as db:
        assert months.people_with(db, date(2026, 10, 1)) == []
    with pytest.raises(NotFound):
        hours.derive(house, umbra_campus.signed, "2026-10", [alice])
