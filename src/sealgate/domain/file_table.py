"""What tables of a file have in common, whatever they are of: where a key stands, and values read as what they have to be.

Tariffs (`tariff_table`) and pay (`payroll_table`) read their files by it. Each has kinds of trouble of its own, so a reader
here says only what is needed, as `Unfit`, and the table that asked says under which code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from sealgate.domain.errors import Invalid
from sealgate.domain.money import MOST_MINOR, parse

Word = TypeVar("Word", bound=StrEnum)
Found = TypeVar("Found")
Trouble = TypeVar("Trouble", bound=Invalid)

FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2199, 12, 31)


class Unfit(Exception):
    """A value is not what it has to be; the text says what is needed."""


class FileTable:
    """`path` is where it stands in the file, counted from 1 as people count; `currency` is that of its amounts."""

    def __init__(self, data: Mapping[str, object], path: str = "", currency: str = "") -> None:
        self.data = data
        self.path = path
        self.currency = currency
        self._asked: set[str] = set()

    def where(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def trouble(self, kind: type[Trouble], key: str, message: str) -> Trouble:
        return kind(f"{self.where(key)}: {message}", field=self.where(key))

    def read(self, kind: type[Invalid], key: str, reader: Callable[..., Found], *what: Any) -> Found:
        """What `reader` makes of `what`; unfit, it is trouble of that kind at that key."""
        try:
            return reader(*what)
        except Unfit as unfit:
            raise self.trouble(kind, key, str(unfit)) from unfit

    def unknown(self) -> list[str]:
        """Keys that nobody asked for."""
        return sorted(set(map(str, self.data)) - self._asked)


def as_flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise Unfit("true or false is needed")
    return value


def as_whole(value: object, low: int, high: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise Unfit(f"a whole number from {low} to {high} is needed")
    return value


def as_word(value: object, words: type[Word]) -> Word:
    if not isinstance(value, str) or value not in {str(word) for word in words}:
        raise Unfit(f"one of {', '.join(words)} is needed")
    return words(value)


def as_minor(value: object, currency: str, name: str, example: str) -> int:
    """Minor units, not below zero; a float is no amount."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise Unfit(f"an amount such as {example} is needed")
    try:
        minor = parse(value, currency).minor
    except Invalid as error:
        raise Unfit(str(error)) from error
    if not 0 <= minor <= MOST_MINOR:
        raise Unfit(f"{name} is not below zero")
    return minor


def as_day(value: object) -> date:
    try:
        if isinstance(value, datetime):
            raise ValueError
        day = value if isinstance(value, date) else date.fromisoformat(str(value))
    except ValueError as error:
        raise Unfit(f"{str(value)[:40]!r} is no date such as 2026-03-01") from error
    if not FIRST_DAY <= day <= LAST_DAY:
        raise Unfit(f"a date from {FIRST_DAY} to {LAST_DAY} is needed")
    return day
