"""Money in whole minor units, so that no cent is ever lost to a float.

How many decimals a currency has is part of the currency: 500 is CNY 5.00, JPY 500 and KWD 0.500. Amounts of two
currencies are never added, subtracted or compared: that raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from sealgate.domain.errors import Invalid, Refused

MOST_MINOR = 10**12
"""No amount read from outside is larger. Far above any price, far below what a database column holds."""

_CODES = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY
COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR
IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR
MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD
SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD
XOF XPF YER ZAR ZMW ZWG
"""
CURRENCIES = frozenset(_CODES.split())
"""ISO 4217, currencies that somebody can pay in."""

_WHOLE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_THOUSANDTHS = "BHD IQD JOD KWD LYD OMR TND"
DECIMALS = {**dict.fromkeys(_WHOLE.split(), 0), **dict.fromkeys(_THOUSANDTHS.split(), 3)}
"""ISO 4217's minor units where they are not 2."""


_AMOUNT = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,10})?")


class WrongCurrency(Refused):
    """Two currencies met."""

    code = "money.wrong-currency"


class UnknownCurrency(Invalid):
    code = "money.unknown-currency"
    hint = "Write the three capitals of ISO 4217, such as CNY"


class BadAmount(Invalid):
    """No number, more decimals than the currency has, or absurdly large."""

    code = "money.bad-amount"
    hint = "Write a number such as 2.50, with no more decimals than the currency has"


def decimals(currency: str) -> int:
    """How many decimals an amount is written with. Raises `UnknownCurrency`."""
    if currency not in CURRENCIES:
        raise UnknownCurrency(f"{currency[:10]!r} is no currency", field="currency")
    return DECIMALS.get(currency, 2)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (fen, cents) of one ISO 4217 currency. It may be below zero: a discount is.

    >>> Money(1250, "CNY") + Money(250, "CNY")
    Money(minor=1500, currency='CNY')
    >>> str(Money(1250, "CNY"))
    'CNY 12.50'
    """

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if self.currency not in CURRENCIES:
            raise UnknownCurrency(f"{str(self.currency)[:10]!r} is no currency", field="currency")

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._beside(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._beside(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._beside(other)

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._beside(other)

    def __gt__(self, other: Money) -> bool:
        return self.minor > self._beside(other)

    def __ge__(self, other: Money) -> bool:
        return self.minor >= self._beside(other)

    def __bool__(self) -> bool:
        """Whether it is anything at all."""
        return self.minor != 0

    def __str__(self) -> str:
        return f"{self.currency} {self.text}"

    @property
    def text(self) -> str:
        """The amount alone, with the currency's decimals and a point: `12.50`, `1200`, `-0.500`."""
        places = decimals(self.currency)
        whole, part = divmod(abs(self.minor), 10**places)
        sign = "-" if self.minor < 0 else ""
        return f"{sign}{whole}.{part:0{places}}" if places else f"{sign}{whole}"

    def times(self, n: int) -> Money:
        return Money(self.minor * n, self.currency)

    def share(self, part: int, of: int) -> Money:
        """`part`/`of` of it, half a minor unit rounded away from zero."""
        return Money(rounded(self.minor * part, of), self.currency)

    def _beside(self, other: Money) -> int:
        if other.currency != self.currency:
            raise WrongCurrency(f"{self.currency} and {other.currency}")
        return other.minor


def zero(currency: str) -> Money:
    return Money(0, currency)


def total(amounts: Iterable[Money], currency: str) -> Money:
    """Their sum; nothing of that currency where there are none."""
    return sum(amounts, zero(currency))


def parse(text: str | int | Decimal, currency: str) -> Money:
    """Read an amount in major units, such as `"12.50"`. No float is taken: it has been rounded already.

    Raises `BadAmount` and `UnknownCurrency`. An amount below zero is read as one: whether it may be is for the caller.
    """
    places = decimals(currency)
    if isinstance(text, int) and abs(text) > MOST_MINOR:
        raise BadAmount("the amount is too large")
    written = str(text)
    if not _AMOUNT.fullmatch(written):
        raise BadAmount(f"{written[:40]!r} is no amount")
    minor = Fraction(written) * 10**places
    if minor.denominator != 1:
        raise BadAmount(f"{written} has more decimals than {currency}")
    if abs(minor) > MOST_MINOR:
        raise BadAmount(f"{written} is too large")
    return Money(int(minor), currency)


def rounded(part: int, of: int) -> int:
    """`part`/`of` as a whole number, a half rounded away from zero. `of` is above zero."""
    half_up = (2 * abs(part) + of) // (2 * of)
    return half_up if part >= 0 else -half_up
