"""Leave: balances by the law's steps, requests, approvals, and the days they change."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from sealgate.domain.attendance import Figure, Verdict
from sealgate.domain.attendance_errors import AlreadySettled, BadLeave, LeaveOverlaps, NegativeHours, NoBalance
from sealgate.domain.attendance_facts import LeavePart
from sealgate.domain.attendance_leave import Grant, LeaveState, Service, read_kind
from sealgate.domain.errors import Forbidden, NotFound
from sealgate.domain.ids import LeaveKindId
from sealgate.domain.operators import Role
from sealgate.flows import leave
from sealgate.store import schema

ANNUAL, SICK, LIEU = LeaveKindId("annual"), LeaveKindId("sick"), LeaveKindId("in-lieu")
A_DAY = 480


@pytest.fixture
def alice(attendance: Any) -> Any:
    """She has worked for twelve years, three of them here: ten days a year."""
    person = attendance.campus.person("Alice Marsh")
    attendance.roster(person, attendance.day, since="2026-01-01")
    service = Service(joined=date(2023, 5, 1), working_since=date(2014, 7, 1))
    leave.set_service(attendance.house, attendance.campus.signed, person, service)
    return person


def asks(attendance: Any, person: Any, kind: LeaveKindId, first: str, last: str = "", **more: Any) -> Any:
    new = leave.NewLeave(kind, date.fromisoformat(f"2026-{first}"), date.fromisoformat(f"2026-{last or first}"), **more)
    return leave.ask(attendance.house, attendance.campus.tenant, person, new)


def left(attendance: Any, person: Any, kind: LeaveKindId = ANNUAL, on: str = "2026-11-20") -> int:
    book = leave.own_book(attendance.house, attendance.campus.tenant, person, date.fromisoformat(on))
    return book.balances[kind].left


def test_a_week_of_annual_leave_takes_its_working_days_only(attendance: Any, alice: Any) -> None:
    house, signed = attendance.house, attendance.campus.signed
    assert left(attendance, alice, on="2026-12-31") == 20 * A_DAY  # ten of this year, ten of the last, which may be carried
    asked = asks(attendance, alice, ANNUAL, "10-12", "10-18", why="Harvest")
    assert left(attendance, alice) == 15 * A_DAY
    attendance.derive()
    assert attendance.day_of(alice, "10-12").verdict is Verdict.ABSENT
    leave.settle(house, signed, asked, approved=True, answer="Enjoy it")
    day = attendance.day_of(alice, "10-12")
    assert (day.verdict, day.leave(), day.minutes(Figure.ABSENT)) == (Verdict.ON_LEAVE, {ANNUAL: 480}, 0)
    assert left(attendance, alice) == 15 * A_DAY
    assert attendance.derive().changed == 0


def test_half_a_day_and_hours(attendance: Any, alice: Any) -> None:
    house, signed = attendance.house, attendance.campus.signed
    half = asks(attendance, alice, ANNUAL, "10-13", part=LeavePart.FIRST_HALF)
    hours = asks(attendance, alice, SICK, "10-14", part=LeavePart.HOURS, span="15:00-18:00")
    for asked in (half, hours):
        leave.settle(house, signed, asked, approved=True, answer="Yes")
    attendance.came(alice, "10-13 13:58")
    attendance.left(alice, "10-13 18:01")
    attendance.came(alice, "10-14 08:58")
    attendance.left(alice, "10-14 15:00")
    attendance.derive()
    for day, kind, minutes in (("10-13", ANNUAL, 240), ("10-14", SICK, 180)):
        found = attendance.day_of(alice, day)
        assert (found.leave(), found.verdict) == ({kind: minutes}, Verdict.PRESENT)
        assert found.minutes(Figure.LATE, Figure.EARLY, Figure.AWAY, Figure.ABSENT) == 0
        assert found.minutes(Figure.WORKED) == 480 - minutes


def test_more_than_is_left_is_refused(attendance: Any, alice: Any) -> None:
    with pytest.raises(NoBalance):
        asks(attendance, alice, ANNUAL, "11-02", "12-04")
    with pytest.raises(NoBalance):
        asks(attendance, alice, LIEU, "11-02")
    leave.grant(
        attendance.house, attendance.campus.signed, alice, Grant(LIEU, date(2026, 10, 1), 480, "Worked on National Day's eve")
    )
    asks(attendance, alice, LIEU, "11-02")
    with pytest.raises(NoBalance):
        asks(attendance, alice, LIEU, "11-03")


def test_two_leaves_at_once_are_refused_but_not_two_halves(attendance: Any, alice: Any) -> None:
    asks(attendance, alice, ANNUAL, "11-02", part=LeavePart.FIRST_HALF)
    with pytest.raises(LeaveOverlaps):
        asks(attendance, alice, SICK, "11-01", "11-03")
    asks(attendance, alice, ANNUAL, "11-02", part=LeavePart.SECOND_HALF)


def test_what_cannot_be_asked_for(attendance: Any, alice: Any) -> None:
    with pytest.raises(NegativeHours):
        asks(attendance, alice, ANNUAL, "11-03", "11-02")
    with pytest.raises(BadLeave):
        asks(attendance, alice, LeaveKindId("siesta"), "11-02")
    with pytest.raises(BadLeave):
        asks(attendance, alice, ANNUAL, "11-02", part=LeavePart.HOURS, span="09:00-10:00")
    with pytest.raises(NegativeHours):
        asks(attendance, alice, SICK, "11-02", part=LeavePart.HOURS, span="10:00-09:00")
    with pytest.raises(NotFound):
        leave.settle(attendance.house, attendance.campus.signed, attendance.house.new_id(), approved=True, answer="Yes")


def test_withdrawn_and_revoked_leave_gives_the_day_back(attendance: Any, alice: Any) -> None:
    house, campus = attendance.house, attendance.campus
    asked = asks(attendance, alice, ANNUAL, "12-01")
    leave.withdraw(house, campus.tenant, alice, asked)
    approved = asks(attendance, alice, ANNUAL, "10-12")
    leave.settle(house, campus.signed, approved, approved=True, answer="Yes")
    attendance.derive()
    with pytest.raises(AlreadySettled):
        leave.withdraw(house, campus.tenant, alice, approved)  # it has begun
    leave.revoke(house, campus.signed, approved, "She came after all")
    assert attendance.day_of(alice, "10-12").verdict is Verdict.ABSENT
    book = leave.book_of(house, campus.signed, alice, date(2026, 11, 20))
    assert [one.state for one in book.leaves] == [LeaveState.WITHDRAWN, LeaveState.WITHDRAWN]


def test_the_calendar_and_the_requests_are_for_those_who_may_see_hours(attendance: Any, alice: Any) -> None:
    house, campus = attendance.house, attendance.campus
    asks(attendance, alice, ANNUAL, "12-01", "12-02", why="A wedding")
    line = leave.waiting(house, campus.signed)[0]
    assert (line.name, line.leave.why, line.leave.kind) == ("Alice Marsh", "A wedding", ANNUAL)
    assert line.left is not None
    assert [one.name for one in leave.calendar(house, campus.signed, date(2026, 12, 2), date(2026, 12, 31))] == ["Alice Marsh"]
    assert leave.calendar(house, campus.signed, date(2026, 12, 3), date(2026, 12, 31)) == []
    for read in (leave.waiting, leave.kinds):
        with pytest.raises(Forbidden):
            read(house, campus.only(Role.SECURITY))


def test_which_kind_of_leave_it_is_does_not_lie_in_the_clear(attendance: Any, alice: Any) -> None:
    asks(attendance, alice, SICK, "12-01", why="An operation")
    with attendance.house.store.read(attendance.campus.tenant) as db:
        lines = [str(row) for row in db.sql.execute(schema.leaves.select())]
    assert len(lines) == 1
    assert "sick" not in lines[0]
    assert "operation" not in lines[0]


def test_an_organisations_own_kind(attendance: Any, alice: Any) -> None:
    house, signed = attendance.house, attendance.campus.signed
    document = {"name": "Urlaub", "steps": [[0, 30]], "needs_balance": True, "by_month": True, "carry_months": 3}
    leave.set_kind(house, signed, read_kind("urlaub", document))
    assert left(attendance, alice, LeaveKindId("urlaub"), on="2026-07-15") == (14 + 0) * A_DAY
    with pytest.raises(BadLeave):
        read_kind("Urlaub!", document)
    with pytest.raises(NegativeHours):
        read_kind("urlaub", {**document, "paid": -1})
