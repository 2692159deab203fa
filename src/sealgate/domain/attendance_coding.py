"""Work days as bytes: what is sealed of a person's month, and how it is read again.

One text for one value, so that a second derivation gives the same bytes: JSON without blanks, sources once each and named by
their number. `FORMAT` is the first word; an older format is still read when a newer one comes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
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
from sealgate.domain.attendance_spans import Pair
from sealgate.domain.calendar import day_number
from sealgate.domain.errors import Fault
from sealgate.domain.ids import LeaveKindId, ShiftId

FORMAT = 1
_FIRST = date(1970, 1, 1)
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


class UnknownDays(Fault):
    """Derived days in a format that this version does not know."""

    code = "hours.unknown-format"


def encoded(days: Sequence[WorkDay]) -> bytes:
    """What `json` would write of the same rows, put together by hand: it is done for millions of lines."""
    numbers: dict[Source, int] = {}
    rows = [_row(day, numbers) for day in days]
    return f"[{FORMAT},{_encode(list(numbers))},[{','.join(rows)}]]".encode()


def _row(day: WorkDay, numbers: dict[Source, int]) -> str:
    presence, lines = [], []
    for begin, end, came, left, assumed_in, assumed_out in day.presence:
        first = numbers.setdefault(came, len(numbers))
        last = numbers.setdefault(left, len(numbers))
        presence.append(f"[{begin},{end},{first},{last},{assumed_in + 2 * assumed_out}]")
    for figure, minutes, sources, day_class, approved, leave in day.lines:
        told = ",".join([str(numbers.setdefault(one, len(numbers))) for one in sources])
        if day_class is None and leave is None:  # short where there is nothing more to say: most lines are
            lines.append(f'["{figure.value}",{minutes},[{told}]]')
        else:
            lines.append(f'["{figure.value}",{minutes},[{told}],{_encode(day_class)},{approved},{_encode(leave)}]')
    plan, issues = _plan_text(day.zone, day.shifts, day.planned, day.breaks), _encode(day.issues) if day.issues else "[]"
    head = f'{day_number(day.day)},"{day.day_class.value}","{day.verdict.value}"'
    return f"[{head},{plan},[{','.join(presence)}],[{','.join(lines)}],{issues}]"


@lru_cache(maxsize=4096)
def _plan_text(zone: str, shifts: tuple[ShiftId, ...], planned: tuple[Pair, ...], breaks: tuple[Pair, ...]) -> str:
    """The same for everybody on one roster."""
    return f"{_encode(zone)},{_encode([str(shift) for shift in shifts])},{_encode(planned)},{_encode(breaks)}"


def decoded(data: bytes) -> tuple[WorkDay, ...]:
    """Raises `UnknownDays`."""
    found = json.loads(data)
    if not isinstance(found, list) or not found or found[0] != FORMAT:
        raise UnknownDays
    _, sources, rows = found
    return tuple(_day(row, sources) for row in rows)


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
