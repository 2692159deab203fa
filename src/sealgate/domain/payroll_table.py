"""One table of a pay file, read key by key: what is asked for has a type, what nobody asked for is refused.

Amounts and shares are texts or exact decimals; a float never comes this far, for both readers (`parse`) give decimals.
"""

from __future__ import annotations

import json
import re
import tomllib
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, NoReturn

from sealgate.domain.file_table import FileTable, Word, as_day, as_flag, as_minor, as_whole, as_word
from sealgate.domain.payroll_errors import (
    BadPayAmount,
    MissingPayKey,
    PayTooLarge,
    UnknownPayKey,
    UnreadablePay,
    WrongPayValue,
)

MOST_TEXT = 400_000
MOST_LETTERS = 400

_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?")
_SHARE = re.compile(r"([0-9]{1,4}(?:\.[0-9]{1,4})?)%")


def parse_text(text: str) -> dict[str, Any]:
    """The text of a JSON object or of TOML as tables. Raises `UnreadablePay` or `PayTooLarge`."""
    if len(text) > MOST_TEXT:
        raise PayTooLarge(f"the text has more than {MOST_TEXT} letters")
    try:
        if text.lstrip().startswith("{"):
            found = json.loads(text, parse_float=Decimal, parse_constant=_no_number, object_pairs_hook=_once)
        else:
            found = tomllib.loads(text, parse_float=Decimal)
    except (ValueError, ArithmeticError) as error:
        raise UnreadablePay(str(error)[:200]) from error
    except RecursionError as error:
        raise UnreadablePay("too many things within each other") from error
    if not isinstance(found, dict):
        raise UnreadablePay("an object is needed")
    return found


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is there twice")
    return found


class PayTable(FileTable):
    """`path` is where it stands in the file; `currency` is that of its amounts."""

    def done(self) -> None:
        unknown = self.unknown()
        if unknown:
            key = unknown[0][:40].encode("utf-8", "backslashreplace").decode()
            raise self.trouble(UnknownPayKey, key, f"there is no such key, known are {', '.join(sorted(self._asked))}")

    def has(self, key: str) -> bool:
        self._asked.add(key)
        return self.data.get(key) is not None

    def value(self, key: str) -> object:
        if not self.has(key):
            raise self.trouble(MissingPayKey, key, "is missing")
        return self.data[key]

    def text(self, key: str, default: str | None = None) -> str:
        if default is not None and not self.has(key):
            return default
        value = self.value(key)
        if not isinstance(value, str) or len(value) > MOST_LETTERS or not value.isprintable() or not (value or default == ""):
            raise self.trouble(WrongPayValue, key, f"a text of 1 to {MOST_LETTERS} letters is needed")
        return value

    def whole(self, key: str, low: int, high: int, default: int | None = None) -> int:
        if default is not None and not self.has(key):
            return default
        return self.read(WrongPayValue, key, as_whole, self.value(key), low, high)

    def flag(self, key: str) -> bool:
        return self.read(WrongPayValue, key, as_flag, self.value(key)) if self.has(key) else False

    def word(self, key: str, words: type[Word], default: Word | None = None) -> Word:
        if default is not None and not self.has(key):
            return default
        found: Word = self.read(WrongPayValue, key, as_word, self.value(key), words)
        return found

    def amount(self, key: str, default: int | None = None) -> int:
        """Minor units, not below zero."""
        if default is not None and not self.has(key):
            return default
        return self.read(BadPayAmount, key, as_minor, self.value(key), self.currency, "an amount", '"12000.00"')

    def maybe_amount(self, key: str) -> int | None:
        return self.amount(key) if self.has(key) else None

    def number(self, key: str) -> Fraction:
        """An exact number above zero, such as "21.75"."""
        value = self.value(key)
        written = str(value)
        if isinstance(value, bool) or not _NUMBER.fullmatch(written) or not Fraction(written):
            raise self.trouble(WrongPayValue, key, 'a number such as "21.75" is needed')
        return Fraction(written)

    def share(self, key: str, default: Fraction | None = None) -> Fraction:
        """The exact value of a text such as "12.5%"."""
        if default is not None and not self.has(key):
            return default
        found = _SHARE.fullmatch(str(self.value(key)))
        if found is None:
            raise self.trouble(WrongPayValue, key, 'a share such as "12.5%" is needed')
        return Fraction(found[1]) / 100

    def maybe_share(self, key: str) -> Fraction | None:
        return self.share(key) if self.has(key) else None

    def maybe_day(self, key: str) -> date | None:
        return self.day(key) if self.has(key) else None

    def day(self, key: str) -> date:
        return self.read(WrongPayValue, key, as_day, self.value(key))

    def tables(self, key: str, most: int) -> list[PayTable]:
        value = self.value(key) if self.has(key) else []
        if not isinstance(value, list) or any(not isinstance(item, dict) for item in value):
            raise self.trouble(WrongPayValue, key, "a list of tables is needed")
        if len(value) > most:
            raise self.trouble(PayTooLarge, key, f"at most {most} are read")
        return [PayTable(item, f"{self.where(key)}[{number}]", self.currency) for number, item in enumerate(value, 1)]
