"""Weeks, months and minutes as the pages of hours write them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from sealgate.domain.attendance import instant_of
from sealgate.domain.errors import Invalid

WEEK = timedelta(days=7)
DAY = timedelta(days=1)


class NotADate(Invalid):
    code = "hours.not-a-date"


class NotAClock(Invalid):
    code = "hours.not-a-time"


class NotAFigure(Invalid):
    """Neither hours nor minutes."""

    code = "hours.not-a-figure"


@dataclass(frozen=True, slots=True)
class Month:
    """`text` as `2026-10`; `weeks` are whole weeks from Monday, days of other months as None."""

    text: str
    first: date
    before: str
    after: str
    weeks: tuple[tuple[date | None, ...], ...]


def month_of(typed: str, today: date) -> Month:
    """The month that was asked for, else today's. Raises `NotADate`."""
    first = day_of(f"{typed}-01", "month") if typed else today.replace(day=1)
    after = (first + timedelta(days=32)).replace(day=1)
    monday = first - timedelta(days=first.weekday())
    weeks = []
    while monday < after:
        days = [monday + timedelta(days=n) for n in range(7)]
        weeks.append(tuple(day if day.month == first.month else None for day in days))
        monday += WEEK
    return Month(f"{first:%Y-%m}", first, f"{first - DAY:%Y-%m}", f"{after:%Y-%m}", tuple(weeks))


def week_of(typed: str, today: date) -> tuple[date, ...]:
    """The seven days of the week in which the day lies that was asked for, else today."""
    day = day_of(typed, "week") if typed else today
    monday = day - timedelta(days=day.weekday())
    return tuple(monday + timedelta(days=n) for n in range(7))


def day_of(typed: str, field: str) -> date:
    """Raises `NotADate` for anything but a day between 1990 and 2200."""
    try:
        day = date.fromisoformat(typed.strip()[:10])
    except ValueError as error:
        raise NotADate("that is no day", field=field, hint="Write 2026-10-03") from error
    if not 1990 <= day.year <= 2200:
        raise NotADate("that is no day", field=field, hint="Write 2026-10-03")
    return day


def instant_on(day: date, typed: str, tz: tzinfo, field: str) -> datetime:
    """`09:30` on that day, or `30:15` for 06:15 of the day after. Raises `NotAClock`."""
    hours, _, minutes = typed.strip().replace("：", ":").partition(":")
    if not (hours.isdecimal() and minutes.isdecimal() and int(hours) < 48 and len(minutes) == 2 and int(minutes) < 60):
        raise NotAClock("that is no time", field=field, hint="Write 09:30; 30:15 is 06:15 of the day after")
    return datetime.combine(day + timedelta(days=int(hours) // 24), time(int(hours) % 24, int(minutes)), tz)


def minutes_of(typed: str, field: str) -> int:
    """Minutes of `8`, `4:30` or `-8`, as hours are typed. Raises `NotAFigure`."""
    plain = typed.strip().replace("−", "-").replace("：", ":")
    sign = -1 if plain.startswith("-") else 1
    whole, _colon, rest = plain.lstrip("-").partition(":")
    if not (whole.isascii() and whole.isdecimal()) or len(whole) > 5 or (rest and not (rest.isdecimal() and len(rest) == 2)):
        raise NotAFigure("write 8 or 4:30", field=field)
    return sign * (int(whole) * 60 + int(rest or 0))


def span(minutes: int) -> str:
    """8:04 for 484 minutes."""
    sign = "−" if minutes < 0 else ""
    return f"{sign}{abs(minutes) // 60}:{abs(minutes) % 60:02}"


def clock_at(minute: int, tz: tzinfo) -> str:
    """The wall clock at a minute since 1970."""
    return f"{instant_of(minute).astimezone(tz):%H:%M}"
