"""Shifts: when somebody is to work, in wall-clock minutes of the day the shift begins on.

A span that ends at or before its start runs past midnight, so a night shift is `22:00-06:00`. The surprising thing: a shift
is never changed in place; a change is a version with the day from which it holds, so that a past month derives as it did.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise
from typing import Any

from sealgate.domain.attendance_errors import BadShift, NegativeHours
from sealgate.domain.ids import ShiftId

DAY_MINUTES = 1440
LONGEST = 36 * 60
"""A shift ends at most 36 hours after the midnight it is counted from."""

_CLOCK = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])")


class ShiftKind(StrEnum):
    """FIXED has its hours; FLEXIBLE has a band in which `target` minutes are to be worked, and a core that is kept."""

    FIXED = "fixed"
    FLEXIBLE = "flexible"


@dataclass(frozen=True, slots=True, order=True)
class ClockSpan:
    """From `start` to `end`, in minutes from the midnight that begins the shift's day; `end` may lie past 1440."""

    start: int
    end: int

    @property
    def minutes(self) -> int:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Break:
    span: ClockSpan
    paid: bool = False


@dataclass(frozen=True, slots=True)
class Shift:
    """One version of a shift, in force from the local day `since`.

    `spans` are the hours of a FIXED one (more than one for a split shift), and the core of a FLEXIBLE one (may be none).
    `band` and `target` are of a FLEXIBLE one: the first and last minute that counts, and the minutes to be worked.
    """

    shift: ShiftId
    since: date
    name: str
    kind: ShiftKind
    spans: tuple[ClockSpan, ...]
    breaks: tuple[Break, ...] = ()
    band: ClockSpan | None = None
    target: int = 0

    @property
    def first(self) -> int:
        return self.band.start if self.band else self.spans[0].start

    @property
    def last(self) -> int:
        return self.band.end if self.band else self.spans[-1].end

    @property
    def overnight(self) -> bool:
        return self.last > DAY_MINUTES


def read_shift(shift: ShiftId, since: date, name: str, document: Mapping[str, Any]) -> Shift:
    """Read the form `shift_document` writes. Raises `BadShift`, `NegativeHours`.

    `{"kind": "fixed", "spans": ["22:00-06:00"], "breaks": [{"span": "02:00-02:30", "paid": false}]}`, or
    `{"kind": "flexible", "band": "07:00-20:00", "target": 480, "spans": ["10:00-15:00"]}` with the core in `spans`.
    """
    unknown = set(document) - {"kind", "spans", "breaks", "band", "target"}
    if unknown:
        raise BadShift(f"unknown word {min(unknown)!r}", field=str(min(unknown)))
    try:
        kind = ShiftKind(document.get("kind", "fixed"))
    except ValueError:
        raise BadShift("a shift is fixed or flexible", field="kind") from None
    band = _span(document["band"], "band") if document.get("band") else None
    spans = _in_order([_span(text, "spans") for text in _list(document.get("spans", []), "spans")], band)
    first = band.start if band else spans[0].start if spans else 0
    breaks = tuple(_break(item, first) for item in _list(document.get("breaks", []), "breaks"))
    made = Shift(shift, since, name, kind, spans, breaks, band, _minutes(document.get("target", 0), "target"))
    _check(made)
    return made


def shift_document(shift: Shift) -> dict[str, Any]:
    """What is stored of a version; `read_shift` reads it."""
    document: dict[str, Any] = {"kind": shift.kind.value, "spans": [span_text(span) for span in shift.spans]}
    if shift.breaks:
        document["breaks"] = [{"span": span_text(b.span), "paid": b.paid} for b in shift.breaks]
    if shift.band is not None:
        document |= {"band": span_text(shift.band), "target": shift.target}
    return document


def span_text(span: ClockSpan) -> str:
    return f"{clock_text(span.start)}-{clock_text(span.end)}"


def clock_text(minute: int) -> str:
    """`06:00` also for 06:00 of the day after."""
    hours, minutes = divmod(minute % DAY_MINUTES, 60)
    return f"{hours:02}:{minutes:02}"


def clock_minute(text: object, field: str) -> int:
    """Minutes since midnight of `09:30`; `24:00` is 1440. Raises `BadShift`."""
    found = _CLOCK.fullmatch(str(text).strip())
    minute = int(found[1]) * 60 + int(found[2]) if found else DAY_MINUTES + 1
    if minute > DAY_MINUTES:
        raise BadShift(f"{str(text)[:20]!r} is no time of a day", field=field, hint="Write 09:30")
    return minute


def in_force(versions: Iterable[Shift], day: date) -> Shift | None:
    """The newest version that began on that day or before."""
    begun = [version for version in versions if version.since <= day]
    return max(begun, key=lambda version: version.since, default=None)


def _check(shift: Shift) -> None:
    if shift.kind is ShiftKind.FIXED:
        if not shift.spans or shift.band is not None or shift.target:
            raise BadShift("a fixed shift has spans, and neither band nor target", field="spans")
    elif shift.band is None or not 0 < shift.target <= shift.band.minutes:
        raise BadShift("a flexible shift has a band, and a target that fits into it", field="band")
    if shift.last > LONGEST or shift.last - shift.first > DAY_MINUTES:
        raise BadShift("a shift lasts at most 24 hours and ends within 36", field="spans")
    hours = (shift.band,) if shift.band else shift.spans
    for item in shift.breaks:
        if not any(span.start <= item.span.start and item.span.end <= span.end for span in hours):
            raise BadShift("a break lies within the hours of the shift", field="breaks")
    for earlier, later in pairwise(sorted(item.span for item in shift.breaks)):
        if later.start < earlier.end:
            raise BadShift("breaks overlap", field="breaks")


def _in_order(spans: list[ClockSpan], band: ClockSpan | None) -> tuple[ClockSpan, ...]:
    """Each span after the one before: one whose clock has gone back begins on the next day."""
    placed: list[ClockSpan] = []
    for span in spans:
        least = placed[-1].end if placed else band.start if band else 0
        shift = 0 if span.start >= least else DAY_MINUTES
        placed.append(ClockSpan(span.start + shift, span.end + shift))
        if placed[-1].start < least or (band and placed[-1].end > band.end):
            raise BadShift("spans follow each other, and lie within the band", field="spans")
    if len(placed) > 6:
        raise BadShift("at most 6 spans", field="spans")
    return tuple(placed)


def _span(text: object, field: str) -> ClockSpan:
    parts = str(text).split("-")
    if len(parts) != 2:
        raise BadShift(f"{str(text)[:30]!r} is no span", field=field, hint="Write 09:00-18:00")
    start, end = (clock_minute(part, field) for part in parts)
    if start == end:
        raise NegativeHours("a span has a length", field=field)
    return ClockSpan(start, end if end > start else end + DAY_MINUTES)


def _break(item: object, first: int) -> Break:
    """A break whose clock is before the shift's beginning lies on the next day."""
    if not isinstance(item, Mapping) or set(item) - {"span", "paid"} or "span" not in item:
        raise BadShift("a break has a span, and paid or not", field="breaks")
    span = _span(item["span"], "breaks")
    later = 0 if span.start >= first else DAY_MINUTES
    return Break(ClockSpan(span.start + later, span.end + later), paid=item.get("paid") is True)


def _list(value: object, field: str) -> list[object]:
    if not isinstance(value, list) or len(value) > 12:
        raise BadShift("a list of at most 12 is needed", field=field)
    return value


def _minutes(value: object, field: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadShift("whole minutes are needed", field=field)
    if value < 0:
        raise NegativeHours("minutes are not below zero", field=field)
    return value
