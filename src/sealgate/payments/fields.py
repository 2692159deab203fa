"""What a provider sent, read field by field: every type, length and range is checked before anybody uses it.

A `Fields` is handed the error that a misfit raises: an unreadable notice is the sender's fault, a garbled answer the
provider's, and the code that reads a refund is the same for both.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any, NoReturn

from sealgate.domain.errors import Fault, Refused
from sealgate.domain.money import CURRENCIES, MOST_MINOR, Money

MOST_NOTICE_BYTES = 256 * 1024

_DECIMAL = re.compile(r"(0|[1-9][0-9]{0,11})(?:\.([0-9]{1,5}))?", re.ASCII)


class Misfit(ValueError):
    """Bytes that are not what they should be; whoever read them says whose fault that is."""


class Fields:
    """One JSON object. `misfit` is what a wrong field raises; no message holds a value, only names."""

    def __init__(self, values: Mapping[str, Any], misfit: type[Refused | Fault]) -> None:
        self._values = values
        self.misfit = misfit

    def has(self, name: str) -> bool:
        """There, and neither null nor empty."""
        return self._values.get(name) not in (None, "")

    def text(self, name: str, most: int = 256) -> str:
        """A text of 1 to `most` printable characters."""
        value = self._values.get(name)
        if not isinstance(value, str) or not 0 < len(value) <= most or not value.isprintable():
            self.fail(name)
        return value

    def text_or(self, name: str, default: str = "", most: int = 256) -> str:
        return self.text(name, most) if self.has(name) else default

    def whole(self, name: str) -> int:
        """An integer from 0 to `MOST_MINOR`; true is no integer."""
        value = self._values.get(name)
        if type(value) is not int or not 0 <= value <= MOST_MINOR:
            self.fail(name)
        return value

    def signed(self, name: str) -> int:
        """An integer that may be below zero."""
        value = self._values.get(name)
        if type(value) is not int or abs(value) > MOST_MINOR:
            self.fail(name)
        return value

    def truth(self, name: str) -> bool:
        value = self._values.get(name)
        if type(value) is not bool:
            self.fail(name)
        return value

    def minor(self, name: str, currency: str) -> Money:
        """Whole minor units, as WeChat Pay and Stripe send them."""
        return Money(self.whole(name), currency)

    def currency(self, name: str, default: str = "") -> str:
        """In capitals here, however it came; `default` where none came."""
        code = self.text_or(name, default, 3).upper()
        if code not in CURRENCIES:
            self.fail(name)
        return code

    def instant(self, name: str) -> datetime:
        """RFC 3339 with an offset, in UTC."""
        try:
            at = datetime.fromisoformat(self.text(name, 40))
            if at.tzinfo is None:
                self.fail(name)
            return at.astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(name)

    def unix(self, name: str) -> datetime:
        """Whole seconds since 1970."""
        try:
            return datetime.fromtimestamp(self.whole(name), UTC)
        except (ValueError, OverflowError, OSError):
            self.fail(name)

    def wall(self, name: str, zone: tzinfo) -> datetime:
        """`2026-03-01 08:00:00` on the wall of `zone`, in UTC."""
        try:
            return wall_time(self.text(name, 19), zone)
        except Misfit:
            self.fail(name)

    def decimal(self, name: str, currency: str) -> Money:
        """A decimal text of two places, such as `2.00`."""
        try:
            return Money(exact_minor(self.text(name, 20)), currency)
        except Misfit:
            self.fail(name)

    def holds_part(self, name: str) -> bool:
        """Whether a whole object is there, not its number."""
        return isinstance(self._values.get(name), dict)

    def part(self, name: str) -> Fields:
        value = self._values.get(name)
        if not isinstance(value, dict):
            self.fail(name)
        return Fields(value, self.misfit)

    def parts(self, name: str) -> list[Fields]:
        value = self._values.get(name)
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            self.fail(name)
        return [Fields(one, self.misfit) for one in value]

    def fail(self, name: str) -> NoReturn:
        raise self.misfit(f"{name}: missing, or not of the agreed form")


def read_json(body: bytes, misfit: type[Refused | Fault]) -> Fields:
    """`body` as one JSON object in UTF-8."""
    try:
        value = json.loads(body.decode(), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise misfit("not a JSON object") from None
    if not isinstance(value, dict):
        raise misfit("not a JSON object")
    return Fields(value, misfit)


def _no_constant(_word: str) -> NoReturn:
    raise Misfit


def decimal_minor(text: str) -> int:
    """`12.3` is 1230. Five places occur (a bill's fees); what is under a cent is rounded half up. Raises `Misfit`."""
    match = _DECIMAL.fullmatch(text)
    if match is None:
        raise Misfit
    millis = int(match[1]) * 100_000 + int((match[2] or "").ljust(5, "0"))
    return (millis + 500) // 1000


def exact_minor(text: str) -> int:
    """As `decimal_minor`, for a sum that is charged: a part of a cent raises `Misfit`."""
    match = _DECIMAL.fullmatch(text)
    if match is None or len((match[2] or "").rstrip("0")) > 2:
        raise Misfit
    return decimal_minor(text)


def wall_time(text: str, zone: tzinfo) -> datetime:
    """`2026-03-01 08:00:00` on the wall of `zone`, in UTC. Raises `Misfit`."""
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Misfit from None


def headers_of(headers: Mapping[str, str]) -> dict[str, str]:
    """By lower-case name: names are the same in any case, and each server has its own."""
    return {name.lower(): value for name, value in headers.items()}
