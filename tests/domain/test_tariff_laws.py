"""What holds for every stay by every tariff: those of the eight car parks, and such as nobody would think of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from sealgate.domain.tariff_errors import BadTariff
from sealgate.domain.tariff_file import read_tariff, tariff_of
from sealgate.domain.tariff_model import Coupon, Crossing, Per, Tariff
from sealgate.domain.tariffs import Bill, Circumstances, price

FILES = sorted((Path(__file__).parents[1] / "data" / "tariffs").glob("*.toml"))
EIGHT = [read_tariff(file.read_text(encoding="utf-8")) for file in FILES]
FIRST = datetime(2026, 2, 10, tzinfo=UTC)

entries = st.integers(0, 300 * 1440).map(lambda minutes: FIRST + timedelta(minutes=minutes))
stays = st.integers(0, 6 * 1440).map(lambda minutes: timedelta(minutes=minutes))
durations = st.sampled_from(["10m", "15m", "30m", "45m", "1h", "90m", "2h", "3h"])
prices = st.integers(0, 30)


@st.composite
def unit_steps(draw: st.DrawFn) -> dict[str, Any]:
    step: dict[str, Any] = {"each": draw(durations), "price": draw(prices)}
    counts = draw(st.sampled_from(["started", "full", "after 5m", "from 10m"]))
    return step | {"counts": counts}


@st.composite
def ladders(draw: st.DrawFn) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = []
    reached, spent = 0, 0
    for _ in range(draw(st.integers(0, 2))):
        reached += draw(st.integers(1, 5)) * 30
        if draw(st.booleans()):
            spent += draw(st.integers(0, 9))
            steps.append({"upto": f"{reached}m", "total": 1000 * len(steps) + spent})
        else:
            steps.append({"upto": f"{reached}m", **draw(unit_steps())})
    return [*steps, draw(unit_steps())]


@st.composite
def band_prices(draw: st.DrawFn) -> dict[str, Any]:
    match draw(st.sampled_from(["free", "flat", "steps", "steps"])):
        case "free":
            return {"free": True}
        case "flat":
            flats = draw(st.lists(prices, min_size=1, max_size=2))
            return {"flat": flats, "per": draw(st.sampled_from(list(Per))), "least": draw(durations)}
        case _:
            rules = {"crossing": draw(st.sampled_from(list(Crossing))), "restart": draw(st.sampled_from(list(Per)))}
            clock = {"clock": "shared"} if draw(st.booleans()) else {}
            return {"steps": draw(ladders()), **rules, **clock}


@st.composite
def tariffs(draw: st.DrawFn) -> Tariff:
    """Two bands that share each day, one for weekends above them, ceilings, periods and free time."""
    one, other = sorted(draw(st.sets(st.integers(0, 23), min_size=2, max_size=2)))
    bands = [
        {"name": "day", "hours": f"{one:02}:00-{other:02}:00", **draw(band_prices())},
        {"name": "night", "hours": f"{other:02}:00-{one:02}:00", **draw(band_prices())},
    ]
    if draw(st.booleans()):
        bands.append({"name": "weekend", "days": ["sat-sun"], "rank": 1, "hours": "06:30-23:30", **draw(band_prices())})
    data: dict[str, Any] = {"name": "Acme", "currency": "EUR", "time_zone": "Europe/Berlin", "band": bands}
    if draw(st.booleans()):
        data["period"] = draw(st.sampled_from(["24h", "day", "7h"]))
    if draw(st.booleans()):
        lasts, outstayed = draw(durations), draw(st.sampled_from(["lost", "kept"]))
        data["free_time"] = {"lasts": lasts, "outstayed": outstayed, "each": draw(st.sampled_from(["stay", "period"]))}
    data["ceiling"] = [
        {
            "name": f"ceiling {n}",
            "per": draw(st.sampled_from([*Per, "24h", "5h"])),
            "prices": draw(st.lists(prices, min_size=1)),
        }
        for n in range(draw(st.integers(1, 2)))
    ]
    data["fee"] = [{"name": "night", "at": "03:00", "price": draw(prices)}]
    try:
        return tariff_of(data)
    except BadTariff as error:
        assume(error.code not in {"tariff.cheaper-when-longer", "tariff.wrong-value"})
        raise


@st.composite
def circumstances(draw: st.DrawFn) -> Circumstances:
    hours, amount = draw(st.integers(0, 3)), draw(st.integers(0, 500))
    reliefs = (
        Coupon("time", seconds=3600 * hours),
        Coupon("share", share=draw(st.integers(0, 10_000))),
        Coupon("amount", amount=amount),
    )
    return Circumstances(reliefs=reliefs)


def adds_up(bill: Bill) -> bool:
    return sum(line.amount.minor for line in bill.lines) == bill.total.minor >= 0


@pytest.mark.parametrize("tariff", EIGHT, ids=lambda tariff: tariff.name)
@given(entered=entries, a=stays, b=stays, vehicle=st.integers(0, 1))
def test_in_no_car_park_is_a_longer_stay_cheaper(
    tariff: Tariff, entered: datetime, a: timedelta, b: timedelta, vehicle: int
) -> None:
    """None of the eight has a step that says `cheaper`, nor an offer."""
    assert not any(rate.offers for rate in tariff.rates)
    given = Circumstances(vehicle=tariff.classes[vehicle % len(tariff.classes)])
    short, long = (price(tariff, entered, entered + stayed, given) for stayed in sorted((a, b)))
    assert short.total <= long.total
    assert adds_up(short)


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=300)
@given(tariff=tariffs(), entered=entries, a=stays, b=stays)
def test_a_longer_stay_is_never_cheaper(tariff: Tariff, entered: datetime, a: timedelta, b: timedelta) -> None:
    short, long = (price(tariff, entered, entered + stayed) for stayed in sorted((a, b)))
    assert short.total <= long.total


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(tariff=tariffs(), entered=entries, stayed=stays, given_=circumstances())
def test_lines_add_up_and_nobody_is_paid_for_parking(
    tariff: Tariff, entered: datetime, stayed: timedelta, given_: Circumstances
) -> None:
    assert adds_up(price(tariff, entered, entered + stayed, given_))


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(tariff=tariffs(), entered=entries, stayed=stays, given_=circumstances())
def test_a_coupon_never_makes_a_stay_dearer(
    tariff: Tariff, entered: datetime, stayed: timedelta, given_: Circumstances
) -> None:
    """Shares and amounts; an hour that is cut out of a unit may make two units of it, and the file says where it is cut."""
    reliefs = tuple(relief for relief in given_.reliefs if not relief.seconds)
    with_coupons = price(tariff, entered, entered + stayed, Circumstances(reliefs=reliefs))
    assert with_coupons.total <= price(tariff, entered, entered + stayed).total


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(tariff=tariffs(), entered=entries)
def test_no_time_costs_nothing(tariff: Tariff, entered: datetime) -> None:
    assert price(tariff, entered, entered).total.minor == 0


WITHOUT_A_DAY = read_tariff("""
name = "Acme"
currency = "CNY"
time_zone = "Europe/Berlin"
free_time = "10m"
steps = [{ upto = "2h", each = "30m", price = 3 }, { each = "1h", price = 4 }]

[[ceiling]]
per = "24h"
price = 40
""")


@given(entered=entries, other=entries, stayed=stays)
def test_where_a_tariff_has_no_day_midnight_changes_nothing(entered: datetime, other: datetime, stayed: timedelta) -> None:
    """Nor does the night on which the clocks change: so long a stay costs so much, whenever it begins."""
    one, two = (price(WITHOUT_A_DAY, when, when + stayed) for when in (entered, other))
    assert one == two


SPLIT_AT_MIDNIGHT = read_tariff("""
name = "Acme"
currency = "CNY"
time_zone = "Europe/Berlin"

[[band]]
name = "before midnight"
hours = "12:00-24:00"
clock = "all"
restart = "stay"
crossing = "joined"
steps = [{ upto = "2h", each = "30m", price = 3 }, { each = "1h", price = 4 }]

[[band]]
name = "after midnight"
hours = "00:00-12:00"
clock = "all"
restart = "stay"
crossing = "joined"
steps = [{ upto = "2h", each = "30m", price = 3 }, { each = "1h", price = 4 }]
""")


@given(entered=entries, stayed=stays)
def test_two_halves_of_a_day_with_one_price_are_as_one(entered: datetime, stayed: timedelta) -> None:
    whole = read_tariff(
        'name = "Acme"\ncurrency = "CNY"\ntime_zone = "Europe/Berlin"\n'
        'steps = [{ upto = "2h", each = "30m", price = 3 }, { each = "1h", price = 4 }]'
    )
    assert price(SPLIT_AT_MIDNIGHT, entered, entered + stayed).total == price(whole, entered, entered + stayed).total
