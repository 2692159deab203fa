"""A line of a payslip in words: what it is, how it came about, and where from. For the page, the PDF and the files alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from sealgate.domain.money import Money
from sealgate.domain.payroll_lines import LineKind, PayLine
from sealgate.web.i18n import Words, _
from sealgate.web.refusals import REFUSALS

ITEMS = {
    "pension": _("Pension"),
    "medical": _("Medical"),
    "medical-incl-maternity": _("Medical and maternity"),
    "medical-tier1": _("Medical, tier 1"),
    "maternity": _("Maternity"),
    "unemployment": _("Unemployment"),
    "work-injury": _("Work injury"),
    "housing-fund": _("Housing fund"),
}
CLAIMS = {
    "children-education": _("Children’s education"),
    "infant-care": _("Infant care"),
    "continuing-education": _("Continuing education"),
    "housing-loan": _("Housing loan interest"),
    "rent-a": _("Rent, large city"),
    "rent-b": _("Rent, middle city"),
    "rent-c": _("Rent, other city"),
    "elderly-support": _("Support of parents"),
}
CITIES = {
    "Beijing": _("Beijing"),
    "Shanghai": _("Shanghai"),
    "Shenzhen": _("Shenzhen"),
    "Hangzhou": _("Hangzhou"),
    "Chengdu": _("Chengdu"),
}
COUNTRIES = {"China": _("China"), "Germany": _("Germany")}
SOURCES = {
    "passage": _("passage"),
    "punch": _("punch"),
    "correction": _("correction"),
    "approval": _("approval"),
    "leave": _("leave request"),
    "shift": _("shift"),
    "rules": _("hour rules"),
    "roster": _("roster"),
    "roster-day": _("roster of the day"),
    "calendar": _("calendar"),
    "plan": _("assumed by plan"),
    "review": _("review"),
}


def said(known: Mapping[str, str], word: str, words: Words) -> str:
    """In the reader's language where it is one of ours; else as it stands in the rules."""
    return words.gettext(known[word]) if word in known else word


def named(line: PayLine, words: Words) -> str:
    """Base pay; Pension; Shift lead allowance under the name that somebody gave it."""
    if line.kind is LineKind.INSURANCE:
        return said(ITEMS, line.about, words)
    if line.kind in {LineKind.ALLOWANCE, LineKind.OTHER}:
        return line.about
    kind = words.say(line.kind)
    return f"{kind}{words.gettext(_(', '))}{line.about}" if line.about else kind


def how(line: PayLine, currency: str, words: Words) -> str:
    """12 h × 56.32 × 150%; 8% of 9,800.00; empty where the amount says it all."""
    return " ".join(_parts(line, currency, words))


def _parts(line: PayLine, currency: str, words: Words) -> Iterator[str]:
    if line.minutes:
        yield hours_text(line.minutes, words)
        if line.per is not None:
            yield f"× {amount(line.per, currency)}"
        if line.share:
            yield f"× {line.share}"
    elif line.base is not None:
        yield words.gettext(_("%(share)s of %(base)s"), share=line.share, base=amount(line.base, currency))
    elif line.count and line.per is not None:
        yield f"{line.count} × {amount(line.per, currency)}"
    elif line.days:
        yield words.ngettext("%(n)s work day", "%(n)s work days", len(line.days))


def amount(minor: int, currency: str) -> str:
    """1,013.79, without the currency."""
    text = Money(abs(minor), currency).text
    whole, point, part = text.partition(".")
    return f"{'-' if minor < 0 else ''}{int(whole):,}{point}{part}"


def hours_text(minutes: int, words: Words) -> str:
    """12 h; 20 min; 7 h 20 min"""
    hours, rest = divmod(abs(minutes), 60)
    sign = "-" if minutes < 0 else ""
    if not hours and rest:
        return sign + words.gettext(_("%(minutes)s min"), minutes=rest)
    if not rest:
        return sign + words.gettext(_("%(hours)s h"), hours=hours)
    return sign + words.gettext(_("%(hours)s h %(minutes)s min"), hours=hours, minutes=rest)


def reason(code: str, words: Words) -> str:
    """Why somebody cannot be paid, by the refusal's code."""
    said_of = REFUSALS.get(code)
    return code if said_of is None else words.gettext(said_of.message)


def days_text(days: tuple[date, ...], words: Words) -> str:
    return words.gettext(_(", ")).join(words.short_day(day) for day in days)


def sources_text(line: PayLine, words: Words) -> list[str]:
    """2 passages, 1 approval: how many marks of each kind the line came from."""
    counts: dict[str, int] = {}
    for source in line.sources:
        kind = source.partition(":")[0]
        counts[kind] = counts.get(kind, 0) + 1
    return [f"{number} × {said(SOURCES, kind, words)}" for kind, number in counts.items()]
