"""Alice rosters Lin and Bob, reads what the gates saw, and settles what they ask; Lin does it from her own phone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from sealgate.domain.attendance import Figure
from sealgate.domain.ids import GroupId, PersonId, ShiftId
from sealgate.domain.operators import Role
from sealgate.domain.sightings import CodeSighting, Means
from sealgate.flows import enrol, hours, hours_records, hours_rosters, leave, rules, selfservice, signin
from sealgate.flows.kit import House, Signed
from sealgate.flows.passage import admit

Enter = Callable[[Signed], Any]
Opens = Callable[[], Any]
MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)


@pytest.fixture
def crew(house: House, alice: Signed, place: Any) -> GroupId:
    return next(line.group for line in rules.groups(house, alice) if line.name == "Staff")


@pytest.fixture
def lin(house: House, alice: Signed, crew: GroupId) -> PersonId:
    person = enrol.enrol(house, alice, enrol.NewPerson("Lin Yuechuan", groups=(crew,)))
    enrol.add_credential(house, alice, person, Means.CARD, "50000001")
    return person


@pytest.fixture
def early(house: House, alice: Signed) -> ShiftId:
    document = {"kind": "fixed", "spans": ["08:00-16:30"], "breaks": [{"span": "12:00-12:30", "paid": False}]}
    return hours_rosters.add_shift(house, alice, "Early", date(2026, 1, 1), document)


@pytest.fixture
def night(house: House, alice: Signed) -> ShiftId:
    return hours_rosters.add_shift(house, alice, "Night", date(2026, 1, 1), {"kind": "fixed", "spans": ["22:00-06:00"]})


@pytest.fixture
def roster(place: Any) -> str:
    return f"/s/{place.site}/roster"


def test_a_shift_is_added_changed_from_a_day_on_and_ended(house: House, alice: Signed, roster: str, enter: Enter) -> None:
    inside = enter(alice)
    assert "No shifts yet" in inside.get(roster).text
    form = {"name": "Early", "since": "2026-01-01", "kind": "fixed", "spans": "06:00–14:00", "unpaid": "10:00-10:30"}
    page = inside.post(f"{roster}/shifts/new", form)
    assert "06:00-14:00" in page.text
    (row,) = hours_rosters.shifts(house, alice)
    later = {**form, "since": "2026-12-01", "spans": "07:00-15:00"}
    inside.post(f"{roster}/shifts/{row.shift.shift}", later)
    assert [one.shift.since for one in hours_rosters.shifts(house, alice)] == [date(2026, 1, 1), date(2026, 12, 1)]
    inside.post(f"{roster}/shifts/{row.shift.shift}/remove", {"day": "2026-11-23"})
    assert "No shifts yet" in inside.get(f"{roster}/shifts").text


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"spans": "6 to 2"}, "Check its hours"),
        ({"spans": "06:00-14:00", "unpaid": "15:00-15:30"}, "Check its hours"),
        ({"spans": "06:00-14:00", "since": "someday"}, "Choose a day"),
    ],
)
def test_a_shift_that_cannot_be_comes_back_with_what_was_typed(
    alice: Signed, roster: str, enter: Enter, wrong: dict[str, str], said: str
) -> None:
    form = {"name": "Odd", "since": "2026-01-01", "kind": "fixed", **wrong}
    page = enter(alice).post(f"{roster}/shifts/new", form)
    assert page.status_code == 422
    assert said in page.text
    assert 'value="Odd"' in page.text


def test_a_pattern_fills_the_week_of_a_group_and_a_day_put_by_hand_goes_before_it(
    house: House, alice: Signed, lin: PersonId, crew: GroupId, early: ShiftId, night: ShiftId, roster: str, enter: Enter
) -> None:
    inside = enter(alice)
    cycle = [str(early)] * 5 + ["", ""]
    page = inside.post(
        f"{roster}/patterns", {"group": str(crew), "since": "2026-11-02", "rules": "standard", "follows": "yes", "cycle": cycle}
    )
    assert "Pattern added" in page.text
    week = inside.get(roster).text
    assert week.count("08:00-16:30") >= 5
    put = inside.post(roster, {"person": str(lin), "day": str(TUESDAY), "shifts": [str(night)]})
    assert "22:00-06:00" in put.text
    row = next(row for row in hours_rosters.grid(house, alice, MONDAY, TUESDAY).rows if row.person == lin)
    assert [cell.shifts for cell in row.cells] == [(early,), (night,)]
    assert [cell.single for cell in row.cells] == [False, True]
    inside.post(f"{roster}/clear", {"person": str(lin), "day": str(TUESDAY)})
    row = next(row for row in hours_rosters.grid(house, alice, MONDAY, TUESDAY).rows if row.person == lin)
    assert [cell.single for cell in row.cells] == [False, False]


def test_a_shift_that_is_dragged_away_leaves_a_day_off_behind(
    house: House, alice: Signed, lin: PersonId, early: ShiftId, roster: str, enter: Enter
) -> None:
    inside = enter(alice)
    inside.post(roster, {"person": str(lin), "day": str(MONDAY), "shifts": [str(early)]})
    moved = {"person": str(lin), "day": str(TUESDAY), "shifts": [str(early)], "from_person": str(lin), "from_day": str(MONDAY)}
    inside.post(roster, moved)
    row = next(row for row in hours_rosters.grid(house, alice, MONDAY, TUESDAY).rows if row.person == lin)
    assert [cell.shifts for cell in row.cells] == [(), (early,)]


@pytest.fixture
def worked(house: House, alice: Signed, lin: PersonId, early: ShiftId, place: Any, clock: Any) -> PersonId:
    """Lin has the early shift on Monday, came at 07:57 local time and was seen leaving never."""
    hours_rosters.assign(house, alice, [lin], [MONDAY], (early,), place.site)
    clock.at = datetime(2026, 11, 22, 23, 57, tzinfo=UTC)
    admit(house, alice.tenant, CodeSighting(place.lobby, clock.at, Means.CARD, "50000001"))
    clock.at = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
    return lin


def test_a_forgotten_leaving_is_assumed_shown_and_corrected(
    house: House, alice: Signed, worked: PersonId, place: Any, enter: Enter
) -> None:
    inside, root = enter(alice), f"/s/{place.site}/hours"
    assert "1 day" in inside.get(f"{root}?month=2026-11&only=unsettled").text
    day = f"{root}/{worked}/2026-11-23"
    page = inside.get(day).text
    assert "Leaving was assumed" in page
    assert "07:57" in page
    bad = inside.post(f"{day}/correct", {"left": "25 past five", "why": "Said so"})
    assert bad.status_code == 422
    assert 'value="25 past five"' in bad.text
    done = inside.post(f"{day}/correct", {"left": "17:25", "why": "Seen on the way out by Dora"})
    assert "Leaving was assumed" not in done.text
    assert "17:25" in done.text
    assert "Seen on the way out by Dora" in done.text
    derived = hours.work_days(house, alice, [worked], MONDAY, MONDAY)[worked][0]
    assert not derived.needs_somebody
    assert derived.minutes(Figure.WORKED) == 480


def test_an_assumed_time_is_confirmed_with_a_reason(
    house: House, alice: Signed, worked: PersonId, place: Any, enter: Enter
) -> None:
    day = f"/s/{place.site}/hours/{worked}/2026-11-23"
    assert enter(alice).post(f"{day}/confirm", {"why": ""}).status_code == 422
    assert "Confirmed" in enter(alice).post(f"{day}/confirm", {"why": "The usual time"}).text
    assert not hours.work_days(house, alice, [worked], MONDAY, MONDAY)[worked][0].needs_somebody


def test_overtime_counts_once_somebody_approved_it(
    house: House, alice: Signed, worked: PersonId, place: Any, enter: Enter
) -> None:
    day, inside = f"/s/{place.site}/hours/{worked}/2026-11-23", enter(alice)
    inside.post(f"{day}/correct", {"left": "18:00", "why": "Inventory"})
    waits = hours.work_days(house, alice, [worked], MONDAY, MONDAY)[worked][0]
    assert waits.minutes(Figure.OVERTIME) > 0
    inside.post(f"{day}/overtime", {"minutes": "1:00", "why": "Inventory was planned"})
    settled = hours.work_days(house, alice, [worked], MONDAY, MONDAY)[worked][0]
    assert sum(line.approved for line in settled.lines) == 60


@pytest.fixture
def phone(house: House, alice: Signed, lin: PersonId, browser: Opens) -> Any:
    made = browser()
    made.post(f"/my/enter/{selfservice.make_link(house, alice, lin)}")
    return made


def test_lin_reads_her_month_and_asks_for_a_correction_which_alice_accepts(
    house: House, alice: Signed, worked: PersonId, place: Any, phone: Any, enter: Enter
) -> None:
    assert "My hours" in phone.get("/my").text
    assert "07:57" in phone.get("/my/hours?month=2026-11").text
    asked = phone.post("/my/hours/2026-11-23", {"left": "16:40", "why": "I forgot to show my card"})
    assert "I forgot to show my card" in asked.text
    (line,) = hours_records.waiting(house, alice)
    review = enter(alice).get(f"/s/{place.site}/hours?month=2026-11").text
    assert "I forgot to show my card" in review
    enter(alice).post(f"/s/{place.site}/hours/requests/{line.record.record}", {"approved": "yes", "answer": "Agreed"})
    assert "Agreed" in phone.get("/my/hours?month=2026-11").text
    assert not hours.work_days(house, alice, [worked], MONDAY, MONDAY)[worked][0].needs_somebody
    late = enter(alice).post(f"/s/{place.site}/hours/requests/{line.record.record}", {"approved": "no", "answer": "Too late"})
    assert late.status_code == 409


def test_lin_takes_a_request_back_and_sees_nobody_elses(
    house: House, alice: Signed, worked: PersonId, people: dict[str, PersonId], phone: Any
) -> None:
    phone.post("/my/hours/2026-11-23", {"left": "16:40", "why": "I forgot"})
    (line,) = hours_records.waiting(house, alice)
    assert "Taken back" in phone.post(f"/my/hours/requests/{line.record.record}/withdraw").text
    assert hours_records.waiting(house, alice) == []
    assert phone.client.get(f"/s/x/hours/{people['Bob']}", follow_redirects=False).status_code in {303, 404}


def test_leave_is_asked_for_on_the_phone_and_approved_at_the_desk(
    house: House, alice: Signed, lin: PersonId, early: ShiftId, place: Any, phone: Any, enter: Enter
) -> None:
    wednesday = MONDAY + timedelta(days=2)
    hours_rosters.assign(house, alice, [lin], [wednesday], (early,), place.site)
    wrong = phone.post("/my/leave", {"kind": "personal", "first": "2026-11-26", "last": "2026-11-25", "why": "Moving"})
    assert wrong.status_code == 422
    assert 'value="Moving"' in wrong.text
    phone.post("/my/leave", {"kind": "personal", "first": "2026-11-25", "last": "", "why": "Moving"})
    (line,) = leave.waiting(house, alice)
    page = enter(alice).get(f"/s/{place.site}/leave?month=2026-11").text
    assert "Lin Yuechuan" in page
    enter(alice).post(f"/s/{place.site}/leave/requests/{line.leave.leave}", {"approved": "yes", "answer": "Agreed"})
    assert "approved" in phone.get("/my/leave").text
    assert hours.work_days(house, alice, [lin], wednesday, wednesday)[lin][0].minutes(Figure.LEAVE) == 480
    assert "Leave" in enter(alice).get(f"/s/{place.site}/roster").text


def test_balances_rest_on_service_and_on_what_is_given_by_hand(
    house: House, alice: Signed, lin: PersonId, place: Any, enter: Enter
) -> None:
    inside, root = enter(alice), f"/s/{place.site}/leave/{lin}"
    saved = inside.post(f"{root}/service", {"joined": "2020-01-01", "working_since": "2012-01-01"})
    assert saved.status_code == 200, saved.text
    inside.post(f"{root}/grant", {"kind": "in-lieu", "day": "2026-11-20", "hours": "4:30", "why": "Stocktaking on Saturday"})
    page = inside.get(root).text
    assert "160:00" in page  # ten days of this year, ten of the last
    assert "4:30" in page
    assert (
        inside.post(f"{root}/grant", {"kind": "in-lieu", "day": "2026-11-20", "hours": "many", "why": "x y z"}).status_code
        == 422
    )


def test_reception_reads_no_hours_and_security_changes_no_roster(
    house: House, alice: Signed, lin: PersonId, place: Any, enter: Enter
) -> None:
    for role in (Role.RECEPTION, Role.SECURITY, Role.ATTENDANT):
        secret = signin.invite_operator(house, alice, frozenset({role}))
        token = signin.set_up(house, secret, name="Otto", login=f"{role}@example.org", password="rusty anchors sing at dusk")
        signed = signin.who_is(house, token)
        assert signed is not None
        inside = enter(signed)
        for path in ("roster", "roster/shifts", "roster/patterns", "hours", f"hours/{lin}", f"hours/{lin}/2026-11-23", "leave"):
            assert inside.get(f"/s/{place.site}/{path}").status_code == 403, (role, path)
