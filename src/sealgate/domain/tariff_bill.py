"""A bill: lines with their reasons, and the sum of them, which is never below zero."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sealgate.domain.money import Money
from sealgate.domain.tariff_model import Ceiling, Per
from sealgate.domain.tariff_steps import Step
from sealgate.domain.tariff_walk import Charge


class BillReason(StrEnum):
    """Why a line is on the bill. Stable: stored, counted and translated by these words."""

    FREE_TIME = "free-time"
    FREE_HOURS = "free-hours"
    PERMIT_HOURS = "permit-hours"
    STARTED_UNITS = "started-units"
    FULL_UNITS = "full-units"
    UP_TO = "up-to"
    FLAT = "flat"
    TIME_OFF = "time-off"
    WINDOW_CEILING = "window-ceiling"
    DAY_CEILING = "day-ceiling"
    HOURS_CEILING = "hours-ceiling"
    PERIOD_CEILING = "period-ceiling"
    STAY_CEILING = "stay-ceiling"
    FEE = "fee"
    OFFER = "offer"
    LOST_TICKET = "lost-ticket"
    MINIMUM = "minimum"
    RATE_SHARE = "rate-share"
    SHARE_OFF = "share-off"
    AMOUNT_OFF = "amount-off"
    WAIVED = "waived"
    ROUNDING = "rounding"
    TAX = "tax"
    NOTHING_DUE = "nothing-due"


@dataclass(frozen=True, slots=True)
class Line:
    """`about` is the band's, ceiling's, fee's... name in the tariff; `units` how many portions `STARTED_UNITS` are."""

    reason: BillReason
    amount: Money
    about: str = ""
    units: int = 0


@dataclass(frozen=True, slots=True)
class TaxIncluded:
    """`rate` in hundredths of a per cent. `amount` is a part of the total and no line of its own."""

    name: str
    rate: int
    amount: Money


@dataclass(frozen=True, slots=True)
class Bill:
    lines: tuple[Line, ...]
    total: Money
    tax: TaxIncluded | None = None


class Account:
    """Lines being written. What has one reason, name and unit price is one line, where it was first due."""

    def __init__(self, currency: str) -> None:
        self._currency = currency
        self._lines: dict[tuple[object, ...], tuple[BillReason, str, int, int]] = {}
        self.total = 0

    def add(self, reason: BillReason, amount: int, about: str = "", units: int = 0, *, apart: object = None) -> None:
        """`apart` keeps lines of one reason and name from being one."""
        key = (reason, about, apart)
        _, _, before, counted = self._lines.get(key, (reason, about, 0, 0))
        self._lines[key] = (reason, about, before + amount, counted + units)
        self.total += amount

    def take(self, reason: BillReason, amount: int, about: str = "") -> None:
        """A discount, of no more than there is."""
        if amount > 0 and self.total > 0:
            self.add(reason, -min(amount, self.total), about)

    def add_charges(self, charges: Iterable[Charge]) -> None:
        for piece, amount, step, units in charges:
            reason = _reason(step, flat=bool(piece.band.flats))
            if amount or reason is BillReason.FREE_HOURS:
                self.add(reason, amount, piece.band.name, units, apart=step and (step.start, step.price))

    def add_cuts(self, cuts: Iterable[tuple[Ceiling, int]]) -> None:
        for ceiling, amount in cuts:
            self.add(_CEILINGS[ceiling.per], -amount, ceiling.name)

    def append(self, other: Account, apart: object) -> None:
        for (_, _, inner), (reason, about, amount, units) in other._lines.items():
            self.add(reason, amount, about, units, apart=(apart, inner))

    def lines(self) -> tuple[Line, ...]:
        if not self._lines:
            return (Line(BillReason.NOTHING_DUE, Money(0, self._currency)),)
        return tuple(
            Line(reason, Money(amount, self._currency), about, units) for reason, about, amount, units in self._lines.values()
        )


_CEILINGS = {
    Per.WINDOW: BillReason.WINDOW_CEILING,
    Per.DAY: BillReason.DAY_CEILING,
    Per.PERIOD: BillReason.PERIOD_CEILING,
    Per.STAY: BillReason.STAY_CEILING,
    None: BillReason.HOURS_CEILING,
}


def _reason(step: Step | None, *, flat: bool) -> BillReason:
    if step is None:
        return BillReason.FLAT if flat else BillReason.FREE_HOURS
    if step.total:
        return BillReason.UP_TO
    return BillReason.FULL_UNITS if step.least >= step.by else BillReason.STARTED_UNITS


def texts(lines: Sequence[Line]) -> list[dict[str, str]]:
    """As JSON tells them: a reason and an amount in major units."""
    return [{"reason": line.reason.value, "amount": line.amount.text} for line in lines]
