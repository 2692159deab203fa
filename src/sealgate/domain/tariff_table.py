"""One table of a tariff file, read key by key: what is asked for has a type, what nobody asked for is refused.

Paths count from 1 (`rate[1].band[2].price`), because a person will look for the second band.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from difflib import get_close_matches
from typing import TypeVar

from sealgate.domain.file_table import FIRST_DAY, LAST_DAY, FileTable, Word, as_day, as_flag, as_minor, as_whole, as_word
from sealgate.domain.tariff_days import WEEKDAYS
from sealgate.domain.tariff_errors import (
    BadPrice,
    BadTime,
    EndsBeforeStart,
    MissingKey,
    TariffTooLarge,
    UnknownKey,
    WrongType,
)
from sealgate.domain.tariff_model import Hours

Default = TypeVar("Default")

MOST_ITEMS = 400
MOST_LETTERS = 100
LONGEST = 1096 * 86400

_DURATION = re.compile(r"(?:([0-9]{1,4})d)?(?:([0-9]{1,5})h)?(?:([0-9]{1,7})m)?(?:([0-9]{1,8})s)?")
_HOURS = re.compile(r"([0-2][0-9]):([0-5][0-9])-([0-2][0-9]):([0-5][0-9])")
_PERCENT = re.compile(r"([0-9]{1,4})(?:\.([0-9]{1,2}))?%")


class Table(FileTable):
    """`path` is where it stands in the file; `currency` is that of its prices."""

    def has(self, key: str) -> bool:
        return key in self.data

    def done(self) -> None:
        """Raises `UnknownKey` if something was never asked for."""
        unknown = self.unknown()
        if unknown:
            close = get_close_matches(unknown[0], self._asked, 1)
            raise UnknownKey(
                f"{self.where(unknown[0][:MOST_LETTERS])}: there is no such key",
                field=self.where(unknown[0][:MOST_LETTERS]),
                hint=f"Did you mean {close[0]}?" if close else f"Known here: {', '.join(sorted(self._asked))}",
            )

    def mark(self, *keys: str) -> None:
        """These are allowed here, and read elsewhere or already."""
        self._asked.update(keys)

    def over(self, ground: Mapping[str, object]) -> Table:
        """The same table, with what it does not say taken from the ground."""
        return Table({**ground, **self.data}, self.path, self.currency)

    def value(self, key: str) -> object:
        self._asked.add(key)
        return self.data.get(key)

    def need(self, key: str) -> None:
        self._asked.add(key)
        if key not in self.data:
            raise self.trouble(MissingKey, key, "is missing")

    def text(self, key: str, default: str = "") -> str:
        value = self.value(key)
        if value is None:
            return default
        return self._text(key, value)

    def _text(self, key: str, value: object) -> str:
        if not isinstance(value, str) or not value.strip() or len(value) > MOST_LETTERS or not value.isprintable():
            raise self.trouble(WrongType, key, f"a text of 1 to {MOST_LETTERS} letters is needed")
        return value

    def flag(self, key: str) -> bool:
        value = self.value(key)
        return False if value is None else self.read(WrongType, key, as_flag, value)

    def whole(self, key: str, default: int, low: int, high: int) -> int:
        value = self.value(key)
        return default if value is None else self.read(WrongType, key, as_whole, value, low, high)

    def word(self, key: str, words: type[Word], default: Word) -> Word:
        value = self.value(key)
        if value is None:
            return default
        found: Word = self.read(WrongType, key, as_word, value, words)
        return found

    def items(self, key: str) -> list[object]:
        """A list; one thing alone is a list of it."""
        value = self.value(key)
        if value is None:
            return []
        found = value if isinstance(value, list) else [value]
        if not found:
            raise self.trouble(WrongType, key, "the list is empty")
        if len(found) > MOST_ITEMS:
            raise self.trouble(TariffTooLarge, key, f"at most {MOST_ITEMS} are read")
        return found

    def names(self, key: str) -> tuple[str, ...]:
        return tuple(self._text(key, item) for item in self.items(key))

    def tables(self, key: str, most: int) -> list[Table]:
        found = self.items(key)
        if len(found) > most:
            raise self.trouble(TariffTooLarge, key, f"at most {most} are read")
        return [self._table(f"{key}[{number}]", item) for number, item in enumerate(found, 1)]

    def table(self, key: str) -> Table | None:
        value = self.value(key)
        return None if value is None else self._table(key, value)

    def _table(self, key: str, value: object) -> Table:
        if not isinstance(value, dict):
            raise self.trouble(WrongType, key, "a table is needed")
        return Table(value, self.where(key), self.currency)

    def price(self, key: str) -> int:
        """Minor units, not below zero."""
        self.need(key)
        return self._price(key, self.value(key))

    def price_or(self, key: str, default: int) -> int:
        return self.price(key) if self.has(key) else self._unused(key, default)

    def maybe_price(self, key: str) -> int | None:
        return self.price(key) if self.has(key) else self._unused(key, None)

    def prices(self, key: str) -> tuple[int, ...]:
        return tuple(self._price(key, item) for item in self.items(key))

    def prices_or_none(self, key: str) -> tuple[int | None, ...]:
        """As `prices`; the word "none" stands for no price."""
        return tuple(None if item == "none" else self._price(key, item) for item in self.items(key))

    def _price(self, key: str, value: object) -> int:
        return self.read(BadPrice, key, as_minor, value, self.currency, "a price", "2.50")

    def percent(self, key: str, most: int = 100) -> int:
        """Hundredths of a per cent."""
        self.need(key)
        found = _PERCENT.fullmatch(str(self.value(key)))
        share = int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0")) if found else -1
        if not 0 <= share <= 100 * most:
            raise self.trouble(WrongType, key, f"a share such as 7.5% is needed, at most {most}%")
        return share

    def duration(self, key: str, least: int = 1) -> int:
        """Seconds, at least `least`."""
        self.need(key)
        value = self.value(key)
        seconds = seconds_in(value) if isinstance(value, str) else None
        if seconds is None or not least <= seconds <= LONGEST:
            above = "above zero" if least == 1 else f"at least {least // 60}m"
            raise self.trouble(BadTime, key, f"a duration such as 15m, 1h30m or 3d is needed, {above} and at most 1096d")
        return seconds

    def duration_or(self, key: str, default: int) -> int:
        return self.duration(key) if self.has(key) else self._unused(key, default)

    def maybe_duration(self, key: str) -> int | None:
        return self.duration(key) if self.has(key) else self._unused(key, None)

    def _unused(self, key: str, default: Default) -> Default:
        self._asked.add(key)
        return default

    def day(self, key: str) -> date | None:
        value = self.value(key)
        return None if value is None else self._day(key, value)

    def _day(self, key: str, value: object) -> date:
        return self.read(BadTime, key, as_day, value)

    def dates(self, key: str) -> tuple[tuple[int, int], ...]:
        """Inclusive ordinals, of `2026-10-01` and `2026-10-01..2026-10-07` and, open at one end, `2026-10-01..`."""
        return tuple(self._date_range(key, item) for item in self.items(key))

    def _date_range(self, key: str, item: object) -> tuple[int, int]:
        if not isinstance(item, str) or ".." not in item:
            day = self._day(key, item)
            return day.toordinal(), day.toordinal()
        first, last = item.split("..", 1)
        begin = self._day(key, first) if first else FIRST_DAY
        end = self._day(key, last) if last else LAST_DAY
        if end < begin:
            raise self.trouble(EndsBeforeStart, key, f"{item[:40]!r} ends before it starts")
        return begin.toordinal(), end.toordinal()

    def seasons(self, key: str) -> tuple[tuple[int, int], ...]:
        """Inclusive pairs of 100 * month + day, of `03-15..05-31` and `12-24`; they may run over the new year."""
        return tuple(self._season(key, item) for item in self.items(key))

    def _season(self, key: str, item: object) -> tuple[int, int]:
        ends = str(item).split("..") if isinstance(item, str) else []
        days = [self._day_of_year(key, end) for end in ends]
        if len(days) not in {1, 2}:
            raise self.trouble(BadTime, key, "a part of the year such as 03-15..05-31 is needed")
        return days[0], days[-1]

    def _day_of_year(self, key: str, text: str) -> int:
        try:
            day = date.fromisoformat(f"2024-{text}")  # a leap year: 02-29 is a day
        except ValueError as error:
            raise self.trouble(BadTime, key, f"{text[:40]!r} is no day of the year such as 03-15") from error
        return 100 * day.month + day.day

    def hours(self, key: str) -> tuple[Hours, ...]:
        return tuple(self._hours(key, item) for item in self.items(key))

    def one_span(self, key: str) -> Hours | None:
        found = self.hours(key)
        if len(found) > 1:
            raise self.trouble(WrongType, key, "one span is needed")
        return found[0] if found else None

    def _hours(self, key: str, item: object) -> Hours:
        found = _HOURS.fullmatch(item) if isinstance(item, str) else None
        if found is None:
            raise self.trouble(BadTime, key, "hours such as 08:00-20:00 are needed")
        start, end = (60 * int(found[i]) + int(found[i + 1]) for i in (1, 3))
        if start >= 1440 or end > 1440:
            raise self.trouble(BadTime, key, "a day has the hours 00:00 to 24:00")
        return Hours(start, end - start if end > start else end - start + 1440)

    def clock(self, key: str, default: int) -> int:
        """Minute of the day, of `06:00`."""
        value = self.value(key)
        if value is None:
            return default
        found = _HOURS.fullmatch(f"{value}-24:00") if isinstance(value, str) else None
        if found is None or int(found[1]) > 23:
            raise self.trouble(BadTime, key, "a time such as 06:00 is needed")
        return 60 * int(found[1]) + int(found[2])


def seconds_in(text: str) -> int | None:
    """Of `1d2h30m`; None if it is no duration."""
    found = _DURATION.fullmatch(text)
    if not text or found is None:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return 86400 * days + 3600 * hours + 60 * minutes + seconds


def weekdays_in(text: str) -> frozenset[int] | None:
    """Of `sat` and `mon-fri` (over the weekend too: `fri-mon`); None if those are no weekdays."""
    names = text.split("-")
    if len(names) > 2 or any(name not in WEEKDAYS for name in names):
        return None
    first, last = WEEKDAYS.index(names[0]), WEEKDAYS.index(names[-1])
    return frozenset((first + n) % 7 for n in range((last - first) % 7 + 1))
