"""A payslip as values: lines that each say how they came about, and their sums.

The net is nothing but the earned lines less those taken off; what the employer pays on top is told apart. Amounts are minor
units of the slip's currency; an earned line may be below zero (time that was not worked).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any


class LineKind(StrEnum):
    """Stored and translated by these words."""

    BASE = "base"
    PAID_LEAVE = "paid-leave"
    UNPAID_LEAVE = "unpaid-leave"
    MISSING = "missing"
    OVERTIME_WORKDAY = "overtime-workday"
    OVERTIME_RESTDAY = "overtime-restday"
    OVERTIME_HOLIDAY = "overtime-holiday"
    ALLOWANCE = "allowance"
    PERFORMANCE = "performance"
    BONUS = "bonus"
    SEPARATE_BONUS = "separate-bonus"
    OTHER = "other"
    INSURANCE = "insurance"
    INCOME_TAX = "income-tax"
    BONUS_TAX = "bonus-tax"
    LATE = "late"
    DAMAGE = "damage"


@dataclass(frozen=True, slots=True)
class PayLine:
    """`about` is a name (an allowance, an insurance). The rest says how `minor` came about and from what: so many `minutes` or
    `count` pieces or days, `per` of which pay an amount (rounded for reading), times a `share`, of a `base`. `days`
    and `sources` lead to the work days and passages, `rules` to the dated rules of the country.
    """

    kind: LineKind
    minor: int
    about: str = ""
    minutes: int = 0
    count: str = ""
    per: int | None = None
    share: str = ""
    base: int | None = None
    days: tuple[date, ...] = ()
    sources: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TaxSums:
    """What this month adds to the year, and how the tax came about."""

    income: int = 0
    deducted: int = 0
    special: int = 0
    withheld: int = 0
    separate_bonus: int = 0
    taxable: int = 0
    basic_deduction: int = 0
    rate: str = ""


@dataclass(frozen=True, slots=True)
class Slip:
    """One person's pay for one month (its first day). `carried`: what the limit left to be taken off in later months."""

    month: date
    currency: str
    earned: tuple[PayLine, ...]
    taken: tuple[PayLine, ...]
    employer: tuple[PayLine, ...] = ()
    tax: TaxSums = field(default_factory=TaxSums)
    planned: int = 0
    worked: int = 0
    carried: int = 0

    @property
    def gross(self) -> int:
        return sum(line.minor for line in self.earned)

    @property
    def taken_off(self) -> int:
        return sum(line.minor for line in self.taken)

    @property
    def net(self) -> int:
        return self.gross - self.taken_off

    @property
    def employer_cost(self) -> int:
        return sum(line.minor for line in self.employer)

    def rules(self) -> frozenset[str]:
        return frozenset(rule for line in (*self.earned, *self.taken, *self.employer) for rule in line.rules)


def reversed_slip(slip: Slip) -> Slip:
    """The same with every amount turned round: added to the first it leaves nothing."""
    tax = slip.tax
    return replace(
        slip,
        earned=_turned(slip.earned),
        taken=_turned(slip.taken),
        employer=_turned(slip.employer),
        tax=TaxSums(
            -tax.income,
            -tax.deducted,
            -tax.special,
            -tax.withheld,
            -tax.separate_bonus,
            -tax.taxable,
            -tax.basic_deduction,
            tax.rate,
        ),
        planned=-slip.planned,
        worked=-slip.worked,
        carried=-slip.carried,
    )


def _turned(lines: tuple[PayLine, ...]) -> tuple[PayLine, ...]:
    return tuple(
        replace(line, minor=-line.minor, minutes=-line.minutes, base=None if line.base is None else -line.base)
        for line in lines
    )


def slip_document(slip: Slip) -> dict[str, Any]:
    """As `read_slip` reads it again; nothing that is empty is written."""
    tax = slip.tax
    return {
        "month": slip.month.isoformat(),
        "currency": slip.currency,
        "earned": [_line_document(line) for line in slip.earned],
        "taken": [_line_document(line) for line in slip.taken],
        "employer": [_line_document(line) for line in slip.employer],
        "tax": {
            "income": tax.income,
            "deducted": tax.deducted,
            "special": tax.special,
            "withheld": tax.withheld,
            "separate_bonus": tax.separate_bonus,
            "taxable": tax.taxable,
            "basic_deduction": tax.basic_deduction,
            "rate": tax.rate,
        },
        "planned": slip.planned,
        "worked": slip.worked,
        "carried": slip.carried,
    }


def read_slip(document: dict[str, Any]) -> Slip:
    """Of a record that we wrote and sealed: nothing is checked again."""
    return Slip(
        date.fromisoformat(document["month"]),
        document["currency"],
        tuple(_line(line) for line in document["earned"]),
        tuple(_line(line) for line in document["taken"]),
        tuple(_line(line) for line in document["employer"]),
        TaxSums(**document["tax"]),
        document["planned"],
        document["worked"],
        document["carried"],
    )


def _line_document(line: PayLine) -> dict[str, Any]:
    told = {
        "kind": line.kind.value,
        "minor": line.minor,
        "about": line.about,
        "minutes": line.minutes,
        "count": line.count,
        "per": line.per,
        "share": line.share,
        "base": line.base,
        "days": [day.isoformat() for day in line.days],
        "sources": list(line.sources),
        "rules": list(line.rules),
    }
    return {key: value for key, value in told.items() if value or key == "minor"}


def _line(document: dict[str, Any]) -> PayLine:
    words = {
        "kind": LineKind(document["kind"]),
        "days": tuple(date.fromisoformat(day) for day in document.get("days", ())),
        "sources": tuple(document.get("sources", ())),
        "rules": tuple(document.get("rules", ())),
    }
    return PayLine(**{**document, **words})
