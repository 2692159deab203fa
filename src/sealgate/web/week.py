"""A week of opening hours: as somebody types it, and as a drawing of seven bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class Bar:
    """One span in minutes of the day: where it begins and how long it is, for a drawing that is 1440 wide."""

    x: int
    width: int


@dataclass(frozen=True, slots=True)
class WeekRow:
    """`day` is 0 (Monday) to 6, or 7 for holidays; `spans` as they are written; `until` ends the night before, or is empty."""

    day: int
    spans: tuple[str, ...]
    bars: tuple[Bar, ...]
    until: str = ""


def typed_week(form: Mapping[str, str], holidays: str) -> dict[str, object]:
    """What `domain.calendar.parse_timetable` reads, of a form with a field a day: `08:00-12:00, 13:00-18:00`."""
    week: dict[str, object] = {day: spans for day in DAYS if (spans := _split(form.get(day, "")))}
    week["holidays"] = {"like": None, "own": _split(form.get("own", ""))}.get(holidays, [])
    return week


def form_week(week: Mapping[str, Sequence[str] | None]) -> tuple[dict[str, str], str]:
    """The other way round: what stands in a form of that week, and its choice for holidays."""
    typed = {day: ", ".join(week.get(day) or ()) for day in DAYS}
    rest = week.get("holidays")
    return {**typed, "own": ", ".join(rest or ())}, "like" if rest is None else "own" if rest else "closed"


def week_rows(week: Mapping[str, Sequence[str] | None]) -> list[WeekRow]:
    """Seven rows and, where holidays are no days like others, an eighth. A night's span is drawn on both of its days."""
    written = [tuple(week.get(day) or ()) for day in DAYS]
    rows = [_row(index, spans, written[index - 1]) for index, spans in enumerate(written)]
    rest = week.get("holidays")
    return rows if rest is None else [*rows, WeekRow(7, tuple(rest), _bars(rest))]


def _row(day: int, spans: tuple[str, ...], evening: tuple[str, ...]) -> WeekRow:
    nights = [(span.split("-")[1], end) for span, (start, end) in zip(evening, _ends(evening), strict=True) if 0 < end <= start]
    mornings = tuple(Bar(0, end) for _, end in nights)
    return WeekRow(day, spans, mornings + _bars(spans), nights[-1][0] if nights else "")


def _bars(spans: Sequence[str]) -> tuple[Bar, ...]:
    return tuple(Bar(start, (end if end > start else DAY_MINUTES) - start) for start, end in _ends(spans))


def _ends(spans: Sequence[str]) -> list[tuple[int, int]]:
    return [(_minutes(start), _minutes(end)) for start, end in (span.split("-") for span in spans)]


def _minutes(clock: str) -> int:
    hours, minutes = clock.strip().split(":")[:2]
    return int(hours) * 60 + int(minutes)


def _split(typed: str) -> list[str]:
    plain = typed.replace("，", ",").replace("：", ":").replace("–", "-").replace("—", "-").replace("~", "-").replace("、", ",")
    return [span.strip().replace(" ", "") for span in plain.replace(";", ",").split(",") if span.strip()]
