"""Leave: its kinds as data, what a year gives, what is left.

Balances are minutes, so that days, halves and hours add up; a whole day is `day_minutes` of the rules, however long the shift
that falls out. The surprising thing: entitlement of a part year is counted by the day and rounded down to whole days once, at
the end, as the Chinese order on annual leave says (State Council order no. 514 and its rules of application, art. 5 and 12).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from sealgate.domain.attendance_errors import BadLeave, NegativeHours
from sealgate.domain.attendance_facts import LeavePart
from sealgate.domain.attendance_shifts import ClockSpan, clock_minute, span_text
from sealgate.domain.ids import LeaveId, LeaveKindId, PersonId

LONGEST_LEAVE = 400
"""Days of one request."""

_KIND = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


class LeaveUnit(StrEnum):
    """The smallest part in which it is taken."""

    DAY = "day"
    HALF_DAY = "half-day"
    HOUR = "hour"


class LeaveState(StrEnum):
    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Step:
    """Who has worked so many whole years, for whomever, has so many days a year."""

    years: int
    days: int


@dataclass(frozen=True, slots=True)
class LeaveKind:
    """`paid` is the per cent of the wage that is paid on. `steps` empty: it is not counted, and needs no balance.

    The right begins `after_months` of work. `by_month`: a twelfth each month that is over; otherwise the year's is there from
    its first day. What is left may be used until `carry_months` into the next year; 0 loses it. `in_use`: may be asked for.
    """

    kind: LeaveKindId
    name: str
    name_zh: str = ""
    paid: int = 100
    unit: LeaveUnit = LeaveUnit.HALF_DAY
    steps: tuple[Step, ...] = ()
    after_months: int = 0
    by_month: bool = False
    carry_months: int = 0
    needs_balance: bool = False
    in_use: bool = True


@dataclass(frozen=True, slots=True)
class Service:
    """How long somebody has been here, and has worked at all."""

    joined: date
    working_since: date
    left: date | None = None


@dataclass(frozen=True, slots=True)
class Leave:
    """A request and what became of it; from `first` to `last`, both included. `why` and `answer` are words of people."""

    leave: LeaveId
    person: PersonId
    kind: LeaveKindId
    first: date
    last: date
    state: LeaveState
    part: LeavePart = LeavePart.WHOLE
    span: ClockSpan | None = None
    why: str = ""
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Grant:
    """Minutes given or taken by hand in a year: a carry-over from another system, time in lieu."""

    kind: LeaveKindId
    day: date
    minutes: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class Balance:
    """Minutes of one kind as they stand on a day. `left` is what may still be asked for."""

    kind: LeaveKindId
    entitled: int
    carried: int
    granted: int
    taken: int
    asked: int

    @property
    def left(self) -> int:
        return self.entitled + self.carried + self.granted - self.taken - self.asked


CHINA_ANNUAL = (Step(1, 5), Step(10, 10), Step(20, 15))
"""State Council order no. 514, art. 3: 1 to under 10 years of work 5 days, to under 20 years 10 days, then 15 days."""

KINDS: tuple[LeaveKind, ...] = (
    LeaveKind(
        LeaveKindId("annual"),
        "Annual leave",
        "年休假",
        steps=CHINA_ANNUAL,
        after_months=12,
        carry_months=12,
        needs_balance=True,
    ),
    LeaveKind(LeaveKindId("sick"), "Sick leave", "病假", paid=80, unit=LeaveUnit.HOUR),
    LeaveKind(LeaveKindId("personal"), "Personal leave", "事假", paid=0, unit=LeaveUnit.HOUR),
    LeaveKind(LeaveKindId("in-lieu"), "Time in lieu", "调休", unit=LeaveUnit.HOUR, carry_months=12, needs_balance=True),
    LeaveKind(LeaveKindId("marriage"), "Marriage leave", "婚假", unit=LeaveUnit.DAY),
    LeaveKind(LeaveKindId("maternity"), "Maternity leave", "产假", unit=LeaveUnit.DAY),
    LeaveKind(LeaveKindId("partner"), "Partner leave", "陪产假", unit=LeaveUnit.DAY),
    LeaveKind(LeaveKindId("child-care"), "Child-care leave", "育儿假", unit=LeaveUnit.DAY),
    LeaveKind(LeaveKindId("bereavement"), "Bereavement leave", "丧假", unit=LeaveUnit.DAY),
    LeaveKind(LeaveKindId("work-injury"), "Work-injury leave", "工伤假", unit=LeaveUnit.DAY),
    LeaveKind(LeaveKindId("business"), "Business trip", "公出", unit=LeaveUnit.HOUR),
)
"""What a new organisation begins with; each may be changed. Shares paid are common practice, to be set by contract."""


def entitled_days(kind: LeaveKind, service: Service, year: int, until: date | None = None) -> int:
    """Whole days of that year, counted from its first day to `until` (the year's last unless given).

    >>> service = Service(joined=date(2026, 7, 1), working_since=date(2020, 1, 1))
    >>> entitled_days(KINDS[0], service, 2026)
    2
    """
    first = max(date(year, 1, 1), service.joined, months_after(service.working_since, kind.after_months))
    last = min(date(year, 12, 31), service.left or date.max)
    if kind.by_month and until is not None:
        last = min(last, until.replace(day=1) - timedelta(days=1))
    parts = 0
    changes = sorted({first, *(months_after(service.working_since, 12 * step.years) for step in kind.steps)})
    for begin, end in zip(changes, [*changes[1:], date.max], strict=True):
        low, high = max(begin, first), min(end - timedelta(days=1), last)
        if low <= high:
            parts += ((high - low).days + 1) * _yearly(kind, service, low)
    return parts // 365


def _yearly(kind: LeaveKind, service: Service, day: date) -> int:
    reached = [step for step in kind.steps if months_after(service.working_since, 12 * step.years) <= day]
    return max(reached, key=lambda step: step.years).days if reached else 0


def months_after(day: date, months: int) -> date:
    """The same day so many months later; the month's last where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > 9990:
        return date.max
    for number in range(day.day, 27, -1):
        try:
            return date(year, month + 1, number)
        except ValueError:
            continue
    return date(year, month + 1, day.day)


def balance(
    kind: LeaveKind,
    service: Service | None,
    grants: Iterable[Grant],
    used: Sequence[tuple[date, int, LeaveState]],
    on: date,
    day_minutes: int,
) -> Balance:
    """As it stands on that day, for the year it lies in. `used` are single days of leave with their minutes and state."""
    own = [grant for grant in grants if grant.kind == kind.kind]
    year = on.year
    carried = _carried(kind, service, own, used, on, day_minutes)
    return Balance(
        kind=kind.kind,
        entitled=0 if service is None else entitled_days(kind, service, year, on) * day_minutes,
        carried=carried,
        granted=sum(grant.minutes for grant in own if grant.day.year == year),
        taken=_sum(used, year, LeaveState.APPROVED),
        asked=_sum(used, year, LeaveState.ASKED),
    )


def _carried(
    kind: LeaveKind,
    service: Service | None,
    grants: list[Grant],
    used: Sequence[tuple[date, int, LeaveState]],
    on: date,
    a_day: int,
) -> int:
    """What was left of the year before and may still be used, or was used in time."""
    if not kind.carry_months:
        return 0
    before = on.year - 1
    given = 0 if service is None else entitled_days(kind, service, before) * a_day
    given += sum(grant.minutes for grant in grants if grant.day.year == before)
    left = max(0, given - _sum(used, before, LeaveState.APPROVED))
    deadline = months_after(date(on.year, 1, 1), kind.carry_months)
    if on < deadline:
        return left
    in_time = sum(
        minutes for day, minutes, state in used if state is LeaveState.APPROVED and day.year == on.year and day < deadline
    )
    return min(left, in_time)


def _sum(used: Sequence[tuple[date, int, LeaveState]], year: int, state: LeaveState) -> int:
    return sum(minutes for day, minutes, found in used if found is state and day.year == year)


def checked_request(
    kind: LeaveKind, first: date, last: date, part: LeavePart, span: ClockSpan | None
) -> tuple[date, date, LeavePart, ClockSpan | None]:
    """Raises `NegativeHours`, `BadLeave`."""
    if last < first:
        raise NegativeHours("leave ends before it begins", field="last")
    if (last - first).days >= LONGEST_LEAVE:
        raise BadLeave(f"at most {LONGEST_LEAVE} days at once", field="last")
    if not kind.in_use:
        raise BadLeave("this kind of leave is not given any more", field="kind")
    if part is not LeavePart.WHOLE and first != last:
        raise BadLeave("a part of a day is asked for one day", field="last")
    if (part is LeavePart.HOURS) != (span is not None):
        raise BadLeave("hours have a beginning and an end", field="span")
    if span is not None and not 0 < span.minutes <= 1440:
        raise NegativeHours("leave ends before it begins", field="span")
    allowed = {LeaveUnit.DAY: 1, LeaveUnit.HALF_DAY: 3, LeaveUnit.HOUR: 4}[kind.unit]
    if part not in tuple(LeavePart)[:allowed]:
        raise BadLeave(f"this leave is taken by the {kind.unit}", field="part")
    return first, last, part, span


def leave_minutes(part: LeavePart, span: ClockSpan | None, day_minutes: int) -> int:
    """What one day of it takes from the balance."""
    if part is LeavePart.HOURS and span is not None:
        return min(span.minutes, day_minutes)
    return day_minutes if part is LeavePart.WHOLE else day_minutes // 2


def read_kind(kind: str, document: Mapping[str, Any]) -> LeaveKind:
    """Read what `kind_document` writes. Raises `BadLeave`, `NegativeHours`."""
    if not _KIND.fullmatch(kind):
        raise BadLeave("a kind is named in small letters, figures and dashes", field="kind")
    try:
        steps = tuple(sorted((Step(int(y), int(d)) for y, d in document.get("steps", [])), key=lambda step: step.years))
        made = LeaveKind(
            LeaveKindId(kind),
            name=str(document["name"])[:80],
            name_zh=str(document.get("name_zh", ""))[:80],
            paid=int(document.get("paid", 100)),
            unit=LeaveUnit(document.get("unit", "half-day")),
            steps=steps,
            after_months=int(document.get("after_months", 0)),
            by_month=document.get("by_month") is True,
            carry_months=int(document.get("carry_months", 0)),
            needs_balance=document.get("needs_balance") is True,
            in_use=document.get("in_use", True) is True,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BadLeave("this kind of leave cannot be read", field="kind") from error
    numbers = (made.paid, made.after_months, made.carry_months, *(n for step in steps for n in (step.years, step.days)))
    if min(numbers) < 0:
        raise NegativeHours("figures are not below zero", field="kind")
    if made.paid > 100 or made.carry_months > 24 or made.after_months > 120 or any(s.days > 366 or s.years > 80 for s in steps):
        raise BadLeave("a figure of this kind of leave is too large", field="kind")
    return made


def kind_document(kind: LeaveKind) -> dict[str, Any]:
    return {
        "name": kind.name,
        "name_zh": kind.name_zh,
        "paid": kind.paid,
        "unit": kind.unit.value,
        "steps": [[step.years, step.days] for step in kind.steps],
        "after_months": kind.after_months,
        "by_month": kind.by_month,
        "carry_months": kind.carry_months,
        "needs_balance": kind.needs_balance,
        "in_use": kind.in_use,
    }


def read_span(text: str) -> ClockSpan:
    """`13:00-15:30`. Raises `BadShift`, `NegativeHours`."""
    start, _, end = text.partition("-")
    span = ClockSpan(clock_minute(start, "span"), clock_minute(end, "span"))
    if span.minutes <= 0:
        raise NegativeHours("leave ends before it begins", field="span")
    return span


def span_document(span: ClockSpan | None) -> str | None:
    return None if span is None else span_text(span)


@dataclass(frozen=True, slots=True)
class LeaveBook:
    """One person's leave as it stands: requests, newest first, and balances by kind."""

    leaves: tuple[Leave, ...] = ()
    balances: Mapping[LeaveKindId, Balance] = field(default_factory=dict)
