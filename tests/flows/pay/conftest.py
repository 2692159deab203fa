"""October at Acme: a day shift from Monday to Friday, Alice and Bob who work it, and two people of payroll."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sealgate.domain.attendance import Direction
from sealgate.domain.ids import PayRunId, PersonId, ShiftId
from sealgate.domain.operators import Role
from sealgate.flows import hours_records, hours_rosters, pay_terms, payday
from sealgate.flows.kit import House, Signed

SHANGHAI = ZoneInfo("Asia/Shanghai")
OCTOBER = "2026-10"
TERMS = {
    "since": "2026-01-01",
    "employed_since": "2026-01-01",
    "basis": "monthly",
    "rate": "9800.00",
    "account": "6222 0000 7719",
}


@dataclass
class Wages:
    """Short ways to say what the tests say often."""

    campus: Any
    shift: ShiftId
    erin: Signed
    frank: Signed

    @property
    def house(self) -> House:
        house: House = self.campus.house
        return house

    def hired(self, name: str, **terms: object) -> PersonId:
        person: PersonId = self.campus.person(name)
        pay_terms.set_terms(self.house, self.erin, person, {**TERMS, **terms})
        new = hours_rosters.NewPattern(
            self.campus.site, date(2026, 1, 1), ((self.shift,),) * 5 + ((),) * 2, person=person, follows_calendar=True
        )
        hours_rosters.add_pattern(self.house, self.campus.signed, new)
        return person

    def worked(self, person: PersonId, first: int, last: int, span: str = "09:00-18:00") -> None:
        """Punched in and out on the working days from `first` to `last`: the 1st to 7th are free, Saturday the 10th is not."""
        signed = self.campus.signed
        for number in range(first, last + 1):
            day = date(2026, 10, number)
            if number == 10 or (day.weekday() < 5 and number >= 8):
                for text, way in zip(span.split("-"), Direction, strict=True):
                    at = datetime.fromisoformat(f"{day}T{text}").replace(tzinfo=SHANGHAI).astimezone(UTC)
                    hours_records.punch(self.house, signed, person, at, way, "The gate was dead")

    def draft(self, month: str = OCTOBER) -> PayRunId:
        return payday.draft(self.house, self.erin, month)

    def closed(self, month: str = OCTOBER) -> PayRunId:
        run = self.draft(month)
        self.close(run)
        return run

    def close(self, run: PayRunId) -> None:
        revision = payday.record(self.house, self.erin, run)[0].row.revision
        payday.check(self.house, self.erin, run, revision)
        payday.approve(self.house, self.frank, run, revision)
        payday.close(self.house, self.erin, run)


@pytest.fixture
def wages(house: House, acme_campus: Any, clock: Any) -> Wages:
    clock.at = datetime(2026, 11, 3, 1, tzinfo=UTC)
    shift = hours_rosters.add_shift(
        house, acme_campus.signed, "Day", date(2026, 1, 1), {"spans": ["09:00-18:00"], "breaks": [{"span": "12:00-13:00"}]}
    )
    erin, frank = acme_campus.only(Role.PAYROLL), acme_campus.only(Role.PAYROLL)
    return Wages(acme_campus, shift, erin, frank)
