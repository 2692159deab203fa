"""The bands of a rate and the steps of a band, from their tables."""

from __future__ import annotations

from sealgate.domain.tariff_dayread import Calendar
from sealgate.domain.tariff_errors import (
    BadSteps,
    CheaperWhenLonger,
    Contradiction,
    DoubleName,
    MissingKey,
    TariffTooLarge,
    WrongType,
)
from sealgate.domain.tariff_model import ALL_DAY, Band, Crossing, Per
from sealgate.domain.tariff_steps import Ladder, Step
from sealgate.domain.tariff_table import Table, seconds_in

MOST_BANDS, MOST_STEPS, MOST_WINDOWS = 40, 60, 60

OWN_PRICES = frozenset({"steps", "flat", "free"})
SHARED = frozenset({"restart", "crossing"})
"""Beside `band` they hold for every band that does not say otherwise."""
INLINE = OWN_PRICES | SHARED | {"per", "least", "cap"}
"""Without `band`, the rate itself is a band for all times."""
PRICE_KEYS = INLINE | {"band"}


def read_bands(table: Table, calendar: Calendar) -> tuple[Band, ...]:
    """Those of `band`; or one for all times whose price stands in the rate itself."""
    inline = {key: table.value(key) for key in sorted(INLINE) if table.has(key)}
    table.mark(*INLINE)
    if not table.has("band"):
        if not OWN_PRICES & set(inline):
            raise table.trouble(MissingKey, "band", "a price is missing: band, steps, flat or free = true")
        return (_band(Table(inline, table.path, table.currency), calendar, "all"),)
    if set(inline) - SHARED:
        raise table.trouble(Contradiction, min(set(inline) - SHARED), "belongs into a band when there are bands")
    inners = table.tables("band", MOST_BANDS)
    bands = tuple(_band(inner.over(inline), calendar, f"band {n}") for n, inner in enumerate(inners, 1))
    if len({band.name for band in bands}) < len(bands):
        raise table.trouble(DoubleName, "band", "two bands have one name")
    if sum(len(band.hours) for band in bands) > MOST_WINDOWS:
        raise table.trouble(TariffTooLarge, "band", f"at most {MOST_WINDOWS} spans of hours are read")
    return bands


def _band(table: Table, calendar: Calendar, name: str) -> Band:
    if [table.flag("free"), table.has("flat"), table.has("steps")].count(True) != 1:
        raise table.trouble(Contradiction, "free", "exactly one of free = true, flat and steps is needed")
    if table.has("flat"):
        table.need("per")
    name = table.text("name", name)
    band = Band(
        name=name,
        days=calendar.days(table),
        hours=table.hours("hours") or (ALL_DAY,),
        rank=table.whole("rank", 0, -100, 100),
        ladder=_ladder(table) if table.has("steps") else None,
        flats=table.prices("flat"),
        per=table.word("per", Per, Per.WINDOW),
        least=table.duration_or("least", 1),
        clock=table.text("clock", name),
        restart=table.word("restart", Per, Per.WINDOW if table.has("hours") else Per.PERIOD),
        crossing=table.word("crossing", Crossing, Crossing.SPLIT),
        ceiling=table.maybe_price("cap"),
    )
    table.mark("steps")
    table.done()
    return band


def _ladder(table: Table) -> Ladder:
    inners = table.tables("steps", MOST_STEPS)
    steps: list[Step] = []
    for inner in inners:
        before = steps[-1] if steps else None
        if before is not None and before.until is None:
            raise inner.trouble(BadSteps, "upto", "the step before has no end, so this one never begins")
        steps.append(_step(inner, before, Ladder(tuple(steps))))
    if not steps:
        raise table.trouble(BadSteps, "steps", "a ladder has at least one step")
    if steps[-1].until is not None:
        raise inners[-1].trouble(BadSteps, "upto", "the last step must have no end: what does a longer stay cost?")
    return Ladder(tuple(steps))


def _step(table: Table, before: Step | None, ladder: Ladder) -> Step:
    start = before.until or 0 if before else 0
    until = table.maybe_duration("upto")
    if until is not None and until <= start:
        raise table.trouble(BadSteps, "upto", "must lie after that of the step before")
    base = ladder.price_until(start) if before else 0
    step = _total(table, start, until, base) if table.has("total") else _by_units(table, start, until, base)
    cheaper = table.flag("cheaper")
    if not cheaper and step.earned(start + max(step.least, 1)) < 0:
        raise table.trouble(CheaperWhenLonger, "total" if step.total else "price", "a longer stay would cost less")
    table.done()
    return step


def _total(table: Table, start: int, until: int | None, base: int) -> Step:
    return Step(start, until, base, table.price("total"), total=True)


def _by_units(table: Table, start: int, until: int | None, base: int) -> Step:
    each = table.duration("each")
    by = table.duration_or("by", each)
    if by > each:
        raise table.trouble(BadSteps, "by", "is a part of each, not more")
    whole, capped = table.flag("whole"), table.has("cap")
    if capped != table.has("cap_every") or (capped and whole):
        raise table.trouble(Contradiction, "cap", "cap and cap_every belong together, and not with whole")
    cap, cap_every = table.price_or("cap", 0), table.duration_or("cap_every", 0)
    return Step(
        start, until, base, table.price("price"), each, by, _least(table, by), whole=whole, cap=cap, cap_every=cap_every
    )


def _least(table: Table, by: int) -> int:
    """After how many seconds a begun portion counts."""
    text = table.text("counts", "started")
    kind, _, rest = text.partition(" ")
    seconds = {"started": 1, "full": by}.get(text) if not rest else seconds_in(rest)
    if seconds is not None and rest and kind in {"after", "from"}:
        seconds += kind == "after"
    elif rest:
        seconds = None
    if seconds is None or not 0 < seconds <= by:
        raise table.trouble(WrongType, "counts", "started, full, after 10m or from 10m is needed, within the unit")
    return seconds
