"""What a stay costs.

The price is a sum of lines, each with its reason, because the driver who is asked for money and the attendant who is
telephoned about it must read the same account. Pure: the same stay by the same tariff is the same bill at the centre,
at an offline gate and in the editor's plot. `docs/tariffs.md` describes tariffs, `tariff_file` reads them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sealgate.domain.money import Money, rounded
from sealgate.domain.tariff_bill import Account, Bill, BillReason, Line, TaxIncluded, texts
from sealgate.domain.tariff_case import NOTHING_SPECIAL, Case, Circumstances, case_of, spells
from sealgate.domain.tariff_errors import NotInForce, TariffsOverlap
from sealgate.domain.tariff_model import LostTicket, Rounding, Tariff, Tax, Way
from sealgate.domain.tariff_spell import price_spell

__all__ = ["NOTHING_SPECIAL", "Bill", "BillReason", "Circumstances", "Line", "in_force", "price", "texts"]

WHOLE = 10_000
"""Shares are hundredths of a per cent."""


def price(tariff: Tariff, entered: datetime, leaving: datetime, given: Circumstances = NOTHING_SPECIAL) -> Bill:
    """Price one stay. Both instants are aware; a begun minute is not counted unless the tariff says `seconds = "counted"`.

    The total is the price of the whole stay: what was paid already is not taken off, only (by `given.paid`) not begun anew.
    Raises a kind of `CannotPrice`.
    """
    case = case_of(tariff, entered, leaving, given)
    account = Account(tariff.currency)
    if given.lost_ticket and case.rate.lost_ticket is not None:
        _lose_ticket(case, case.rate.lost_ticket, account)
    else:
        _price_spells(case, account)
    if 0 < account.total < case.rate.minimum:
        account.add(BillReason.MINIMUM, case.rate.minimum - account.total)
    if case.rate.pays != WHOLE:
        account.add(BillReason.RATE_SHARE, _part(account.total, case.rate.pays) - account.total, case.rate.name)
    _take_coupons(case, account)
    return _finish(tariff, account)


def in_force(tariffs: Sequence[Tariff], entered: datetime) -> Tariff:
    """The one tariff of a lot by which a stay that begins then is priced, to its end. Raises `NotInForce`, `TariffsOverlap`."""
    found = [tariff for tariff in tariffs if tariff.in_force_on(entered.astimezone(tariff.zone).date())]
    if not found:
        raise NotInForce("no tariff is in force on that day", field="entered")
    if len(found) > 1:
        raise TariffsOverlap(f"{found[0].name!r} and {found[1].name!r} are both in force on that day", field="valid_from")
    return found[0]


def _price_spells(case: Case, account: Account) -> None:
    for number, spell in enumerate(spells(case)):
        one = Account(case.tariff.currency)
        price_spell(case, spell, one)
        if number and one.total == 0:
            continue
        account.append(one, apart=number)


def _lose_ticket(case: Case, rule: LostTicket, account: Account) -> None:
    times = -(-(case.exit - case.entry) // rule.each) if rule.each else 1
    due = max(times, 1) * rule.price
    if rule.added or rule.at_least:
        _price_spells(case, account)
    if rule.at_least:
        due = max(due - account.total, 0)
    account.add(BillReason.LOST_TICKET, due)


def _take_coupons(case: Case, account: Account) -> None:
    """Shares first, each of what is left, then amounts."""
    for coupon in case.reliefs:
        if coupon.share:
            share = account.total - _part(account.total, WHOLE - coupon.share)
            account.take(BillReason.SHARE_OFF, share if coupon.most is None else min(share, coupon.most), coupon.name)
    for coupon in case.reliefs:
        account.take(BillReason.AMOUNT_OFF, coupon.amount, coupon.name)


def _part(amount: int, share: int) -> int:
    return rounded(amount * share, WHOLE)


def _finish(tariff: Tariff, account: Account) -> Bill:
    if account.total < 0:
        account.add(BillReason.MINIMUM, -account.total)
    if tariff.tax is not None and not tariff.tax.included:
        account.add(BillReason.TAX, _part(account.total, tariff.tax.rate), tariff.tax.name)
    if tariff.rounding is not None:
        difference = _to_step(account.total, tariff.rounding) - account.total
        if difference:
            account.add(BillReason.ROUNDING, difference)
    total = Money(account.total, tariff.currency)
    return Bill(account.lines(), total, _included(tariff.tax, total))


def _to_step(amount: int, rule: Rounding) -> int:
    match rule.way:
        case Way.DOWN:
            return amount // rule.to * rule.to
        case Way.UP:
            return -(-amount // rule.to) * rule.to
        case Way.NEAREST:
            return rounded(amount, rule.to) * rule.to


def _included(tax: Tax | None, total: Money) -> TaxIncluded | None:
    if tax is None or not tax.included:
        return None
    return TaxIncluded(tax.name, tax.rate, total.share(tax.rate, WHOLE + tax.rate))
