"""Rules of hours as dated data: grace, thresholds, windows, rounding, overtime, caps, the working-hours system.

A rule set is versions that follow each other without a gap; which one holds is said by the day. The first version may begin
on any day, the last one may have no end. All figures are minutes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any

from sealgate.domain.attendance_errors import BadHourRules, NegativeHours, RulesGap, RulesOverlap

STANDARD = "standard"
"""The rule set of whoever has none named."""

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


class Counting(StrEnum):
    """INSIDE: time between coming in and going out; going out in between is not worked. SPAN: from the first mark to the
    last, whatever their direction, for places that see people only when they come."""

    INSIDE = "inside"
    SPAN = "span"


class Forgotten(StrEnum):
    """What stands in the place of a mark that is missing: PLAN is the roster's time, assumed; NOTHING counts nothing."""

    PLAN = "plan"
    NOTHING = "nothing"


class Rounding(StrEnum):
    """To which side a mark is moved."""

    EARLIER = "earlier"
    LATER = "later"
    NEAREST = "nearest"


class System(StrEnum):
    """STANDARD: overtime by the day. COMPREHENSIVE: hours are compared with the period's; only holidays count by the day.
    FLEXIBLE: no overtime in general, holidays excepted (by permit; see labour_rules of the country)."""

    STANDARD = "standard"
    COMPREHENSIVE = "comprehensive"
    FLEXIBLE = "flexible"


class Period(StrEnum):
    """Over what the comprehensive system compares."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Rules:
    """One version, in force from the local day `since` to `until`, both included; `until` None has no end.

    `late_grace`, `early_grace`: so much missing is excused; a minute more, and all of it counts. `half_day_after`,
    `absent_after`: so much missing without excuse makes the day half or wholly absent; 0 never does.
    `window_before`, `window_after`: presence counts for a shift from so long before its start to so long after its end.
    `round_step`: marks are moved on the local clock to multiples of it (1 moves none), ways in and out to their own side.
    `overtime_min`: less than that on one side of the shift is none; the rest is cut to multiples of `overtime_step`.
    `auto_break` is taken off presence without breaks of a shift (rest days, flexible shifts) beyond `auto_break_after`.
    `daily_cap`, `weekly_cap`, `monthly_cap` of approved overtime; 0 is none. They are told, and cut nothing.
    `period_minutes` is the legal total of the comprehensive system's period, in minutes.
    `day_minutes` is what a whole day of leave is in hours-based balances.
    """

    name: str
    since: date
    until: date | None = None
    calendar: str = "cn"
    counting: Counting = Counting.INSIDE
    late_grace: int = 5
    early_grace: int = 5
    half_day_after: int = 120
    absent_after: int = 300
    window_before: int = 240
    window_after: int = 360
    longest: int = 1200
    forgotten_in: Forgotten = Forgotten.PLAN
    forgotten_out: Forgotten = Forgotten.PLAN
    round_step: int = 1
    round_in: Rounding = Rounding.EARLIER
    round_out: Rounding = Rounding.LATER
    overtime_before: bool = False
    overtime_after: bool = True
    overtime_min: int = 30
    overtime_step: int = 30
    overtime_needs_approval: bool = True
    auto_break: int = 60
    auto_break_after: int = 360
    daily_cap: int = 180
    weekly_cap: int = 0
    monthly_cap: int = 2160
    system: System = System.STANDARD
    period: Period = Period.MONTH
    period_minutes: int = 9920
    day_minutes: int = 480

    @property
    def reference(self) -> str:
        """`standard@2026-01-01`."""
        return f"{self.name}@{self.since}"


_WORDS = {
    "counting": Counting,
    "forgotten_in": Forgotten,
    "forgotten_out": Forgotten,
    "round_in": Rounding,
    "round_out": Rounding,
    "system": System,
    "period": Period,
}
_MOST = {
    "round_step": 60,
    "overtime_step": 240,
    "window_before": 720,
    "window_after": 900,
    "longest": 1800,
    "monthly_cap": 44640,
    "weekly_cap": 10080,
    "period_minutes": 527040,
}
_LEAST = {"round_step": 1, "overtime_step": 1, "longest": 60, "day_minutes": 1, "period_minutes": 1}


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Versions in the order of their days, without gap or overlap."""

    name: str
    versions: tuple[Rules, ...]

    def on(self, day: date) -> Rules:
        """The version of that day. Raises `RulesGap`."""
        for rules in reversed(self.versions):
            if rules.since <= day:
                if rules.until is not None and day > rules.until:
                    break
                return rules
        raise RulesGap(f"the rules {self.name!r} say nothing about {day}", field="since")


def read_rules(name: str, versions: Sequence[Mapping[str, Any]]) -> RuleSet:
    """Read what `rules_document` writes: each version a mapping of the fields of `Rules` that differ from the defaults,
    `since` always. Raises `BadHourRules`, `NegativeHours`, `RulesGap`, `RulesOverlap`."""
    if not _NAME.fullmatch(name):
        raise BadHourRules("a rule set is named in small letters, figures and dashes", field="name")
    if not isinstance(versions, (list, tuple)) or not 1 <= len(versions) <= 100:
        raise BadHourRules("a rule set has 1 to 100 versions", field="versions")
    read = tuple(sorted((_version(name, item) for item in versions), key=lambda rules: rules.since))
    for earlier, later in pairwise(read):
        _follows(earlier, later)
    return RuleSet(name, read)


def rules_document(rules: RuleSet) -> list[dict[str, Any]]:
    """What is stored."""
    return [{f.name: _text(getattr(version, f.name)) for f in fields(Rules) if f.name != "name"} for version in rules.versions]


def _follows(earlier: Rules, later: Rules) -> None:
    if later.since == earlier.since:
        raise RulesOverlap(f"two versions begin on {later.since}", field="since")
    if earlier.until is None:
        return  # it ends where the next one begins
    if earlier.until >= later.since:
        raise RulesOverlap(f"{earlier.reference} ends after {later.reference} begins", field="until")
    if earlier.until + timedelta(days=1) < later.since:
        raise RulesGap(f"no version holds between {earlier.until} and {later.since}", field="since")


def _version(name: str, item: object) -> Rules:
    if not isinstance(item, Mapping):
        raise BadHourRules("a version is a list of words and values", field="versions")
    known = {f.name: f for f in fields(Rules)}
    unknown = set(item) - set(known)
    if unknown or "name" in item:
        raise BadHourRules(f"unknown word {str(min(unknown, default='name'))[:40]!r}", field="versions")
    values = {key: _value(key, value) for key, value in item.items()}
    if "since" not in values:
        raise BadHourRules("each version says from which day it holds", field="since", hint="since = 2026-01-01")
    made = Rules(name=name, **values)
    if made.until is not None and made.until < made.since:
        raise NegativeHours("a version ends before it begins", field="until")
    if not _NAME.fullmatch(made.calendar):
        raise BadHourRules("not the name of a calendar", field="calendar")
    return made


def _value(key: str, value: object) -> Any:
    if key in {"since", "until"}:
        return _day(key, value)
    if key in _WORDS:
        try:
            return _WORDS[key](str(value))
        except ValueError:
            raise BadHourRules(f"{str(value)[:40]!r} is no word for {key}", field=key) from None
    if key == "calendar":
        return str(value)
    if key in {"overtime_before", "overtime_after", "overtime_needs_approval"}:
        if not isinstance(value, bool):
            raise BadHourRules("true or false is needed", field=key)
        return value
    return _minutes(key, value)


def _day(key: str, value: object) -> date | None:
    if value is None and key == "until":
        return None
    try:
        return value if isinstance(value, date) else date.fromisoformat(str(value))
    except ValueError:
        raise BadHourRules(f"{str(value)[:20]!r} is no day", field=key, hint="Write 2026-01-01") from None


def _minutes(key: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadHourRules("whole minutes are needed", field=key)
    if value < 0:
        raise NegativeHours("minutes are not below zero", field=key)
    if not _LEAST.get(key, 0) <= value <= _MOST.get(key, 1440):
        raise BadHourRules(f"{_LEAST.get(key, 0)} to {_MOST.get(key, 1440)} minutes", field=key)
    return value


def _text(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value
