"""Reading by a program: passages, figures of garages, working hours; page by page, without pictures.

What is said of people is said in ids. A name is beside them for a caller who may see people, and the people read that.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query
from pydantic import BaseModel

from sealgate.api.calling import caller, caller_at
from sealgate.domain.attendance import Figure, WorkDay
from sealgate.domain.ids import LotId, PassageId, PersonId, SiteId
from sealgate.domain.money import Money
from sealgate.domain.operators import Scope
from sealgate.flows import reading_out, reporting
from sealgate.flows.kit import House
from sealgate.flows.reading_out import ReadHours, ReadPassage
from sealgate.flows.reporting import Asking, DaySum

Bearer = Annotated[str, Header(max_length=200)]
Limit = Annotated[int, Query(ge=1, le=500, description="Lines of one page")]
First = Annotated[date, Query(alias="from", description="First local day")]
Last = Annotated[date, Query(alias="to", description="Last local day, included")]


class Passage(BaseModel):
    """`id` is text: it has more digits than some programs keep of a number. `person` and `name` are null for a stranger, for
    somebody erased, and for a caller who may not see people."""

    id: str
    at: datetime
    gate: UUID
    gate_name: str
    means: str | None
    opens: bool
    reason: str
    person: UUID | None
    name: str | None


class Passages(BaseModel):
    """The newest first. `next` is the `before` of the next page, null on the last one."""

    items: list[Passage]
    next: str | None


class Takings(BaseModel):
    """One day and currency; sums are text with their decimals."""

    day: date
    currency: str
    came: str
    back: str
    payments: int


class Revenue(BaseModel):
    items: list[Takings]


class Taken(BaseModel):
    """Cars that stood there on that day: at most, and on average over its hours."""

    day: date
    peak: int
    mean: float


class Occupied(BaseModel):
    items: list[Taken]
    spaces: int | None


class Day(BaseModel):
    """Minutes by figure; figures without any are left out."""

    day: date
    verdict: str
    zone: str
    minutes: dict[str, int]
    issues: list[str]


class Worker(BaseModel):
    person: UUID
    name: str | None
    days: list[Day]


class Hours(BaseModel):
    """In the order people were enrolled. `next` is the `after` of the next page, null on the last one."""

    items: list[Worker]
    next: UUID | None


def routes(house: House) -> APIRouter:
    router = APIRouter(tags=["reading"])

    @router.get("/api/v1/passages", response_model=Passages, summary="Passages of a site, the newest first")
    def passages(
        site: UUID,
        before: Annotated[int | None, Query(ge=0, lt=2**63, description="Id of a passage: those before it")] = None,
        limit: Limit = 100,
        authorization: Bearer = "",
    ) -> Passages:
        signed = caller_at(house, authorization, Scope.PASSAGES, SiteId(site))
        start = None if before is None else PassageId(before)
        found, following = reading_out.passages_before(house, signed, SiteId(site), start, limit)
        return Passages(items=[_passage(one) for one in found], next=None if following is None else str(following))

    @router.get("/api/v1/reports/revenue", response_model=Revenue, summary="Money of garages, day by day")
    def revenue(site: UUID, first: First, last: Last, lot: UUID | None = None, authorization: Bearer = "") -> Revenue:
        signed = caller_at(house, authorization, Scope.REPORTS, SiteId(site))
        asking = Asking(SiteId(site), first, last, LotId(lot) if lot else None)
        return Revenue(items=[_takings(one) for one in reporting.revenue(house, signed, asking)])

    @router.get("/api/v1/reports/occupancy", response_model=Occupied, summary="How full garages were, day by day")
    def occupancy(site: UUID, first: First, last: Last, lot: UUID | None = None, authorization: Bearer = "") -> Occupied:
        signed = caller_at(house, authorization, Scope.REPORTS, SiteId(site))
        found = reporting.occupancy(house, signed, Asking(SiteId(site), first, last, LotId(lot) if lot else None))
        return Occupied(items=[Taken(day=one.day, peak=one.peak, mean=one.mean) for one in found.days], spaces=found.spaces)

    @router.get("/api/v1/hours", response_model=Hours, summary="Derived working hours, person by person")
    def hours(first: First, last: Last, after: UUID | None = None, limit: Limit = 100, authorization: Bearer = "") -> Hours:
        signed = caller(house, authorization, Scope.HOURS)
        start = None if after is None else PersonId(after)
        found, following = reading_out.hours_after(house, signed, first, last, start, limit)
        return Hours(items=[_worker(one) for one in found], next=following)

    return router


def _passage(one: ReadPassage) -> Passage:
    row = one.view.row
    return Passage(
        id=str(row.passage),
        at=row.at,
        gate=row.gate,
        gate_name=one.gate,
        means=None if row.means is None else row.means.value,
        opens=row.opens,
        reason=row.reason.value,
        person=one.person,
        name=one.name,
    )


def _takings(one: DaySum) -> Takings:
    came, back = (Money(minor, one.sum.currency).text for minor in (one.sum.came, one.sum.back))
    return Takings(day=one.day, currency=one.sum.currency, came=came, back=back, payments=one.sum.payments)


def _worker(one: ReadHours) -> Worker:
    return Worker(person=one.person, name=one.name, days=[_day(day) for day in one.days])


def _day(day: WorkDay) -> Day:
    minutes = {figure.value: count for figure in Figure if (count := day.minutes(figure))}
    issues = [issue.value for issue in day.issues]
    return Day(day=day.day, verdict=day.verdict.value, zone=day.zone, minutes=minutes, issues=issues)
