"""Each report as a sheet, in the reader's language: the same rows on the page, in CSV and in XLSX."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from sealgate.domain.money import Money
from sealgate.domain.stays_calls import CallReason
from sealgate.flows.invoicing import Wanted
from sealgate.flows.openings import ForcedLine
from sealgate.flows.reporting import DaySum, Lengths, MeansSum, Misread, Occupancy, Sum
from sealgate.store.parking import DifferenceRow
from sealgate.web.i18n import Words, _
from sealgate.web.reports_drawn import length_said
from sealgate.web.sheets import MOST_IN_BOOK, Cell, Sheet, bounded

Rows = tuple[tuple[Cell, ...], ...]

PROVIDERS = {
    "wechat": _("WeChat Pay"),
    "alipay": _("Alipay"),
    "stripe": _("Card, by Stripe"),
    "simulated": _("Simulated"),
    "cash": _("Cash"),
    "card-terminal": _("Card terminal"),
    "transfer": _("Bank transfer"),
    "account": _("On account"),
}


def provider_said(words: Words, provider: str) -> str:
    """One that we have no word for by its own name."""
    return words.gettext(PROVIDERS[provider]) if provider in PROVIDERS else provider


def revenue_sheet(words: Words, lines: Sequence[DaySum]) -> Sheet:
    rows: Rows = tuple((line.day, *_money(line.sum)) for line in lines)
    return _sheet(words, "revenue", _("Revenue"), (_("Day"), *_MONEY), rows)


def means_sheet(words: Words, lines: Sequence[MeansSum]) -> Sheet:
    rows: Rows = tuple((provider_said(words, line.provider), *_money(line.sum)) for line in lines)
    return _sheet(words, "means", _("Payment means"), (_("Paid by"), *_MONEY), rows)


def occupancy_sheet(words: Words, found: Occupancy) -> Sheet:
    rows: Rows = tuple((line.day, line.peak, round(line.mean, 1), found.spaces) for line in found.days)
    heads = (_("Day"), _("Most at once"), _("On average"), _("Spaces"))
    return _sheet(words, "occupancy", _("Occupancy"), heads, rows)


def hours_sheet(words: Words, found: Occupancy) -> Sheet:
    rows: Rows = tuple((f"{hour:02}:00", round(mean, 1)) for hour, mean in enumerate(found.hours))
    return _sheet(words, "hours", _("Hours of the day"), (_("Hour"), _("On average")), rows)


def lengths_sheet(words: Words, found: Lengths) -> Sheet:
    rows: Rows = tuple(
        (length_said(words, line.upto), line.stays, round(100 * line.stays / found.stays, 1) if found.stays else 0.0)
        for line in found.lengths
    )
    return _sheet(words, "lengths", _("Stay lengths"), (_("Length"), _("Stays"), _("Per cent")), rows)


def forced_row(line: ForcedLine) -> tuple[Cell, ...]:
    return line.at, line.gate, line.by, line.why


def forced_sheet(words: Words, lines: Iterable[ForcedLine]) -> Sheet:
    rows = bounded(map(forced_row, lines), len(_FORCED), cut_said(words))
    return _sheet(words, "forced", _("Forced openings"), _FORCED, rows)


def forced_heads(words: Words) -> tuple[str, ...]:
    return tuple(words.gettext(head) for head in _FORCED)


def cut_said(words: Words) -> str:
    """The last row of a workbook that could not hold them all."""
    told = words.gettext(_("Cut after %(n)s rows. The CSV has them all."))
    return told % {"n": words.number(MOST_IN_BOOK)}


def misreads_sheet(words: Words, lines: Sequence[Misread]) -> Sheet:
    """A column for each reason that came up at all."""
    reasons = [reason for reason in CallReason if any(line.calls.get(reason) for line in lines)]
    rows: Rows = tuple(
        (line.day, line.left, line.misread, *(line.calls.get(reason, 0) for reason in reasons)) for line in lines
    )
    heads = (_("Day"), _("Cars that left"), _("Plate needed the desk"))
    made = _sheet(words, "misreads", _("Misreads"), heads, rows)
    return Sheet(made.name, made.title, (*made.heads, *(words.say(reason) for reason in reasons)), made.rows)


def reconciliation_sheet(words: Words, lines: Sequence[DifferenceRow]) -> Sheet:
    rows: Rows = tuple(
        (
            line.day,
            provider_said(words, line.provider),
            words.say(line.movement),
            words.say(line.kind),
            _side(line.ours, line.currency),
            _side(line.theirs, line.currency),
            line.currency,
            words.gettext(_("Settled")) if line.settled_at else words.gettext(_("Unsettled")),
        )
        for line in lines
    )
    heads = (_("Day"), _("Paid by"), _("What"), _("Difference"), _("Ours"), _("Theirs"), _("Currency"), _("State"))
    return _sheet(words, "reconciliation", _("Reconciliation"), heads, rows)


def invoices_sheet(words: Words, wanted: Iterable[Wanted], local: Callable[[datetime], datetime]) -> Sheet:
    """One row for each invoice that is to be issued, with all that it needs."""
    rows = bounded((invoice_row(words, one, local) for one in wanted), len(_INVOICES), cut_said(words))
    return _sheet(words, "invoices", _("Invoices"), _INVOICES, rows)


def invoice_heads(words: Words) -> tuple[str, ...]:
    return tuple(words.gettext(head) for head in _INVOICES)


def invoice_row(words: Words, one: Wanted, local: Callable[[datetime], datetime]) -> tuple[Cell, ...]:
    said = one.request
    who: tuple[Cell, ...] = ("", "", "") if said is None else (said.title, said.tax_number, said.email)
    left = None if one.left is None else _wall(local(one.left))
    paid = (Decimal(one.money.text), one.money.currency, _wall(local(one.paid_at)), provider_said(words, one.means))
    return (one.receipt, *who, *paid, one.lot, _wall(local(one.entered)), left)


def _wall(at: datetime) -> datetime:
    """On the site's clocks, without an offset: a spreadsheet knows none."""
    return at.replace(tzinfo=None, microsecond=0)


_FORCED = (_("Time"), _("Gate"), _("Opened by"), _("Why"))
_INVOICES = (
    _("Receipt"), _("Made out to"), _("Tax number"), _("E-mail"), _("Sum"), _("Currency"), _("Paid on"), _("Paid by"),
    _("Garage"), _("Entered"), _("Left"),
)  # fmt: skip
_MONEY = (_("Came"), _("Sent back"), _("Left over"), _("Currency"), _("Payments"))


def _money(found: Sum) -> tuple[Cell, ...]:
    sums = (Decimal(Money(minor, found.currency).text) for minor in (found.came, found.back, found.net))
    return (*sums, found.currency, found.payments)


def _side(minor: int | None, currency: str) -> Cell:
    return None if minor is None else Decimal(Money(minor, currency).text)


def _sheet(words: Words, name: str, title: str, heads: Sequence[str], rows: tuple[tuple[Cell, ...], ...]) -> Sheet:
    return Sheet(name, words.gettext(title), tuple(words.gettext(head) for head in heads), rows)
