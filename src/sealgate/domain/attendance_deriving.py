"""From facts to work days: pure, and the same bytes for the same facts, whoever asks and in whatever order they came.

A day is judged by its plan and the presence within the plan's reach; what lies in no plan's reach is unplanned work of
the local day it began on. Leave is taken out of the plan first. See docs/attendance.md for the rules in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sealgate.domain.attendance import (
    DayClass,
    Figure,
    Issue,
    Line,
    Minute,
    Source,
    Stretch,
    Verdict,
    WorkDay,
    each_day,
)
from sealgate.domain.attendance_facts import Approval, ApprovedLeave, LeavePart, PersonFacts
from sealgate.domain.attendance_plan import Book, Plan, Plans, cut_before
from sealgate.domain.attendance_presence import presence_of, reaches
from sealgate.domain.attendance_rosters import Rostered, pattern_on, rostered
from sealgate.domain.attendance_rules import System
from sealgate.domain.attendance_spans import Pair, Pairs, common, first_of, joined, length, shared, within, without
from sealgate.domain.ids import LeaveKindId

DAY = timedelta(days=1)
AROUND = 2
"""So many days before and after must be known (marks and rosters) for a day to be derived."""

NOTHING = Rostered((), None, None)


MOST_FRAMES = 2_000


@dataclass(frozen=True, slots=True)
class _Frame:
    """The plans of the days around, those that work in order with how far each reaches, and their numbers by day."""

    plans: dict[date, Plan]
    working: list[Plan]
    bounds: list[Pair]
    numbers: dict[date, int]


class Deriver:
    """Derives for many people by one book. `now` is minutes since 1970: what lies ahead is not judged. One thread owns it.

    `plans` is what it works by.
    """

    def __init__(self, book: Book, now: int) -> None:
        self.plans = Plans(book)
        self._frames: dict[object, _Frame] = {}
        self._now = now

    def days(self, facts: PersonFacts, first: date, last: date) -> tuple[WorkDay, ...]:
        """Every day from `first` to `last`. Raises `ShiftMissing`, `RulesGap`, `NoSuchRules`, `NoSuchCalendar`, `BadRoster`."""
        frame = self._frame(facts, first, last)
        found = presence_of(facts.marks, frame.working, frame.bounds, self._now)
        inside, free = _sorted_out(found.stretches, frame.bounds)
        made = []
        for day in each_day(first, last):
            number = frame.numbers.get(day)
            own = frame.plans[day] if number is None else frame.working[number]
            outside = [s for s in free if own.midnight <= s.begin < own.next_midnight] if free else []
            loose = any(own.midnight <= minute < own.next_midnight for minute in found.loose)
            if number is None:
                made.append(self._unplanned(own, outside, facts, loose=loose))
            else:
                issues = [*own.issues, *found.issues.get(number, ())]
                issues += [Issue.OUTSIDE_WINDOW] if outside or loose else []
                made.append(self._planned(own, inside[number], facts, issues, frame.bounds[number][1]))
        return tuple(made)

    def _frame(self, facts: PersonFacts, first: date, last: date) -> _Frame:
        """Most people share theirs with everybody on the same patterns, so it is made once for them."""
        begin, end = first - DAY * AROUND, last + DAY * AROUND
        since = None if facts.since is None or facts.since <= begin else facts.since
        until = None if facts.until is None or facts.until >= end else facts.until
        if facts.singles:
            return self._framed(facts, begin, end)
        key = (tuple(pattern.roster for pattern in facts.patterns), since, until, first, last)
        found = self._frames.get(key)
        if found is None:
            found = self._frames[key] = self._framed(facts, begin, end)
            if len(self._frames) > MOST_FRAMES:
                del self._frames[next(iter(self._frames))]
        return found

    def _framed(self, facts: PersonFacts, begin: date, end: date) -> _Frame:
        plans = {day: self._plan(facts, day) for day in each_day(begin, end)}
        working = _apart([plan for plan in plans.values() if plan.works])
        numbers = {plan.day: number for number, plan in enumerate(working)}
        return _Frame(plans, working, reaches(working), numbers)

    def works(self, facts: PersonFacts, day: date) -> bool:
        """Whether something is to be worked on that day: by the roster, or by the calendar where nobody rostered the person."""
        plan = self._plan(facts, day)
        return plan.works or plan.day_class is DayClass.WORKDAY

    def _plan(self, facts: PersonFacts, day: date) -> Plan:
        if (facts.since is not None and day < facts.since) or (facts.until is not None and day > facts.until):
            return self.plans.of(NOTHING, day)
        pattern = pattern_on(facts.patterns, day) if facts.patterns else None
        return self.plans.of(rostered(facts.singles.get(day), pattern, day, self.plans.calendar(pattern, day)), day)

    # --- A day with a plan ---

    def _planned(self, plan: Plan, stretches: list[Stretch], facts: PersonFacts, issues: list[Issue], high: int) -> WorkDay:
        pieces = joined((s.begin, s.end) for s in stretches)
        leaves = _leaves(facts.leaves, plan)
        taken = joined(pair for _, pairs in leaves for pair in pairs)
        if taken and not plan.flexible and shared(pieces, taken):
            issues.append(Issue.WORKED_ON_LEAVE)
        tally = _Tally(plan, stretches)
        tally.add(Figure.PLANNED, plan.planned, (*plan.sources, plan.rules_source))
        on_leave = 0
        for leave, pairs in leaves:
            minutes = length(pairs) if not plan.flexible else min(length(pairs), plan.planned - on_leave)
            on_leave += minutes
            tally.add(Figure.LEAVE, minutes, (leave.source,), leave=leave.kind)
        over = self._now > high
        if plan.flexible:
            _flexible(tally, plan, pieces, plan.planned - on_leave)
        else:
            for segment in plan.segments:
                _segment(tally, plan, segment, pieces, taken)
            _overtime_around(tally, plan, pieces)
        if not over:
            tally.drop_missing()
        tally.add_overtime(facts.approvals.get(plan.day), issues)
        return WorkDay(
            day=plan.day,
            day_class=plan.day_class,
            verdict=_verdict(plan, tally, on_leave, pieces, self._now, over=over),
            zone=plan.zone.key,
            shifts=plan.shifts,
            planned=plan.segments,
            breaks=plan.unpaid,
            presence=tuple(stretches),
            lines=tuple(tally.lines),
            issues=_in_order(issues),
        )

    # --- A day without ---

    def _unplanned(self, plan: Plan, stretches: list[Stretch], facts: PersonFacts, *, loose: bool) -> WorkDay:
        issues = [Issue.UNPAIRED] if loose else []
        tally = _Tally(plan, stretches)
        if stretches:
            issues.append(Issue.UNPLANNED_WORK)
            pieces = joined((s.begin, s.end) for s in stretches)
            on_holiday = shared(pieces, plan.holidays)
            present = length(pieces)
            rules = plan.rules
            taken_off = min(rules.auto_break, max(0, present - rules.auto_break_after))
            base = plan.day_class if plan.day_class is not DayClass.HOLIDAY else DayClass.RESTDAY
            ordinary = present - on_holiday
            tally.overtime(base, max(0, ordinary - taken_off))
            tally.overtime(DayClass.HOLIDAY, on_holiday - max(0, taken_off - ordinary))
        tally.add_overtime(facts.approvals.get(plan.day), issues)
        verdict = Verdict.PRESENT if stretches else Verdict.OFF
        return WorkDay(
            day=plan.day,
            day_class=plan.day_class,
            verdict=verdict,
            zone=plan.zone.key,
            presence=tuple(stretches),
            lines=tuple(tally.lines),
            issues=_in_order(issues),
        )


class _Tally:
    """The lines of one day as they come together."""

    def __init__(self, plan: Plan, stretches: Sequence[Stretch]) -> None:
        self.plan = plan
        self.lines: list[Line] = []
        self.missing = 0
        self._over: dict[DayClass, int] = {}
        self._marks = tuple(dict.fromkeys(told for s in stretches for told in (s.came, s.left)))

    @property
    def marks(self) -> tuple[Source, ...]:
        return self._marks

    def add(self, figure: Figure, minutes: int, sources: tuple[Source, ...], *, leave: LeaveKindId | None = None) -> None:
        if minutes > 0:
            self.lines.append(Line(figure, minutes, sources, leave=leave))

    def worked(self, spans: Sequence[Pair]) -> int:
        """Work by the roster: what of it lies on a statutory holiday pays as that."""
        minutes = length(spans)
        holiday = shared(spans, self.plan.holidays) if self.plan.holidays else 0
        self.add(Figure.WORKED, minutes - holiday, self._marks)
        if holiday:
            self.lines.append(Line(Figure.HOLIDAY_WORK, holiday, self._marks, DayClass.HOLIDAY))
        return minutes

    def missed(self, figure: Figure, minutes: int, sources: tuple[Source, ...], grace: int = 0) -> None:
        if minutes <= 0:
            return
        if minutes <= grace:
            self.add(Figure.EXCUSED, minutes, (*sources, self.plan.rules_source))
            return
        self.missing += minutes
        self.add(figure, minutes, (*sources, self.plan.rules_source))

    def drop_missing(self) -> None:
        """The day is not over: nobody is late before it is."""
        kept = {Figure.EARLY, Figure.AWAY, Figure.ABSENT, Figure.LATE, Figure.EXCUSED}
        self.lines = [line for line in self.lines if line.figure not in kept]
        self.missing = 0

    def overtime(self, day_class: DayClass, minutes: int) -> None:
        """So much on one side of the hours; less than the least is none, the rest is cut to steps."""
        rules = self.plan.rules
        if rules.system is System.FLEXIBLE and day_class is not DayClass.HOLIDAY:
            return
        if minutes >= max(rules.overtime_min, 1):
            minutes -= minutes % rules.overtime_step
            self._over[day_class] = self._over.get(day_class, 0) + minutes

    def overtime_of(self, spans: Sequence[Pair]) -> None:
        holiday = shared(spans, self.plan.holidays) if self.plan.holidays else 0
        base = self.plan.day_class if self.plan.day_class is not DayClass.HOLIDAY else DayClass.WORKDAY
        self.overtime(base, length(spans) - holiday)
        self.overtime(DayClass.HOLIDAY, holiday)

    def add_overtime(self, approval: Approval | None, issues: list[Issue]) -> None:
        rules = self.plan.rules
        left = approval.minutes if approval else 0
        total = waiting = 0
        for day_class, minutes in sorted(self._over.items()):
            if not minutes:
                continue
            approved = min(minutes, left) if rules.overtime_needs_approval else minutes
            left -= approved
            total, waiting = total + minutes, waiting + minutes - approved
            sources = (*self._marks, self.plan.rules_source, *(approval.sources if approval else ()))
            self.lines.append(Line(Figure.OVERTIME, minutes, sources, day_class, approved))
        if waiting and approval is None:
            issues.append(Issue.OVERTIME_WAITS)
        if rules.daily_cap and total > rules.daily_cap and self.plan.day_class is DayClass.WORKDAY:
            issues.append(Issue.OVER_DAILY_CAP)


def _segment(tally: _Tally, plan: Plan, segment: Pair, pieces: Pairs, taken: Pairs) -> None:
    """One stretch of the hours: worked, late, early, away, absent add up to what was to be worked in it."""
    one = (segment,)
    pure, paid = plan.pure, plan.paid
    if len(plan.segments) > 1:
        pure, paid = tuple(common(pure, one)), tuple(common(paid, one))
    if taken:
        pure, paid = without(pure, taken), without(paid, taken)
    todo = length(pure) + length(paid)
    if not todo:
        return
    here = common(pieces, one)
    if not here:
        tally.missed(Figure.ABSENT, todo, plan.sources)
        return
    came, left = here[0][0], here[-1][1]
    worked = tally.worked(common(here, pure))
    on_break = within(paid, came, left)
    tally.add(Figure.PAID_BREAK, on_break, plan.sources[:1])
    late = within(pure, segment[0], came) + within(paid, segment[0], came)
    early = within(pure, left, segment[1]) + within(paid, left, segment[1])
    tally.missed(Figure.LATE, late, tally.marks[:1], plan.rules.late_grace)
    tally.missed(Figure.EARLY, early, tally.marks[-1:], plan.rules.early_grace)
    tally.missed(Figure.AWAY, todo - worked - on_break - late - early, tally.marks)


def _overtime_around(tally: _Tally, plan: Plan, pieces: Pairs) -> None:
    rules = plan.rules
    if not pieces:
        return
    if rules.overtime_before and pieces[0][0] < plan.begin:
        tally.overtime_of([(b, min(e, plan.begin)) for b, e in pieces if b < plan.begin])
    if rules.overtime_after and pieces[-1][1] > plan.end:
        tally.overtime_of([(max(b, plan.end), e) for b, e in pieces if e > plan.end])


def _flexible(tally: _Tally, plan: Plan, pieces: Pairs, todo: int) -> None:
    """The target, less what is on leave, may be worked at any time of the band; the core is kept."""
    rules = plan.rules
    spans = common(pieces, plan.work)
    present = length(spans)
    if not plan.unpaid:
        present -= min(rules.auto_break, max(0, present - rules.auto_break_after))
    worked = min(present, todo)
    counted = first_of(spans, worked)
    tally.worked(counted)
    missing = todo - worked
    if not spans:
        tally.missed(Figure.ABSENT, missing, plan.sources)
        return
    late = min(missing, within(plan.core, plan.begin, spans[0][0]))
    early = min(missing - late, within(plan.core, spans[-1][1], plan.end))
    tally.missed(Figure.LATE, late, tally.marks[:1], rules.late_grace)
    tally.missed(Figure.EARLY, early, tally.marks[-1:], rules.early_grace)
    tally.missed(Figure.AWAY, missing - late - early, tally.marks)
    if rules.overtime_after:
        rest = without(spans, counted)
        tally.overtime_of(first_of(rest, present - worked))


def _verdict(plan: Plan, tally: _Tally, on_leave: int, pieces: Pairs, now: int, *, over: bool) -> Verdict:
    if not over:
        return Verdict.UNDER_WAY if pieces or plan.begin <= now else Verdict.AHEAD
    if on_leave >= plan.planned:
        return Verdict.ON_LEAVE
    rules, missing = plan.rules, tally.missing
    worked = any(line.figure in {Figure.WORKED, Figure.HOLIDAY_WORK, Figure.PAID_BREAK} for line in tally.lines)
    if not worked and not on_leave:
        return Verdict.ABSENT
    if rules.absent_after and missing >= rules.absent_after:
        return Verdict.ABSENT
    if rules.half_day_after and missing >= rules.half_day_after:
        return Verdict.HALF_DAY_ABSENT
    return Verdict.PRESENT if worked else Verdict.ON_LEAVE


def _leaves(leaves: tuple[ApprovedLeave, ...], plan: Plan) -> list[tuple[ApprovedLeave, tuple[Pair, ...]]]:
    """The leave of that day as minutes of what was to be worked; of two that overlap the first asked for counts."""
    made: list[tuple[ApprovedLeave, tuple[Pair, ...]]] = []
    taken: tuple[Pair, ...] = ()
    for leave in leaves:
        if leave.first <= plan.day <= leave.last:
            pairs = without(_leave_pairs(leave, plan), taken)
            taken = joined((*taken, *pairs))
            made.append((leave, pairs))
    return made


def _leave_pairs(leave: ApprovedLeave, plan: Plan) -> tuple[Pair, ...]:
    total = length(plan.work)
    if leave.part is LeavePart.WHOLE:
        return plan.work
    if leave.part is LeavePart.HOURS and leave.span is not None:
        return tuple(common(plan.work, ((plan.midnight + leave.span.start, plan.midnight + leave.span.end),)))
    half = (plan.planned if plan.flexible else total) // 2
    first = first_of(plan.work, half)
    return first if leave.part is LeavePart.FIRST_HALF else without(plan.work, first_of(plan.work, total - half))


def _apart(plans: list[Plan]) -> list[Plan]:
    """No plan begins before the one before it ends: of two that overlap across days the later loses what is shared."""
    made: list[Plan] = []
    for plan in plans:
        later = cut_before(plan, made[-1].end) if made and plan.begin < made[-1].end else plan
        if later.works:
            made.append(later)
    return made


def _sorted_out(stretches: list[Stretch], bounds: list[Pair]) -> tuple[list[list[Stretch]], list[Stretch]]:
    """The presence in the reach of each plan, and what lies in the reach of none; both lists come in their order."""
    inside: list[list[Stretch]] = [[] for _ in bounds]
    free: list[Stretch] = []
    number, last = 0, len(bounds)
    for s in stretches:
        while number < last and bounds[number][1] <= s.begin:
            number += 1
        near = number
        while near < last and bounds[near][0] < s.end:
            low, high = bounds[near]
            whole = low <= s.begin and s.end <= high
            inside[near].append(s if whole else _cut(s, max(s.begin, low), min(s.end, high)))
            near += 1
        if near == number:
            free.append(s)
        elif s.begin < bounds[number][0] or s.end > bounds[near - 1][1] or near - number > 1:
            free += [_cut(s, begin, end) for begin, end in without(((s.begin, s.end),), bounds[number:near])]
    return inside, free


def _cut(s: Stretch, begin: int, end: int) -> Stretch:
    return Stretch(Minute(begin), Minute(end), s.came, s.left, s.assumed_in, s.assumed_out)


def _in_order(issues: list[Issue]) -> tuple[Issue, ...]:
    return tuple(sorted(set(issues))) if issues else ()
