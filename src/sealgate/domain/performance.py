"""What can be said of somebody's work: figures out of their work days, goals, and what a manager and they themselves say.

The surprising thing is what is not here: no face, no mood, no picture and no place within a building goes into a figure. Work
days, which passages with any credential and corrections make, are all there is; and whatever is said is read by the person.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from fractions import Fraction

from sealgate.domain.attendance import Figure, Verdict, WorkDay
from sealgate.domain.errors import Conflict, Invalid
from sealgate.domain.ids import CycleId, PersonId

MIN_SCORE, MAX_SCORE = 1, 5
MAX_WORDS = 4_000
MAX_GOALS = 20
COUNTED = frozenset({Verdict.PRESENT, Verdict.HALF_DAY_ABSENT, Verdict.ABSENT})
THERE = (Figure.WORKED, Figure.HOLIDAY_WORK, Figure.PAID_BREAK)

SHARES: Mapping[int, Fraction] = {
    1: Fraction(0),
    2: Fraction(1, 2),
    3: Fraction(1),
    4: Fraction(6, 5),
    5: Fraction(3, 2),
}
"""What part of the agreed bonus a score pays: 3 is what was expected. Payroll multiplies, nothing else reads it."""


class BadScore(Invalid):
    code = "performance.bad-score"


class BadWords(Invalid):
    code = "performance.bad-words"


class BadGoal(Invalid):
    code = "performance.bad-goal"


class BadCycle(Invalid):
    code = "performance.bad-cycle"


class CycleClosed(Conflict):
    """What was said in a closed cycle stays as it is."""

    code = "performance.closed"


class TooManyGoals(Conflict):
    code = "performance.too-many-goals"


@dataclass(frozen=True, slots=True)
class Figures:
    """Sums over days that are over. Halves of days; minutes; days. Two of them add up to the figures of both.

    `due` are half days that were planned and not on leave, `came` those of them that were not absent. `days` are days with any
    work, of which `punctual` were neither late nor left early.
    """

    due: int = 0
    came: int = 0
    days: int = 0
    punctual: int = 0
    planned: int = 0
    worked: int = 0
    late: int = 0
    overtime: int = 0
    overtime_approved: int = 0
    leave: int = 0

    def __add__(self, other: Figures) -> Figures:
        return Figures(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(Figures)))

    @property
    def attendance(self) -> Fraction | None:
        """Came, of what was due; None where nothing was."""
        return Fraction(self.came, self.due) if self.due else None

    @property
    def punctuality(self) -> Fraction | None:
        """Punctual days, of the days with work."""
        return Fraction(self.punctual, self.days) if self.days else None


@dataclass(frozen=True, slots=True)
class Goal:
    """`progress` in per cent. `due` is the local day by which it is to be reached."""

    title: str
    measure: str = ""
    due: date | None = None
    progress: int = 0


@dataclass(frozen=True, slots=True)
class Cycle:
    """A review of the time from `since` through `until`; open until it is closed."""

    cycle: CycleId
    name: str
    since: date
    until: date
    closed: bool = False


@dataclass(frozen=True, slots=True)
class PeriodScore:
    """What payroll reads: the score of the newest closed cycle that was over by some day."""

    person: PersonId
    since: date
    until: date
    score: int

    @property
    def share(self) -> Fraction:
        return SHARES[self.score]


def figures_of(days: Iterable[WorkDay]) -> Figures:
    """Days that are still ahead or under way, and days off, count nothing but overtime and leave that were had."""
    total = Figures()
    for day in days:
        total += _figures(day)
    return total


def by_month(days: Iterable[WorkDay]) -> dict[date, Figures]:
    """By the first day of each month, in order."""
    found: dict[date, Figures] = {}
    for day in days:
        first = day.day.replace(day=1)
        found[first] = found.get(first, Figures()) + _figures(day)
    return dict(sorted(found.items()))


def _figures(day: WorkDay) -> Figures:
    if day.verdict in {Verdict.AHEAD, Verdict.UNDER_WAY}:
        return Figures()
    planned, worked = day.minutes(Figure.PLANNED), day.minutes(*THERE)
    counts = day.verdict in COUNTED and planned > 0
    came = 2 - day.absent_halves if counts else 0
    late = day.minutes(Figure.LATE)
    on_time = not late and not day.minutes(Figure.EARLY)
    over = [line for line in day.lines if line.figure is Figure.OVERTIME]
    return Figures(
        due=2 if counts else 0,
        came=came,
        days=1 if came else 0,
        punctual=1 if came and on_time else 0,
        planned=planned,
        worked=worked,
        late=late,
        overtime=sum(line.minutes for line in over),
        overtime_approved=sum(line.approved for line in over),
        leave=day.minutes(Figure.LEAVE),
    )


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def checked_score(score: int) -> int:
    if not MIN_SCORE <= score <= MAX_SCORE:
        raise BadScore(f"a score is {MIN_SCORE} to {MAX_SCORE}", field="score")
    return score


def checked_words(words: str, field: str = "words") -> str:
    said = words.replace("\r\n", "\n").strip()
    if not 1 <= len(said) <= MAX_WORDS or _CONTROL.search(said):
        raise BadWords(f"say it in 1 to {MAX_WORDS} characters", field=field)
    return said


def checked_goal(goal: Goal) -> Goal:
    title, measure = " ".join(goal.title.split()), " ".join(goal.measure.split())
    if not 1 <= len(title) <= 200 or _CONTROL.search(title):
        raise BadGoal("a goal has 1 to 200 characters", field="title")
    if len(measure) > 500 or _CONTROL.search(measure):
        raise BadGoal("what it is measured by has up to 500 characters", field="measure")
    if not 0 <= goal.progress <= 100:
        raise BadGoal("progress is 0 to 100 per cent", field="progress")
    return Goal(title, measure, goal.due, goal.progress)


def checked_cycle(name: str, since: date, until: date) -> str:
    said = " ".join(name.split())
    if not 1 <= len(said) <= 80 or _CONTROL.search(said):
        raise BadCycle("a cycle's name has 1 to 80 characters", field="name")
    if until < since or (until - since).days > 400:
        raise BadCycle("a cycle is a time of up to 400 days", field="until")
    return said
