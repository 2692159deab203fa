"""From marks to presence: which way in belongs to which way out, and what stands in for a mark that nobody made.

The surprising thing: marks are sorted first and each pairs with its neighbour only, so it does not matter in which order an
offline gate delivered them, nor whether the month or the one day is derived.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sealgate.domain.attendance import Direction, Issue, Mark, Minute, Source, Stretch
from sealgate.domain.attendance_plan import Plan
from sealgate.domain.attendance_rules import Counting, Forgotten, Rounding

PLAN = Source("plan")
NOW = Source("now")
FREE = -1
ECHO = 3
"""Minutes within which a second mark of one direction is the same movement, seen by two readers."""

LONGEST_FREE = 1200
"""Minutes after which a way in and a way out, with no plan near, no longer belong together."""


class _Seen(NamedTuple):
    """A mark at its minute, rounded, in the reach of a plan (its number) or of none (`FREE`)."""

    minute: int
    direction: Direction
    source: Source
    site: str
    reach: int


@dataclass(slots=True)
class Presence:
    """Of one person. `stretches` in their order; `issues` by the number of the plan; `loose` are marks without a plan that
    pair with nothing."""

    stretches: list[Stretch] = field(default_factory=list)
    issues: dict[int, list[Issue]] = field(default_factory=dict)
    loose: list[int] = field(default_factory=list)


def reaches(plans: Sequence[Plan]) -> list[tuple[int, int]]:
    """How far each plan that works reaches; where the reach of two would meet, to the middle between their hours."""
    made: list[tuple[int, int]] = []
    for number, plan in enumerate(plans):
        low, high = plan.low, plan.high
        if number and made[-1][1] > low:
            before = plans[number - 1]
            middle = (before.end + plan.begin) // 2
            low = max(low, middle)
            made[-1] = (made[-1][0], min(made[-1][1], middle))
        made.append((low, high))
    return made


def presence_of(marks: Sequence[Mark], plans: Sequence[Plan], bounds: list[tuple[int, int]], now: int) -> Presence:
    """`plans` are those that work, in order, none beginning before the one before it ends; `bounds` their `reaches`. `now`:
    whoever is inside at that minute has forgotten nothing yet.
    """
    seen = _seen(marks, plans, bounds)
    walk = _Walk(plans, bounds, now)
    spanned = {number for number, plan in enumerate(plans) if plan.rules.counting is Counting.SPAN}
    if spanned:
        seen = [_lent(number, seen, plans, spanned) for number in range(len(seen))]
    for mark in seen:
        if mark.reach not in spanned:
            walk.step(mark)
    walk.end()
    for number in sorted(spanned):
        walk.span(number, [mark for mark in seen if mark.reach == number])
    walk.found.stretches.sort(key=lambda stretch: (stretch.begin, stretch.end))
    return walk.found


def _seen(marks: Sequence[Mark], plans: Sequence[Plan], bounds: list[tuple[int, int]]) -> list[_Seen]:
    made, number, last = [], 0, len(bounds)
    for at, direction, told, site in sorted(marks):
        minute = at // 60_000_000
        while number < last and bounds[number][1] < minute:
            number += 1
        reach = number if number < last and bounds[number][0] <= minute else FREE
        if reach != FREE and plans[reach].rules.round_step > 1:
            minute = _rounded(minute, direction, plans[reach])
        made.append(_Seen(minute, direction, told, site, reach))
    return made


def _lent(number: int, seen: list[_Seen], plans: Sequence[Plan], spanned: set[int]) -> _Seen:
    """A way in and the way out that follows it are not parted by the end of a reach where one of the two plans counts from
    first to last: who stays beyond it has not forgotten to go."""
    mark = seen[number]
    coming = mark.direction is Direction.IN
    at = number + 1 if coming else number - 1
    if not 0 <= at < len(seen) or (coming and mark.reach in spanned):
        return mark
    other = seen[at]
    if other.reach not in spanned or other.direction is mark.direction:
        return mark
    near = abs(other.minute - mark.minute) <= plans[other.reach].rules.longest
    return mark._replace(reach=other.reach) if near else mark


def _rounded(minute: int, direction: Direction, plan: Plan) -> int:
    """On the clock of the plan's day."""
    rules = plan.rules
    step = rules.round_step
    side = rules.round_in if direction is Direction.IN else rules.round_out
    past = (minute - plan.midnight) % step
    if not past:
        return minute
    later = side is Rounding.LATER or (side is Rounding.NEAREST and 2 * past >= step)
    return minute - past + (step if later else 0)


class _Walk:
    """One pass over the marks, with at most one way in open."""

    def __init__(self, plans: Sequence[Plan], bounds: list[tuple[int, int]], now: int) -> None:
        self.plans, self.bounds, self.now = plans, bounds, now
        self.found = Presence()
        self.opened: _Seen | None = None
        self.closed: _Seen | None = None

    def step(self, mark: _Seen) -> None:
        opened = self.opened
        if mark.direction is Direction.IN:
            if opened is not None and mark.minute - opened.minute <= ECHO:
                return
            if opened is not None and opened.reach == mark.reach != FREE and not self._too_long(opened, mark):
                self._issue(mark.reach, Issue.UNPAIRED)  # a way out between the two is missing: taken as if still inside
                return
            if opened is not None:
                self._forgot_out(opened)
            self.opened = mark
        elif opened is not None and not self._too_long(opened, mark):
            self._add(opened.minute, mark.minute, opened.source, mark.source)
            if opened.site != mark.site and opened.site and mark.site:
                self._issue(opened.reach if opened.reach != FREE else mark.reach, Issue.TWO_SITES)
            self.opened, self.closed = None, mark
        elif opened is not None or self.closed is None or mark.minute - self.closed.minute > ECHO:
            if opened is not None:
                self._forgot_out(opened)
                self.opened = None
            self._forgot_in(mark)

    def end(self) -> None:
        if self.opened is not None:
            self._forgot_out(self.opened)
            self.opened = None

    def span(self, number: int, marks: list[_Seen]) -> None:
        """From the first mark to the last, whatever their direction."""
        if not marks:
            return
        first, last, plan = marks[0], marks[-1], self.plans[number]
        if first.minute < last.minute:
            self._add(first.minute, last.minute, first.source, last.source)
        elif 2 * first.minute <= plan.begin + plan.end:
            self._forgot_out(first)
        else:
            self.closed = None
            self._forgot_in(first)

    def _too_long(self, opened: _Seen, mark: _Seen) -> bool:
        longest = LONGEST_FREE
        if opened.reach != FREE:
            plan = self.plans[opened.reach]
            longest = max(plan.rules.longest, self.bounds[opened.reach][1] - opened.minute)
        return mark.minute - opened.minute > longest

    def _forgot_out(self, opened: _Seen) -> None:
        if opened.reach == FREE:
            self.found.loose.append(opened.minute)
            return
        plan, high = self.plans[opened.reach], self.bounds[opened.reach][1]
        if self.now <= high:
            if opened.minute < self.now:
                self._add(opened.minute, self.now, opened.source, NOW)
        elif plan.rules.forgotten_out is Forgotten.PLAN and opened.minute < (until := _assumed_end(plan, opened.minute)):
            self._add(opened.minute, until, opened.source, PLAN, assumed_out=True)
            self._issue(opened.reach, Issue.ASSUMED_OUT)
        else:
            self._issue(opened.reach, Issue.UNPAIRED)

    def _forgot_in(self, mark: _Seen) -> None:
        if mark.reach == FREE:
            self.found.loose.append(mark.minute)
            return
        plan = self.plans[mark.reach]
        known = self.closed is not None and self.closed.reach == mark.reach
        if (
            not known
            and plan.rules.forgotten_in is Forgotten.PLAN
            and (since := _assumed_begin(plan, mark.minute)) < mark.minute
        ):
            self._add(since, mark.minute, PLAN, mark.source, assumed_in=True)
            self._issue(mark.reach, Issue.ASSUMED_IN)
            self.closed = mark
        else:
            self._issue(mark.reach, Issue.UNPAIRED)

    def _add(
        self, begin: int, end: int, came: Source, left: Source, *, assumed_in: bool = False, assumed_out: bool = False
    ) -> None:
        if begin < end:
            self.found.stretches.append(Stretch(Minute(begin), Minute(end), came, left, assumed_in, assumed_out))

    def _issue(self, reach: int, issue: Issue) -> None:
        noted = self.found.issues.setdefault(reach, [])
        if issue not in noted:
            noted.append(issue)


def _assumed_end(plan: Plan, begin: int) -> int:
    """The end of the hours; of a flexible shift, when the target would be reached, within the band."""
    if not plan.flexible:
        return plan.end
    return min(plan.end, begin + plan.planned + sum(end - start for start, end in plan.unpaid))


def _assumed_begin(plan: Plan, end: int) -> int:
    if not plan.flexible:
        return plan.begin
    return max(plan.begin, end - plan.planned - sum(stop - start for start, stop in plan.unpaid))
