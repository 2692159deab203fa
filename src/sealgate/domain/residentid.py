"""Chinese identity numbers of 18 characters (GB 11643-1999), and their relatives with the same check character.

Citizens, residents from Hong Kong, Macau and Taiwan (regions 81, 82, 83) and the permanent resident card for foreigners of
2023 (first digit 9) share the form: six of region, eight of birth date, three of sequence, one check (ISO 7064, MOD 11-2).
County codes are not looked up: old ones stay valid for whoever was registered under them.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sealgate.domain.errors import Invalid

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"
"""The check character by the remainder of the weighted sum by 11."""

REGIONS = frozenset(
    [
        "11",
        "12",
        "13",
        "14",
        "15",
        "21",
        "22",
        "23",
        "31",
        "32",
        "33",
        "34",
        "35",
        "36",
        "37",
        "41",
        "42",
        "43",
        "44",
        "45",
        "46",
        "50",
        "51",
        "52",
        "53",
        "54",
        "61",
        "62",
        "63",
        "64",
        "65",
        "71",
        "81",
        "82",
        "83",
    ]
)
"""The first two digits (GB/T 2260); 71 is in the standard and was never given out."""

FOREIGNER = "9"
OLDEST = 130
"""Years: who would be older is a typing error."""


class BadIdForm(Invalid):
    """Not 17 digits and a digit or X."""

    code = "id-number.form"


class BadIdRegion(Invalid):
    """No region begins with these two digits."""

    code = "id-number.region"


class BadIdDate(Invalid):
    """The birth date is no day, lies in the future or too long ago."""

    code = "id-number.date"


class BadIdCheck(Invalid):
    """The check character does not fit: a digit is wrong."""

    code = "id-number.check"


class Sex(StrEnum):
    FEMALE = "female"
    MALE = "male"


@dataclass(frozen=True, slots=True)
class ResidentId:
    """`number` in its one writing: 17 digits and a digit or a capital X."""

    number: str
    born: date
    sex: Sex

    @property
    def ending(self) -> str:
        """The two characters that may be kept in clear (under seal) where the whole must not be."""
        return self.number[-2:]

    def age(self, today: date) -> int:
        return years_between(self.born, today)


def resident_id(text: str, today: date, field: str = "id_number") -> ResidentId:
    """Read one as it was typed: blanks, full-width characters and a small x are taken. Raises one of the four above."""
    number = unicodedata.normalize("NFKC", text[:64]).replace(" ", "").replace("-", "").upper()
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number):
        raise BadIdForm("an identity number has 17 digits, and a digit or X at the end", field=field)
    if number[0] != FOREIGNER and number[:2] not in REGIONS:
        raise BadIdRegion("no region has these first digits", field=field)
    born = _born(number, today, field)
    if check_character(number[:17]) != number[17]:
        raise BadIdCheck("the last character does not fit the others", field=field)
    return ResidentId(number, born, Sex.MALE if int(number[16]) % 2 else Sex.FEMALE)


def check_character(digits: str) -> str:
    """The 18th character for the first 17.

    >>> check_character("00000018000101001")
    '8'
    """
    return CHECKS[sum(weight * int(digit) for weight, digit in zip(WEIGHTS, digits, strict=True)) % 11]


def years_between(born: date, today: date) -> int:
    """Whole years of age; who was born on 29 February is a year older from 1 March in other years."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _born(number: str, today: date, field: str) -> date:
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError as error:
        raise BadIdDate("the birth date in it is no day", field=field) from error
    if born > today or years_between(born, today) > OLDEST:
        raise BadIdDate("nobody alive was born on the day in it", field=field)
    return born
