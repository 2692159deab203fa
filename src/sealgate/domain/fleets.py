"""A fleet's account: its cars' stays are charged to it and paid by a statement each month, instead of at the exit.

The surprising thing: an account is terms of a permit and no other thing. By the permit its cars are known at every gate, at
an edge too; the account says only who pays. A suspended one is no right any more: its cars are visitors and pay themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from sealgate.domain.errors import Invalid
from sealgate.domain.money import Money

ON_ACCOUNT = "account"
"""The means of a payment that stands on a statement: nobody's money moved for it at the gate."""

DUE_WITHIN = timedelta(days=30)


class BadMonth(Invalid):
    """Not a month, or one that is not over."""

    code = "fleet.bad-month"


class EntryKind(StrEnum):
    """What stands on an account: a stay that was charged, or a charge that was taken back."""

    CHARGE = "charge"
    BACK = "back"


@dataclass(frozen=True, slots=True)
class Account:
    """The terms. `limit` in minor units of `currency`: so much may be owed, None is any sum."""

    currency: str
    limit: int | None = None
    suspended: datetime | None = None

    def takes(self, owed: int, due: Money) -> bool:
        """Whether `due` may still be charged where `owed` minor units are owed already."""
        if self.suspended is not None or due.currency != self.currency or due.minor <= 0:
            return False
        return self.limit is None or owed + due.minor <= self.limit


def end_of_month(month: str, tz: ZoneInfo) -> datetime:
    """The instant at which a local month (`2026-03`) is over. Raises `BadMonth`.

    >>> end_of_month("2026-12", ZoneInfo("Asia/Shanghai")).isoformat()
    '2027-01-01T00:00:00+08:00'
    """
    try:
        first = date.fromisoformat(f"{month}-01")
        return datetime.combine((first + timedelta(days=31)).replace(day=1), time(0), tz)
    except (ValueError, OverflowError) as error:
        raise BadMonth("a month is needed, such as 2026-03", field="month") from error


def month_before(day: date) -> str:
    """The month that was over when the month of `day` began.

    >>> month_before(date(2026, 1, 15))
    '2025-12'
    """
    return (day.replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
