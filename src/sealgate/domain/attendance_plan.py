"""From roster and shift to minutes on the line of time: what somebody is to work on one local day.

Everything that many people share is worked out once here and kept: a month of ten thousand people has a few hundred plans.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from sealgate.domain.attendance import DayClass, Issue, Source, source
from sealgate.domain.attendance_calendar import Calendar
from sealgate.domain.attendance_errors import BadRoster, NoSuchCalendar, NoSuchRules, ShiftMissing
from sealgate.domain.attendance_rosters import DayShifts, Pattern, Rostered
from sealgate.domain.attendance_rules import STANDARD, Rules, RuleSet
from sealgate.domain.attendance_shifts import Shift, ShiftKind, in_force
from sealgate.domain.attendance_spans import Pair, joined, length, without
from sealgate.domain.ids import ShiftId, SiteId

DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Book:
    """What is the same for everybody: shifts by id with their versions, rule sets and calendars by name, sites' time zones.

    `home` is the zone of whoever is on no roster; `removed` says from which day a shift is no more.
    """

    shifts: Mapping[ShiftId, tuple[Shift, ...]]
    rules: Mapping[str, RuleSet]
    calendars: Mapping[str, Calendar]
    zones: Mapping[SiteId, ZoneInfo]
    home: ZoneInfo
    removed: Mapping[ShiftId, date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """One local day of one roster. All pairs are minutes since 1970.

    `segments` are the hours, `work` the same without unpaid breaks, `pure` without paid ones too. `low` and `high` bound the
    presence that counts for this day. `begin == end` where nothing is to be worked. `flexible` has a `target` to be worked
    within the one segment (its band), and a `core`. `holidays` are the statutory days near it, midnight to midnight.
    """

    day: date
    day_class: DayClass
    zone: ZoneInfo
    rules: Rules
    rules_source: Source
    sources: tuple[Source, ...]
    midnight: int
    next_midnight: int
    shifts: DayShifts = ()
    segments: tuple[Pair, ...] = ()
    unpaid: tuple[Pair, ...] = ()
    paid: tuple[Pair, ...] = ()
    work: tuple[Pair, ...] = ()
    pure: tuple[Pair, ...] = ()
    planned: int = 0
    begin: int = 0
    end: int = 0
    low: int = 0
    high: int = 0
    flexible: bool = False
    core: tuple[Pair, ...] = ()
    holidays: tuple[Pair, ...] = ()
    issues: tuple[Issue, ...] = ()

    @property
    def works(self) -> bool:
        return self.end > self.begin


@dataclass(slots=True)
class Plans:
    """Plans by roster and day, each made once. One thread owns it."""

    book: Book
    _kept: dict[tuple[object, ...], Plan] = field(default_factory=dict)
    _midnights: dict[tuple[str, date], int] = field(default_factory=dict)

    def of(self, rostered: Rostered, day: date) -> Plan:
        """Raises `ShiftMissing`, `BadRoster`, `RulesGap`, `NoSuchRules`, `NoSuchCalendar`."""
        pattern = rostered.pattern
        key = (day, rostered.shifts, rostered.site, None if pattern is None else pattern.roster, rostered.single)
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = self._made(rostered, day)
        return found

    def calendar(self, pattern: Pattern | None, day: date) -> Calendar:
        """The calendar by which that roster's day is judged."""
        name = self.rules(pattern, day).calendar
        if name not in self.book.calendars:
            raise NoSuchCalendar(f"there is no calendar {name!r}", field="calendar")
        return self.book.calendars[name]

    def rules(self, pattern: Pattern | None, day: date) -> Rules:
        name = STANDARD if pattern is None else pattern.rules
        if name not in self.book.rules:
            raise NoSuchRules(f"there is no rule set {name!r}", field="rules")
        return self.book.rules[name].on(day)

    def midnight(self, day: date, zone: ZoneInfo) -> int:
        found = self._midnights.get((zone.key, day))
        if found is None:
            found = self._midnights[zone.key, day] = at_clock(day, 0, zone)
        return found

    def _made(self, rostered: Rostered, day: date) -> Plan:
        rules = self.rules(rostered.pattern, day)
        calendar = self.calendar(rostered.pattern, day)
        zone = self.book.home if rostered.site is None else self.book.zones.get(rostered.site, self.book.home)
        day_class = calendar.class_of(day)
        if day_class is not DayClass.HOLIDAY and (rostered.pattern is not None or rostered.single):
            day_class = DayClass.WORKDAY if rostered.shifts else DayClass.RESTDAY
        shifts = [self._shift(shift, day) for shift in rostered.shifts]
        blank = Plan(
            day=day,
            day_class=day_class,
            zone=zone,
            rules=rules,
            rules_source=source("rules", rules.reference),
            sources=_sources(rostered, shifts, day, calendar),
            midnight=self.midnight(day, zone),
            next_midnight=self.midnight(day + DAY, zone),
            holidays=self._holidays(calendar, day, zone),
        )
        return blank if not shifts else _laid(blank, shifts)

    def _shift(self, shift: ShiftId, day: date) -> Shift:
        version = in_force(self.book.shifts.get(shift, ()), day)
        if version is None or day >= self.book.removed.get(shift, date.max):
            raise ShiftMissing(f"a roster names a shift that is not there on {day}", field="shifts")
        return version

    def _holidays(self, calendar: Calendar, day: date, zone: ZoneInfo) -> tuple[Pair, ...]:
        near = (day - DAY, day, day + DAY)
        return joined(
            (self.midnight(d, zone), self.midnight(d + DAY, zone)) for d in near if calendar.class_of(d) is DayClass.HOLIDAY
        )


def at_clock(day: date, minute: int, zone: ZoneInfo) -> int:
    """The minute since 1970 at which the wall clock of `zone` shows `minute` after the midnight of `day`.

    A time that the clock jumps over is taken as if it had not jumped; of one that comes twice, the first.
    """
    wall = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)  # noqa: DTZ001 - a wall clock, made aware below
    return int((wall.replace(tzinfo=zone) - _EPOCH).total_seconds()) // 60


def cut_before(plan: Plan, minute: int) -> Plan:
    """The plan without what lies before `minute`, because an earlier shift lasts until then."""
    taken = ((plan.begin, minute),)
    work = without(plan.work, taken)
    segments = without(plan.segments, taken)
    end = plan.end if segments else plan.begin
    return replace(
        plan,
        segments=segments,
        work=work,
        pure=without(plan.pure, taken),
        paid=without(plan.paid, taken),
        core=without(plan.core, taken),
        planned=min(plan.planned, length(work)),
        begin=segments[0][0] if segments else plan.begin,
        end=end,
        low=max(plan.low, minute),
        issues=(*plan.issues, Issue.OVERLAPPING_SHIFTS),
    )


def _laid(blank: Plan, shifts: list[Shift]) -> Plan:
    """Shifts that overlap are one stretch: nobody works twice in one minute."""
    zone, day, rules = blank.zone, blank.day, blank.rules
    if len({shift.kind for shift in shifts}) > 1:
        raise BadRoster(f"a flexible shift and a fixed one share {day}", field="shifts")
    hours = [(span.start, span.end) for shift in shifts for span in ((shift.band,) if shift.band else shift.spans)]
    raw = [(at_clock(day, start, zone), at_clock(day, end, zone)) for start, end in hours]
    segments = joined(raw)
    unpaid = _breaks(blank, shifts, paid=False)
    paid = without(_breaks(blank, shifts, paid=True), unpaid)
    work = without(segments, unpaid)
    flexible = all(shift.kind is ShiftKind.FLEXIBLE for shift in shifts)
    core = joined((at_clock(day, s.start, zone), at_clock(day, s.end, zone)) for shift in shifts for s in shift.spans)
    target = min(sum(shift.target for shift in shifts), length(work))
    begin, end = segments[0][0], segments[-1][1]
    elapsed = end - begin
    by_clock = max(stop for _, stop in hours) - min(start for start, _ in hours)
    issues = [Issue.OVERLAPPING_SHIFTS] if _overlap(raw) else []
    issues += [Issue.CLOCKS_CHANGED] if elapsed != by_clock else []
    return replace(
        blank,
        shifts=tuple(shift.shift for shift in shifts),
        segments=segments,
        unpaid=unpaid,
        paid=paid,
        work=work,
        pure=without(work, paid),
        planned=target if flexible else length(work),
        begin=begin,
        end=end,
        low=begin - rules.window_before,
        high=end + rules.window_after,
        flexible=flexible,
        core=core if flexible else (),
        issues=tuple(issues),
    )


def _breaks(blank: Plan, shifts: list[Shift], *, paid: bool) -> tuple[Pair, ...]:
    """A break of one shift is none where another shift of the day goes on."""
    made: list[Pair] = []
    for number, shift in enumerate(shifts):
        own = [(s.span.start, s.span.end) for s in shift.breaks if s.paid is paid]
        others = [
            (span.start, span.end)
            for other, second in enumerate(shifts)
            if other != number
            for span in ((second.band,) if second.band else second.spans)
        ]
        made += without(joined(own), joined(others))
    return joined((at_clock(blank.day, start, blank.zone), at_clock(blank.day, end, blank.zone)) for start, end in made)


def _overlap(pairs: list[Pair]) -> bool:
    ordered = sorted(pairs)
    return any(later[0] < earlier[1] for earlier, later in pairwise(ordered))


def _sources(rostered: Rostered, shifts: list[Shift], day: date, calendar: Calendar) -> tuple[Source, ...]:
    told = [source("shift", f"{shift.shift}@{shift.since}") for shift in shifts]
    if rostered.single:
        told.append(source("roster-day", day))
    elif rostered.pattern is not None:
        told.append(source("roster", rostered.reference))
    if day in calendar.days:
        told.append(source("calendar", f"{calendar.name}@{day}"))
    return tuple(told)
