"""What people write about a day: corrections, requests, approvals; each a record with who and why."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sealgate.domain.attendance import DayClass, Direction, Figure, Issue
from sealgate.domain.attendance_errors import AlreadySettled, BadRecord, NegativeHours, WhyNeeded
from sealgate.domain.attendance_records import AddedMark, Change, RecordKind, RecordState
from sealgate.domain.errors import Forbidden, NotFound
from sealgate.domain.operators import Role
from sealgate.flows import hours_records
from sealgate.privacy import journal

SHANGHAI = ZoneInfo("Asia/Shanghai")
TWELFTH = date(2026, 10, 12)


def mark(clock: str, direction: Direction) -> AddedMark:
    return AddedMark(datetime.fromisoformat(f"2026-10-12 {clock}").replace(tzinfo=SHANGHAI), direction)


@pytest.fixture
def alice(attendance: Any) -> Any:
    """She forgot to check out on the twelfth."""
    person = attendance.campus.person("Alice Marsh")
    attendance.roster(person, attendance.day)
    attendance.came(person, "10-12 08:51")
    attendance.derive()
    return person


def test_a_forgotten_check_out_is_assumed_and_corrected(attendance: Any, alice: Any) -> None:
    house, signed = attendance.house, attendance.campus.signed
    day = attendance.day_of(alice, "10-12")
    assert day.needs_somebody
    assert day.presence[0].assumed_out
    hours_records.correct(house, signed, alice, TWELFTH, Change((mark("19:31", Direction.OUT),)), "Her manager saw her leave")
    day = attendance.day_of(alice, "10-12")
    assert (day.issues, day.minutes(Figure.OVERTIME)) == ((Issue.OVERTIME_WAITS,), 90)
    assert day.presence[0].left.startswith("correction:")
    with house.store.read(attendance.campus.tenant) as db:
        entry = journal.entries_about(db, house.keyring, alice, limit=2)[1]
    assert (entry.action, entry.purpose) == ("hours.corrected", "Her manager saw her leave")


def test_deriving_again_gives_the_same_as_the_correction_gave(attendance: Any, alice: Any) -> None:
    house, signed = attendance.house, attendance.campus.signed
    hours_records.correct(house, signed, alice, TWELFTH, Change((mark("19:31", Direction.OUT),)), "Her manager saw her leave")
    assert attendance.derive().changed == 0


def test_what_was_assumed_can_be_confirmed(attendance: Any, alice: Any) -> None:
    house, signed = attendance.house, attendance.campus.signed
    hours_records.confirm(house, signed, alice, TWELFTH, "She says so too")
    day = attendance.day_of(alice, "10-12")
    assert (day.needs_somebody, day.minutes(Figure.WORKED)) == (False, 480)
    with pytest.raises(BadRecord):
        hours_records.confirm(house, signed, alice, TWELFTH, "Once more")


def test_a_mark_can_be_taken_away(attendance: Any, alice: Any) -> None:
    """Somebody used her card."""
    taken = hours_records.marks_of(attendance.day_of(alice, "10-12"))
    hours_records.correct(
        attendance.house, attendance.campus.signed, alice, TWELFTH, Change(taken=tuple(taken)), "Her card was lent"
    )
    assert attendance.day_of(alice, "10-12").minutes(Figure.ABSENT) == 480


def test_alice_asks_and_somebody_else_approves(attendance: Any, alice: Any) -> None:
    house, campus = attendance.house, attendance.campus
    change = Change((mark("18:02", Direction.OUT),))
    asked = hours_records.ask_correction(house, campus.tenant, alice, TWELFTH, change, "I forgot my card upstairs")
    assert attendance.day_of(alice, "10-12").presence[0].assumed_out
    line = hours_records.waiting(house, campus.signed)[0]
    assert (line.name, line.record.why, line.record.made_by) == ("Alice Marsh", "I forgot my card upstairs", None)
    assert line.day is not None
    assert line.day.day == TWELFTH
    hours_records.settle_correction(house, campus.signed, asked, approved=True, answer="Seen on the camera")
    assert not attendance.day_of(alice, "10-12").needs_somebody
    record = hours_records.own_records(house, campus.tenant, alice, TWELFTH, TWELFTH)[0]
    assert (record.state, record.settled_by, record.answer) == (
        RecordState.APPROVED,
        campus.signed.operator,
        "Seen on the camera",
    )
    with pytest.raises(AlreadySettled):
        hours_records.settle_correction(house, campus.signed, asked, approved=False, answer="No, wait")


def test_a_refused_or_withdrawn_request_changes_nothing(attendance: Any, alice: Any) -> None:
    house, campus = attendance.house, attendance.campus
    change = Change((mark("18:02", Direction.OUT),))
    one = hours_records.ask_correction(house, campus.tenant, alice, TWELFTH, change, "I forgot my card")
    other = hours_records.ask_correction(house, campus.tenant, alice, TWELFTH, change, "I forgot my card")
    hours_records.settle_correction(house, campus.signed, one, approved=False, answer="You left at four")
    hours_records.withdraw_correction(house, campus.tenant, alice, other)
    assert attendance.day_of(alice, "10-12").presence[0].assumed_out
    assert hours_records.waiting(house, campus.signed) == []
    with pytest.raises(AlreadySettled):
        hours_records.withdraw_correction(house, campus.tenant, alice, one)


def test_overtime_is_approved_up_to_what_was_worked(attendance: Any, alice: Any, clock: Any) -> None:
    house, signed = attendance.house, attendance.campus.signed
    attendance.left(alice, "10-12 20:10")
    attendance.derive()
    assert attendance.day_of(alice, "10-12").overtime(DayClass.WORKDAY, approved=True) == 0
    for minutes, counted in ((60, 60), (300, 120), (0, 0)):
        hours_records.approve_overtime(house, signed, alice, TWELFTH, minutes, "The release of that week")
        clock.move(timedelta(minutes=1))  # of two approvals the newer stands
        assert attendance.day_of(alice, "10-12").overtime(DayClass.WORKDAY, approved=True) == counted


def test_a_punch_by_hand(attendance: Any, alice: Any) -> None:
    at = datetime(2026, 10, 12, 18, 5, tzinfo=SHANGHAI)
    hours_records.punch(
        attendance.house, attendance.campus.signed, alice, at, Direction.OUT, "The reader at the door was broken"
    )
    day = attendance.day_of(alice, "10-12")
    assert (day.issues, day.presence[0].left.partition(":")[0]) == ((), "punch")
    lines = hours_records.records_of(attendance.house, attendance.campus.signed, [alice], TWELFTH, TWELFTH)
    assert [line.record.kind for line in lines] == [RecordKind.PUNCH]


def test_what_cannot_be_is_refused_and_nothing_is_written(attendance: Any, alice: Any) -> None:
    house, campus = attendance.house, attendance.campus
    out, back = mark("09:00", Direction.OUT), mark("18:00", Direction.IN)

    def correct(change: Change, why: str = "A good reason") -> None:
        hours_records.correct(house, campus.signed, alice, TWELFTH, change, why)

    with pytest.raises(NegativeHours):
        correct(Change((out, back)))
    with pytest.raises(WhyNeeded):
        correct(Change((mark("18:00", Direction.OUT),)), " ")
    with pytest.raises(BadRecord):
        correct(Change())
    with pytest.raises(BadRecord):
        correct(Change((AddedMark(datetime(2026, 10, 20, tzinfo=SHANGHAI), Direction.OUT),)))
    with pytest.raises(BadRecord):
        correct(Change((AddedMark(datetime(2026, 10, 12, 18), Direction.OUT),)))  # noqa: DTZ001 - that is the point
    with pytest.raises(NegativeHours):
        hours_records.approve_overtime(house, campus.signed, alice, TWELFTH, -30, "A good reason")
    with pytest.raises(Forbidden):
        hours_records.approve_overtime(house, campus.only(Role.SECURITY), alice, TWELFTH, 30, "A good reason")
    assert hours_records.records_of(house, campus.signed, [alice], TWELFTH, TWELFTH) == []


def test_umbra_settles_nothing_of_acme(attendance: Any, alice: Any, umbra_campus: Any) -> None:
    change = Change((mark("18:02", Direction.OUT),))
    asked = hours_records.ask_correction(attendance.house, attendance.campus.tenant, alice, TWELFTH, change, "I forgot my card")
    with pytest.raises(NotFound):
        hours_records.settle_correction(attendance.house, umbra_campus.signed, asked, approved=True, answer="Why not")
    with pytest.raises(NotFound):
        hours_records.ask_correction(attendance.house, umbra_campus.tenant, alice, TWELFTH, change, "I forgot my card")
