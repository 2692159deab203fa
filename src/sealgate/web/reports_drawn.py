"""Each report as a drawing and a sentence for a voice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta

from sealgate.domain.money import Money, decimals
from sealgate.flows.reporting import DaySum, Lengths, MeansSum, Misread, Occupancy
from sealgate.store.parking import DifferenceRow
from sealgate.web.i18n import Words, _
from sealgate.web.plots import Item, Plot, bar_plot

Drawn = tuple[Plot, str]


def revenue_plot(words: Words, lines: Sequence[DaySum], today: date) -> Drawn:
    """Days of one currency, in their order."""
    sums = [Money(line.sum.net, line.sum.currency) for line in lines]
    currency = sums[0].currency
    unit = 10 ** decimals(currency)
    items = [
        Item(
            words.short_day(line.day),
            money.minor / unit,
            f"{words.short_day(line.day)}: {words.money(money)}",
            line.day == today,
        )
        for line, money in zip(lines, sums, strict=True)
    ]
    least, most = min(money.minor for money in sums), max(money.minor for money in sums)
    desc = words.gettext(
        _("Between %(least)s and %(most)s a day."),
        least=words.whole_money(Money(least, currency)),
        most=words.whole_money(Money(most, currency)),
    )
    return bar_plot(items, words.number), desc


def means_plot(words: Words, lines: Sequence[MeansSum], name: dict[str, str]) -> Drawn:
    """What came by each means, of the first currency."""
    currency = lines[0].sum.currency
    kept = [line for line in lines if line.sum.currency == currency]
    unit = 10 ** decimals(currency)
    items = []
    for line in kept:
        said = words.money(Money(line.sum.came, currency))
        items.append(Item(name[line.provider], line.sum.came / unit, f"{name[line.provider]}: {said}"))
    return bar_plot(items, words.number), words.gettext(_("Most came by %(means)s."), means=items[0].label)


def occupancy_plot(words: Words, found: Occupancy) -> Drawn:
    """The mean of each hour of the day."""
    items = [
        Item(f"{hour:02}", mean, words.gettext(_("%(hour)s:00: %(n)s cars"), hour=f"{hour:02}", n=words.number(round(mean, 1))))
        for hour, mean in enumerate(found.hours)
    ]
    busiest = max(range(24), key=lambda hour: found.hours[hour])
    desc = words.gettext(
        _("Fullest at %(hour)s:00, with %(n)s cars on average."),
        hour=f"{busiest:02}",
        n=words.number(round(found.hours[busiest], 1)),
    )
    return bar_plot(items, words.number, None if found.spaces is None else float(found.spaces)), desc


def lengths_plot(words: Words, found: Lengths) -> Drawn:
    items = [
        Item(length_label(words, line.upto), line.stays, f"{length_said(words, line.upto)}: {words.number(line.stays)}")
        for line in found.lengths
    ]
    middle = words.lasting(found.middle) if found.middle else "0"
    return bar_plot(items, words.number, whole=True), words.gettext(
        _("Half of the stays took at most %(middle)s."), middle=middle
    )


def misreads_plot(words: Words, lines: Sequence[Misread]) -> Drawn:
    items = [
        Item(words.short_day(line.day), line.misread, f"{words.short_day(line.day)}: {words.number(line.misread)}")
        for line in lines
    ]
    total = sum(line.misread for line in lines)
    desc = words.ngettext("%(n)s car needed the desk for its plate.", "%(n)s cars needed the desk for their plates.", total)
    return bar_plot(items, words.number, whole=True), desc


def forced_plot(words: Words, by_day: Counter[date], days: Sequence[date]) -> Drawn:
    """How many on each of the days."""
    desc = words.ngettext("%(n)s opening by hand.", "%(n)s openings by hand.", by_day.total())
    return _counts(words, by_day, days), desc


def differences_plot(words: Words, lines: Sequence[DifferenceRow], days: Sequence[date]) -> Drawn:
    """How many in the statements of each of the days."""
    left = sum(line.settled_at is None for line in lines)
    desc = words.ngettext("%(n)s of them is not settled.", "%(n)s of them are not settled.", left)
    return _counts(words, Counter(line.day for line in lines), days), desc


def _counts(words: Words, found: Counter[date], days: Sequence[date]) -> Plot:
    items = [Item(words.short_day(day), found[day], f"{words.short_day(day)}: {words.number(found[day])}") for day in days]
    return bar_plot(items, words.number, whole=True)


def length_said(words: Words, upto: timedelta | None) -> str:
    if upto is None:
        return words.gettext(_("Longer"))
    return words.gettext(_("Up to %(time)s"), time=length_label(words, upto))


def length_label(words: Words, upto: timedelta | None) -> str:
    """30 min, 4 h, 3 d."""
    if upto is None:
        return words.gettext(_("Longer"))
    minutes = int(upto.total_seconds() // 60)
    if minutes < 60:
        return words.gettext(_("%(n)s min"), n=minutes)
    hours = minutes // 60
    return words.gettext(_("%(n)s h"), n=hours) if hours < 72 else words.gettext(_("%(n)s d"), n=hours // 24)
