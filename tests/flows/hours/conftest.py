"""A month at Acme: shifts, a roster, and people who come and go when a test says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sealgate.domain.access import Reason
from sealgate.domain.attendance import WorkDay
from sealgate.domain.calendar import day_number
from sealgate.domain.ids import GateId, PassageId, PersonId, ShiftId, SiteId
from sealgate.domain.sightings import Means
from sealgate.flows import hours, hours_rosters
from sealgate.flows.kit import House
from sealgate.privacy import journal
from sealgate.store import passages
from sealgate.store.engine import Actor

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY_SHIFT = {"spans": ["09:00-18:00"], "breaks": [{"span": "12:00-13:00"}]}
NIGHT_SHIFT = {"spans": ["22:00-06:00"]}
OCTOBER = "2026-10"
AFTERWARDS = datetime(2026, 11, 20, tzinfo=UTC)


@dataclass
class Attendance:
    """Short ways to say what the tests say often. `day` and `night` are shifts."""

    campus: Any
    day: ShiftId
    night: ShiftId

    @property
    def house(self) -> House:
        house: House = self.campus.house
        return house

    def passed(
        self,
        person: PersonId,
        gate: GateId,
        text: str,
        *,
        site: SiteId | None = None,
        zone: ZoneInfo = SHANGHAI,
        opens: bool = True,
    ) -> PassageId:
        """A passage as a gate would have written it, whenever it is delivered: `10-12 09:00` local time of 2026."""
        at = datetime.fromisoformat(f"2026-{text}").replace(tzinfo=zone)
        here = site or self.campus.site
        house, tenant = self.house, self.campus.tenant
        row = passages.PassageRow(
            passage=PassageId(house.counter.next(house.clock.now())),
            site=here,
            gate=gate,
            day=day_number(at.date()),
            at=at.astimezone(UTC),
            means=Means.CARD,
            opens=opens,
            reason=Reason.ALLOWED if opens else Reason.NOT_HERE,
            token=house.index.day_token(tenant, here, at.date(), "person", str(person)),
        )
        with house.store.begin(tenant, Actor("gate", str(gate))) as tx:
            passages.append(tx, [row])
            journal.write(tx, house.keyring, house.clock.now(), "passages.recorded", object=journal.written([row]))
        return row.passage

    def came(self, person: PersonId, text: str) -> PassageId:
        return self.passed(person, self.campus.door, text)

    def left(self, person: PersonId, text: str) -> PassageId:
        return self.passed(person, self.campus.exit, text)

    def roster(self, person: PersonId, shift: ShiftId, *, all_days: bool = False, since: str = "2026-09-01") -> None:
        cycle = ((shift,),) * (7 if all_days else 5) + ((),) * (0 if all_days else 2)
        new = hours_rosters.NewPattern(
            self.campus.site, date.fromisoformat(since), cycle, person=person, follows_calendar=not all_days
        )
        hours_rosters.add_pattern(self.house, self.campus.signed, new)

    def derive(self, people: Sequence[PersonId] | None = None, month: str = OCTOBER) -> hours.Derived:
        return hours.derive(self.house, self.campus.signed, month, people)

    def day_of(self, person: PersonId, day: str) -> WorkDay:
        """As it is kept: derive first."""
        on = date.fromisoformat(f"2026-{day}")
        return hours.work_days(self.house, self.campus.signed, [person], on, on)[person][0]


@pytest.fixture
def attendance(house: House, acme_campus: Any, clock: Any) -> Attendance:
    clock.at = AFTERWARDS
    since = date(2026, 1, 1)
    signed = acme_campus.signed
    day = hours_rosters.add_shift(house, signed, "Day", since, DAY_SHIFT)
    night = hours_rosters.add_shift(house, signed, "Night", since, NIGHT_SHIFT)
    return Attendance(acme_campus, day, night)


@pytest.fixture
def kept(house: House) -> Callable[[Any], list[bytes]]:
    """The sealed bytes of October's months as they lie in the database."""

    def read(campus: Any) -> list[bytes]:
        from sealgate.store.hours import months

        first = date(2026, 10, 1)
        with house.store.read(campus.tenant) as db:
            rows = months.months(db, months.people_with(db, first), first, first)
        return [bytes(row.days) for row in rows]

    return read
