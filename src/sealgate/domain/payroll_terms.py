"""What was agreed with one person about pay, from a day on; and what one month brings beside the hours.

Both are read from documents (a form, a stored record) by the same words, so that a broken one is refused at every entrance.
Terms begin on the first of a month, except for the first month of somebody who joins within one: a month is paid by one set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Any

from sealgate.domain.money import Money
from sealgate.domain.payroll_errors import NotInForce, WrongPayValue
from sealgate.domain.payroll_pack import Basic, Pack, share_text
from sealgate.domain.payroll_table import PayTable

MOST_ITEMS = 40


class PayBasis(StrEnum):
    """What `Terms.rate` is paid for."""

    MONTHLY = "monthly"
    DAILY = "daily"
    HOURLY = "hourly"
    PIECE = "piece"


@dataclass(frozen=True, slots=True)
class Extra:
    """An allowance, or something else paid once, under a name that the person reads."""

    name: str
    minor: int


@dataclass(frozen=True, slots=True)
class ChosenRate:
    """The rate that the employer chose for one insurance, where the city leaves a choice."""

    item: str
    employee: Fraction | None
    employer: Fraction | None


@dataclass(frozen=True, slots=True)
class Claim:
    """A special deduction that the person declared: so many times the rule's amount, or a share of it."""

    kind: str
    count: int
    share: Fraction


@dataclass(frozen=True, slots=True)
class Terms:
    """Amounts in minor units of the country's currency.

    `rate` is for a month, day, hour or piece. `overtime_base` is the month's wage by which overtime is paid where `rate` is not
    a month's: piece pay needs it. `insurance_base` None: the month's rate. `city` empty: no insurance is taken here.
    `performance_bonus` is what a score of 100 % pays in a month.
    """

    since: date
    basis: PayBasis
    rate: int
    employed_since: date
    employed_until: date | None = None
    overtime_base: int | None = None
    allowances: tuple[Extra, ...] = ()
    city: str = ""
    insurance_base: int | None = None
    rates: tuple[ChosenRate, ...] = ()
    claims: tuple[Claim, ...] = ()
    basic: Basic = Basic.MONTHLY
    performance_bonus: int = 0
    account: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """What somebody entered for one person and month. `separate_bonus` is taxed by itself; `damage` is taken off, by
    the limit.
    `score` None: as the newest closed review says, else the whole.
    """

    pieces: int = 0
    score: Fraction | None = None
    bonus: int = 0
    separate_bonus: int = 0
    others: tuple[Extra, ...] = ()
    damage: int = 0
    reviewed: str = ""
    """The review that `score` was taken from, as a source of the line; nobody enters it."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The employer's own pay rules. `late_each`: taken off for each day of coming late, by the legal limit; 0 takes nothing."""

    country: str
    employer: str = ""
    address: str = ""
    late_each: int = 0
    pay_day: int = 5
    keep_years: int = 10


NOTHING = Entry()
HIDDEN = "••••"
"""What stands for the part of a bank account that is not shown."""


def masked(account: str) -> str:
    """Its last four digits, and nothing of one too short to leave any in the dark."""
    bare = account.replace(" ", "")
    return f"{HIDDEN} {bare[-4:]}" if len(bare) >= 8 else HIDDEN if bare else ""


def is_masked(account: str) -> bool:
    return account.startswith(HIDDEN)


def read_terms(document: Mapping[str, Any], pack: Pack) -> Terms:
    """Raises a kind of `BadPay`, which names the key."""
    table = PayTable(document, currency=pack.currency)
    found = Terms(
        since=table.day("since"),
        basis=table.word("basis", PayBasis),
        rate=table.amount("rate"),
        employed_since=table.day("employed_since"),
        employed_until=table.maybe_day("employed_until"),
        overtime_base=table.maybe_amount("overtime_base"),
        allowances=_extras(table, "allowances"),
        city=table.text("city", ""),
        insurance_base=table.maybe_amount("insurance_base"),
        rates=tuple(_rate(row) for row in table.tables("rates", MOST_ITEMS)),
        claims=tuple(_claim(row, pack) for row in table.tables("claims", MOST_ITEMS)),
        basic=table.word("basic", Basic, Basic.MONTHLY),
        performance_bonus=table.amount("performance_bonus", 0),
        account=table.text("account", ""),
    )
    table.done()
    if found.since.day != 1 and found.since != found.employed_since:
        raise table.trouble(WrongPayValue, "since", "terms begin on the first of a month, or when the person joins")
    if found.since < found.employed_since:
        raise table.trouble(WrongPayValue, "since", "terms begin before the person joined")
    if found.employed_until is not None and found.employed_until < found.employed_since:
        raise table.trouble(WrongPayValue, "employed_until", "lies before the person joined")
    if found.basis is PayBasis.PIECE and found.overtime_base is None:
        raise table.trouble(WrongPayValue, "overtime_base", "piece pay needs a month's wage for overtime")
    if found.city and found.city not in pack.cities:
        raise table.trouble(WrongPayValue, "city", f"no rules of {pack.country} are of {found.city[:40]!r}")
    return found


def terms_document(terms: Terms, currency: str) -> dict[str, Any]:
    """As `read_terms` reads it again."""
    return {
        "since": terms.since.isoformat(),
        "basis": terms.basis.value,
        "rate": _text(terms.rate, currency),
        "employed_since": terms.employed_since.isoformat(),
        "employed_until": None if terms.employed_until is None else terms.employed_until.isoformat(),
        "overtime_base": None if terms.overtime_base is None else _text(terms.overtime_base, currency),
        "allowances": [{"name": one.name, "amount": _text(one.minor, currency)} for one in terms.allowances],
        "city": terms.city,
        "insurance_base": None if terms.insurance_base is None else _text(terms.insurance_base, currency),
        "rates": [
            {"item": one.item, "employee": _share(one.employee), "employer": _share(one.employer)} for one in terms.rates
        ],
        "claims": [{"kind": one.kind, "count": one.count, "share": share_text(one.share)} for one in terms.claims],
        "basic": terms.basic.value,
        "performance_bonus": _text(terms.performance_bonus, currency),
        "account": terms.account,
    }


def read_entry(document: Mapping[str, Any], currency: str) -> Entry:
    """Raises a kind of `BadPay`, which names the key."""
    table = PayTable(document, currency=currency)
    found = Entry(
        pieces=table.whole("pieces", 0, 10_000_000, 0),
        score=table.maybe_share("score"),
        bonus=table.amount("bonus", 0),
        separate_bonus=table.amount("separate_bonus", 0),
        others=_extras(table, "others"),
        damage=table.amount("damage", 0),
    )
    table.done()
    if found.score is not None and found.score > 10:
        raise table.trouble(WrongPayValue, "score", "a score is at most 1000%")
    return found


def entry_document(entry: Entry, currency: str) -> dict[str, Any]:
    """As `read_entry` reads it again."""
    return {
        "pieces": entry.pieces,
        "score": _share(entry.score),
        "bonus": _text(entry.bonus, currency),
        "separate_bonus": _text(entry.separate_bonus, currency),
        "others": [{"name": one.name, "amount": _text(one.minor, currency)} for one in entry.others],
        "damage": _text(entry.damage, currency),
    }


def terms_on(terms: Sequence[Terms], month: date) -> Terms:
    """Those by which the month (its first day) is paid: the newest that began before it ended. Raises `NotInForce`."""
    end = next_month(month)
    found = [one for one in terms if one.since < end]
    if not found:
        raise NotInForce(
            f"no pay was agreed for {month:%Y-%m}", field="since", hint="Enter the person's pay from its first month on"
        )
    return max(found, key=lambda one: one.since)


def next_month(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def start_month(terms: Terms, year: int) -> int:
    """The first month of work in that year."""
    return terms.employed_since.month if terms.employed_since.year == year else 1


def _extras(table: PayTable, key: str) -> tuple[Extra, ...]:
    found = []
    for row in table.tables(key, MOST_ITEMS):
        found.append(Extra(row.text("name"), row.amount("amount")))
        row.done()
    return tuple(found)


def _rate(table: PayTable) -> ChosenRate:
    found = ChosenRate(table.text("item"), table.maybe_share("employee"), table.maybe_share("employer"))
    table.done()
    return found


def _claim(table: PayTable, pack: Pack) -> Claim:
    found = Claim(table.text("kind"), table.whole("count", 1, 20, 1), table.share("share", Fraction(1)))
    table.done()
    if found.kind not in {rule.kind for rule in pack.specials}:
        raise table.trouble(WrongPayValue, "kind", f"no special deduction of {pack.country} is called {found.kind[:40]!r}")
    if found.share > 1:
        raise table.trouble(WrongPayValue, "share", "at most 100% is needed")
    return found


def _text(minor: int, currency: str) -> str:
    return Money(minor, currency).text


def _share(share: Fraction | None) -> str | None:
    return None if share is None else share_text(share)
