"""What is known of one person before days are derived: roster, marks, approved overtime, approved leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from sealgate.domain.attendance import Mark, Source
from sealgate.domain.attendance_rosters import Pattern, RosterDay
from sealgate.domain.attendance_shifts import ClockSpan
from sealgate.domain.ids import LeaveKindId, PersonId


class LeavePart(StrEnum):
    """Of each day of the leave. A half is half of what was to be worked; HOURS has a span of the clock."""

    WHOLE = "whole"
    FIRST_HALF = "first-half"
    SECOND_HALF = "second-half"
    HOURS = "hours"


@dataclass(frozen=True, slots=True)
class ApprovedLeave:
    """From `first` to `last`, both included."""

    source: Source
    kind: LeaveKindId
    first: date
    last: date
    part: LeavePart = LeavePart.WHOLE
    span: ClockSpan | None = None


@dataclass(frozen=True, slots=True)
class Approval:
    """Overtime of one day that somebody approved: so many minutes at most."""

    minutes: int
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """`marks` in any order. `since` and `until` (both included) bound the days on which the person belongs here."""

    person: PersonId
    patterns: tuple[Pattern, ...] = ()
    singles: Mapping[date, RosterDay] = field(default_factory=dict)
    marks: tuple[Mark, ...] = ()
    approvals: Mapping[date, Approval] = field(default_factory=dict)
    leaves: tuple[ApprovedLeave, ...] = ()
    since: date | None = None
    until: date | None = None
