"""Work days as bytes: what is sealed of a person's month, and how it is read again.

One text for one value, so that a second derivation gives the same bytes: JSON without blanks, sources once each and named by
their number. `FORMAT` is the first word; an older format is still read when a newer one comes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

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
)
from sealgate.domain.calendar import day_number
from sealgate.domain.errors import Fault
from sealgate.domain.ids import LeaveKindId, ShiftId

FORMAT = 1
_FIRST = date(1970, 1, 1)
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class UnknownDays(Fault):
    """Derived days in a format that this version does not know."""

    code = "hours.unknown-format"


def encoded(days: Sequence[WorkDay]) -> bytes:
    numbers: dict[Source, int] = {}

    def number(told: Source) -> int:
        found = numbers.get(told)
        if found is None:
            found = numbers[told] = len(numbers)
        return found

    rows = [
        [
            day_number(d.day),
            d.day_class,
            d.verdict,
            d.zone,
            [str(shift) for shift in d.shifts],
            d.planned,
            d.breaks,
            [[s.begin, s.end, number(s.came), number(s.left), s.assumed_in + 2 * s.assumed_out] for s in d.presence],
            [_line(line, [number(told) for told in line.sources]) for line in d.lines],
            d.issues,
        ]
        for d in days
    ]
    return _encode([FORMAT, list(numbers), rows]).encode()


def decoded(data: bytes) -> tuple[WorkDay, ...]:
    """Raises `UnknownDays`."""
    found = json.loads(data)
    if not isinstance(found, list) or not found or found[0] != FORMAT:
        raise UnknownDays
    _, sources, rows = found
    return tuple(_day(row, sources) for row in rows)


def _line(line: Line, sources: list[int]) -> list[Any]:
    """Short where there is nothing more to say: most lines are."""
    if line.day_class is None and line.leave is None:
        return [line.figure, line.minutes, sources]
    return [line.figure, line.minutes, sources, line.day_class, line.approved, line.leave]


def _day(row: list[Any], sources: list[str]) -> WorkDay:
    number, day_class, verdict, zone, shifts, planned, breaks, presence, lines, issues = row
    return WorkDay(
        day=_FIRST + timedelta(days=number),
        day_class=DayClass(day_class),
        verdict=Verdict(verdict),
        zone=zone,
        shifts=tuple(ShiftId(UUID(shift)) for shift in shifts),
        planned=tuple((begin, end) for begin, end in planned),
        breaks=tuple((begin, end) for begin, end in breaks),
        presence=tuple(_stretch(item, sources) for item in presence),
        lines=tuple(_read_line(item, sources) for item in lines),
        issues=tuple(Issue(issue) for issue in issues),
    )


def _stretch(item: list[Any], sources: list[str]) -> Stretch:
    begin, end, came, left, assumed = item
    return Stretch(
        Minute(begin), Minute(end), Source(sources[came]), Source(sources[left]), bool(assumed & 1), bool(assumed & 2)
    )


def _read_line(item: list[Any], sources: list[str]) -> Line:
    figure, minutes, told, *more = item
    day_class, approved, leave = more or (None, 0, None)
    return Line(
        Figure(figure),
        minutes,
        tuple(Source(sources[number]) for number in told),
        None if day_class is None else DayClass(day_class),
        approved,
        None if leave is None else LeaveKindId(leave),
    )
