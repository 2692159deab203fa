"""Alice writes the rules of hours and the holidays in the console; Dora may read neither."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from sealgate.domain.attendance import DayClass
from sealgate.domain.attendance_calendar import CalendarDay
from sealgate.domain.attendance_rules import System
from sealgate.domain.ids import SiteId
from sealgate.flows import hours_rosters, rules
from sealgate.flows.hours_rosters import NewPattern
from sealgate.flows.kit import House, Signed
from sealgate.web.hour_rules import CHOICES, HOURS, MINUTES, SWITCHES, read_version

Enter = Callable[[Signed], Any]

VERSION = {
    "since": "2026-01-01",
    "until": "",
    "calendar": "cn",
    "counting": "inside",
    "forgotten_in": "plan",
    "forgotten_out": "nothing",
    "round_in": "earlier",
    "round_out": "later",
    "system": "comprehensive",
    "period": "quarter",
    "late_grace": "10",
    "early_grace": "0",
    "round_step": "15",
    "auto_break": "45",
    "overtime_min": "30",
    "overtime_step": "15",
    "half_day_after": "2:00",
    "absent_after": "4:30",
    "window_before": "3:00",
    "window_after": "5：00",
    "longest": "20",
    "auto_break_after": "6:00",
    "daily_cap": "3:00",
    "weekly_cap": "0",
    "monthly_cap": "36",
    "period_minutes": "500:00",
    "day_minutes": "8:00",
    "overtime_after": "yes",
}


@pytest.fixture
def roster(campus: SiteId) -> str:
    return f"/s/{campus}/roster"


def test_the_form_asks_for_every_figure_of_a_version(house: House, alice: Signed) -> None:
    standard = hours_rosters.rule_sets(house, alice)["standard"].versions[0]
    asked = {*CHOICES, *MINUTES, *HOURS, *SWITCHES, "since", "until", "calendar", "name"}
    assert asked == set(type(standard).__dataclass_fields__)
    assert set(read_version(VERSION)) | {"until", "name"} == asked


def test_a_rule_set_is_added_and_a_version_follows_it(house: House, alice: Signed, roster: str, enter: Enter) -> None:
    inside = enter(alice)
    assert "Standard" in inside.get(f"{roster}/rules").text
    page = inside.post(f"{roster}/rules/new", {"name": "night-crew", **VERSION})
    assert page.status_code == 200
    assert "10 min late, 0 min early" in page.text
    (first,) = hours_rosters.rule_sets(house, alice)["night-crew"].versions
    assert (first.late_grace, first.absent_after, first.longest, first.system) == (10, 270, 1200, System.COMPREHENSIVE)
    assert (first.overtime_after, first.overtime_before, first.overtime_needs_approval) == (True, False, False)
    form = inside.get(f"{roster}/rules/night-crew/versions/new")
    assert 'value="4:30"' in form.text
    inside.post(f"{roster}/rules/night-crew/versions/new", VERSION | {"since": "2027-01-01", "late_grace": "5"})
    graces = [version.late_grace for version in hours_rosters.rule_sets(house, alice)["night-crew"].versions]
    assert graces == [10, 5]
    inside.post(f"{roster}/rules/night-crew/versions/2027-01-01", VERSION | {"since": "2027-02-01", "late_grace": "7"})
    told = [
        (str(version.since), version.late_grace) for version in hours_rosters.rule_sets(house, alice)["night-crew"].versions
    ]
    assert told == [("2026-01-01", 10), ("2027-02-01", 7)]
    inside.post(f"{roster}/rules/night-crew/versions/2027-02-01/remove")
    assert len(hours_rosters.rule_sets(house, alice)["night-crew"].versions) == 1


def test_a_change_of_the_rules_that_come_along_keeps_their_past(house: House, alice: Signed, roster: str, enter: Enter) -> None:
    enter(alice).post(f"{roster}/rules/standard/versions/new", VERSION | {"since": "2026-12-01"})
    standard = hours_rosters.rule_sets(house, alice)["standard"]
    assert standard.on(date(2026, 11, 30)).late_grace == 5
    assert standard.on(date(2026, 12, 1)).late_grace == 10


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"since": "2026-08-01"}, "covered by no version"),
        ({"since": "2026-06-30"}, "hold on one day"),
        ({"since": "2026-07-01", "until": "2026-06-01"}, "end before it begins"),
        ({"since": "2026-07-01", "late_grace": "-5"}, "no length of time"),
        ({"since": "2026-07-01", "late_grace": "ten"}, "no length of time"),
        ({"since": "2026-07-01", "half_day_after": "2 hours"}, "no length of time"),
        ({"since": "2026-07-01", "longest": "90"}, "cannot be read"),
        ({"since": "2026-07-01", "system": "sometimes"}, "cannot be read"),
        ({"since": "2026-07-01", "calendar": "mars"}, "no calendar of that name"),
        ({"since": "soon"}, "Choose a day"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_half_done(
    house: House, alice: Signed, roster: str, enter: Enter, wrong: dict[str, str], said: str
) -> None:
    inside = enter(alice)
    inside.post(f"{roster}/rules/new", {"name": "crew", **VERSION, "until": "2026-06-30"})
    before = hours_rosters.rule_sets(house, alice)["crew"]
    answer = inside.post(f"{roster}/rules/crew/versions/new", VERSION | wrong)
    assert answer.status_code == 422
    assert said in answer.text
    assert 'value="4:30"' in answer.text
    assert hours_rosters.rule_sets(house, alice)["crew"] == before


def test_a_set_keeps_its_last_version_and_its_name(house: House, alice: Signed, roster: str, enter: Enter) -> None:
    inside = enter(alice)
    inside.post(f"{roster}/rules/new", {"name": "crew", **VERSION})
    assert inside.post(f"{roster}/rules/crew/versions/2026-01-01/remove").status_code == 422
    taken = inside.post(f"{roster}/rules/new", {"name": "crew", **VERSION})
    assert taken.status_code == 409
    assert "a rule set of that name already" in taken.text
    assert inside.post(f"{roster}/rules/new", {"name": "Crew One!", **VERSION}).status_code == 422
    assert inside.get(f"{roster}/rules/nobody").status_code == 404
    assert inside.get(f"{roster}/rules/crew/versions/2020-01-01").status_code == 404


def test_a_day_is_added_to_a_calendar_and_taken_out(house: House, alice: Signed, roster: str, enter: Enter) -> None:
    inside = enter(alice)
    assert "2026" in inside.get(f"{roster}/calendars").text
    makeup = {"day": "2027-02-14", "kind": "makeup-workday", "name_en": "Make-up", "instead_of": "2027-02-12"}
    page = inside.post(f"{roster}/calendars/cn/days", makeup)
    assert "Make-up working day" in page.text
    china = hours_rosters.calendars(house, alice)["cn"]
    assert china.class_of(date(2027, 2, 14)) is DayClass.WORKDAY
    assert china.worked_as(date(2027, 2, 14)) == date(2027, 2, 12)
    assert china.class_of(date(2026, 10, 1)) is DayClass.HOLIDAY
    inside.post(f"{roster}/calendars/cn/days/2027-02-14/remove")
    assert hours_rosters.calendars(house, alice)["cn"].class_of(date(2027, 2, 14)) is DayClass.RESTDAY


@pytest.mark.parametrize(
    "wrong",
    [
        {"day": "someday"},
        {"kind": "festival"},
        {"name_en": "", "name_zh": ""},
        {"instead_of": "2027-05-03"},
        {"kind": "makeup-workday", "instead_of": "2027-05-01"},
    ],
)
def test_a_day_that_cannot_be_is_refused(house: House, alice: Signed, roster: str, enter: Enter, wrong: dict[str, str]) -> None:
    before = hours_rosters.calendars(house, alice)["cn"]
    form = {"day": "2027-05-01", "kind": "statutory", "name_en": "Labour Day", "name_zh": "劳动节", **wrong}
    assert enter(alice).post(f"{roster}/calendars/cn/days", form).status_code == 422
    assert hours_rosters.calendars(house, alice)["cn"] == before


ICS = b"""BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Example//Holidays//EN
BEGIN:VEVENT
UID:1@example.org
DTSTAMP:20260101T000000Z
DTSTART;VALUE=DATE:20261003
DTEND;VALUE=DATE:20261004
SUMMARY:Day of German Unity
END:VEVENT
END:VCALENDAR
""".replace(b"\n", b"\r\n")


def test_an_icalendar_file_is_taken_in_whole_or_not_at_all(house: House, alice: Signed, roster: str, enter: Enter) -> None:
    inside = enter(alice)
    page = inside.post(f"{roster}/calendars", {"name": "de"}, files={"file": ("de.ics", ICS, "text/calendar")})
    assert "Day of German Unity" in page.text
    assert hours_rosters.calendars(house, alice)["de"].days[date(2026, 10, 3)].kind is CalendarDay.STATUTORY
    broken = inside.post(f"{roster}/calendars", {"name": "de"}, files={"file": ("de.ics", ICS[:60], "text/calendar")})
    assert broken.status_code == 422
    assert "This calendar cannot be read" in broken.text
    assert inside.post(f"{roster}/calendars", {"name": "de"}).status_code == 422
    assert len(hours_rosters.calendars(house, alice)["de"].days) == 1


def test_a_shift_that_is_still_rostered_stays_and_says_why(
    house: House, alice: Signed, campus: SiteId, roster: str, enter: Enter
) -> None:
    staff = rules.add_group(house, alice, "Staff")
    early = hours_rosters.add_shift(house, alice, "Early", date(2026, 1, 1), {"spans": ["06:00-14:00"]})
    cycle = ((early,),) * 5 + ((),) * 2
    hours_rosters.add_pattern(house, alice, NewPattern(campus, date(2026, 1, 5), cycle, group=staff))
    answer = enter(alice).post(f"{roster}/shifts/{early}/remove", {"day": "2026-12-01"})
    assert answer.status_code == 409
    assert "still on a roster" in answer.text
    assert 'value="Early"' in answer.text
    assert hours_rosters.shifts(house, alice)[0].removed_on is None


def test_who_may_only_see_hours_changes_no_rule_and_who_may_not_reads_none(
    alice: Signed, dora: Signed, stranger_site: SiteId, roster: str, enter: Enter, browser: Callable[[], Any]
) -> None:
    pages = [f"{roster}/rules", f"{roster}/rules/standard", f"{roster}/calendars", f"{roster}/calendars/cn"]
    assert [enter(alice).get(page).status_code for page in pages] == [200] * 4
    assert [enter(dora).get(page).status_code for page in pages] == [403] * 4
    assert enter(alice).get(f"/s/{stranger_site}/roster/rules").status_code == 404
    assert all("/sign-in" in str(browser().get(page).url) for page in pages)
    assert enter(dora).post(f"{roster}/rules/standard/versions/new", VERSION).status_code == 403
    assert enter(dora).get(f"{roster}/rules/new").status_code == 403
    assert enter(dora).post(f"{roster}/calendars/cn/days", {"day": "2027-05-01"}).status_code in {403, 422}
